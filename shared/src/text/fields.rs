use crate::{AppError, FieldError};

/// Collects the errors of several fields, so that one response reports all of them.
#[derive(Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Returns the value, or records the error under `field`.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, String>) -> Option<T> {
        parsed
            .map_err(|message| {
                self.0.push(FieldError {
                    field: field.into(),
                    message,
                });
            })
            .ok()
    }

    /// The error with all rejected fields.
    pub fn into_error(self) -> AppError {
        AppError::invalid(self.0)
    }
}
