use crate::{AppError, FieldError};

/// Collects the errors of several fields, so that a person hears of all of them at once.
#[derive(Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Takes the value, or notes the error under `field`.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, String>) -> Option<T> {
        parsed
            .map_err(|message| {
                self.0.push(FieldError {
                    field: field.into(),
                    message,
                })
            })
            .ok()
    }

    /// The error to answer with when some field was refused.
    pub fn into_error(self) -> AppError {
        AppError::invalid(self.0)
    }
}
