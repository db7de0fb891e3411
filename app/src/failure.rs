use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use shared::{AppError, Kind};

use crate::json::JsonText;

/// An error as a server function sends it to the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(pub AppError);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl FromServerFnError for Failure {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr::{Args, Deserialization, MissingArg, Request, Response};
        Self(match error {
            // The answer is not from this site: a proxy in between could not reach it.
            Request(_) | Response(_) | Deserialization(_) => AppError::new(
                Kind::Unavailable,
                "The site can't be reached. It is safe to try again: nothing will be there twice.",
            ),
            Args(_) | MissingArg(_) => AppError::new(
                Kind::Malformed,
                "That request could not be read. Please reload the page.",
            ),
            _ => AppError::new(
                Kind::Internal,
                "Something went wrong on our side. Please try again.",
            ),
        })
    }
}

#[cfg(feature = "ssr")]
mod server {
    use axum::http::StatusCode;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;
    use shared::AppError;

    use super::Failure;

    /// Converts a domain result for a server function. An error also sets the status of the
    /// response.
    pub fn answer<T>(result: Result<T, impl Into<AppError>>) -> Result<T, Failure> {
        result.map_err(|error| {
            let error = error.into();
            if let (Some(options), Ok(status)) = (
                use_context::<ResponseOptions>(),
                StatusCode::from_u16(error.kind.status()),
            ) {
                options.set_status(status);
            }
            Failure(error)
        })
    }
}

#[cfg(feature = "ssr")]
pub use server::answer;
