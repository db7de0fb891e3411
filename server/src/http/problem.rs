//! Error responses, in two steps. What answers a request returns a [`Problem`], which knows the
//! status and the headers. The layer [`error_pages`](crate::http::error_pages) knows the language
//! of the request and who asked, and writes the body: here is the one for programs, as
//! `application/problem+json` (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use shared::{
    AppError, Current, FieldError, Kind, ShownError,
    dto::{Artwork, Critique},
};
use utoipa::ToSchema;

/// An error response without a body so far. The response's extensions carry the error.
#[derive(Clone, Debug)]
pub struct Problem(pub AppError);

impl<E: Into<AppError>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = head(self.0.kind, self.0.retry_after);
        response.extensions_mut().insert(self);
        response
    }
}

/// As [`Problem`], for an error that is in words already.
#[derive(Clone, Debug)]
pub struct WordedProblem(pub ShownError);

impl IntoResponse for WordedProblem {
    fn into_response(self) -> Response {
        let mut response = head(self.0.kind, self.0.retry_after);
        response.extensions_mut().insert(self);
        response
    }
}

/// The HTTP status of this kind of error.
pub fn status(kind: Kind) -> StatusCode {
    StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn head(kind: Kind, retry_after: Option<u32>) -> Response {
    let mut response = status(kind).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if kind == Kind::Unauthenticated {
        headers.insert(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static("Bearer realm=\"artcritique\""),
        );
    }
    response
}

/// An error (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Body {
    /// The kind of error, as a URN: the same for every language and version.
    #[serde(rename = "type")]
    #[schema(example = "urn:artcritique:problem:invalid")]
    kind: String,
    /// A sentence for people, in the language of the request: what happened and what to do.
    #[schema(example = "Some of what you entered needs another look.")]
    title: String,
    /// The stable code of that sentence: the same in every language and version.
    #[schema(example = "fields-invalid")]
    code: String,
    /// The HTTP status.
    #[schema(example = 422)]
    status: u16,
    /// The fields or parameters at fault; empty if there are none.
    errors: Vec<FieldError>,
    /// The version of `current`, if an edit was refused because of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    version: Option<i64>,
    /// What is stored, if an edit was refused because its version is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Stored>,
}

/// What is stored: an artwork or a critique, whichever was edited.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Stored {
    /// An artwork.
    Artwork(Artwork),
    /// A critique.
    Critique(Critique),
}

impl From<ShownError> for Body {
    fn from(error: ShownError) -> Self {
        let word = serde_json::to_value(error.kind).unwrap_or_default();
        let word = word.as_str().unwrap_or("internal");
        let (version, current) = match error.current.map(|current| *current) {
            Some(Current::Artwork(artwork)) => {
                (Some(artwork.version), Some(Stored::Artwork(artwork)))
            }
            Some(Current::Critique(critique)) => {
                (Some(critique.version), Some(Stored::Critique(critique)))
            }
            None => (None, None),
        };
        Self {
            kind: format!("urn:artcritique:problem:{word}"),
            title: error.message,
            code: error.code,
            status: error.kind.status(),
            errors: error.fields,
            version,
            current,
        }
    }
}
