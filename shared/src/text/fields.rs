use crate::{AppError, FieldFault, Phrase};

/// Collects the errors of several fields, so that one response reports all of them.
#[derive(Default)]
pub struct Fields(Vec<FieldFault>);

impl Fields {
    /// Returns the value, or records the error under `field`.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, Phrase>) -> Option<T> {
        parsed
            .map_err(|phrase| {
                self.0.push(FieldFault {
                    field: field.into(),
                    phrase,
                });
            })
            .ok()
    }

    /// The error with all rejected fields.
    pub fn into_error(self) -> AppError {
        AppError::invalid(self.0)
    }
}
