use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use shared::{Kind, ShownError};
use words::codes;

use crate::{i18n::locale, json::JsonText};

/// An error as a server function sends it to the page, in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(pub ShownError);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Failure {}

/// An error whose sentence the page has itself.
pub(crate) fn said_here(kind: Kind, code: &'static str, message: impl Into<String>) -> ShownError {
    ShownError {
        kind,
        code: code.to_owned(),
        message: message.into(),
        fields: Vec::new(),
        retry_after: None,
        current: None,
    }
}

impl FromServerFnError for Failure {
    type Encoder = JsonText;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr::{Args, Deserialization, MissingArg, Request, Response};
        let l = locale();
        Self(match error {
            // The answer is not from this site: a proxy in between could not reach it.
            Request(_) | Response(_) | Deserialization(_) => said_here(
                Kind::Unavailable,
                codes::SITE_UNREACHABLE,
                l.error_site_unreachable(),
            ),
            Args(_) | MissingArg(_) => said_here(
                Kind::Malformed,
                codes::REQUEST_UNREADABLE,
                l.error_request_unreadable(),
            ),
            _ => said_here(
                Kind::Internal,
                codes::INTERNAL_UNKNOWN,
                l.error_internal_unknown(),
            ),
        })
    }
}

#[cfg(feature = "ssr")]
mod server {
    use axum::http::StatusCode;
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;
    use shared::{AppError, ShownError};

    use super::Failure;
    use crate::i18n::locale;

    /// Converts a domain result for a server function. An error also sets the status of the
    /// response.
    pub fn answer<T>(result: Result<T, impl Into<AppError>>) -> Result<T, Failure> {
        result.map_err(|error| Failure(refused(error)))
    }

    /// An error in the language of the request. Sets the status of the response.
    pub fn refused(error: impl Into<AppError>) -> ShownError {
        let error = error.into();
        if let (Some(options), Ok(status)) = (
            use_context::<ResponseOptions>(),
            StatusCode::from_u16(error.kind.status()),
        ) {
            options.set_status(status);
        }
        if !words::known(&error) {
            tracing::error!(%error, "the catalogue has no words for an error");
        }
        words::shown(&error, locale())
    }
}

#[cfg(feature = "ssr")]
pub use server::{answer, refused};
