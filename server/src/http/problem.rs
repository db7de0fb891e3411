//! Error responses as `application/problem+json` (RFC 9457).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use shared::{
    AppError, Current, FieldError, Kind,
    dto::{Artwork, Critique},
};
use utoipa::ToSchema;

/// An error response. The response's extensions carry it too, so that a layer can show it as a page
/// instead.
#[derive(Clone, Debug)]
pub struct Problem(pub AppError);

impl<E: Into<AppError>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

/// An error (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Body {
    /// The kind of error, as a URN: the same for every language and version.
    #[serde(rename = "type")]
    #[schema(example = "urn:artcritique:problem:invalid")]
    kind: String,
    /// A sentence for people: what happened and what to do.
    #[schema(example = "Some of what you entered needs another look.")]
    title: String,
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

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let AppError {
            kind,
            message,
            fields,
            retry_after,
            current,
        } = self.0.clone();
        let status =
            StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let word = serde_json::to_value(kind).unwrap_or_default();
        let word = word.as_str().unwrap_or("internal").to_owned();
        let (version, current) = match current.map(|current| *current) {
            Some(Current::Artwork(artwork)) => {
                (Some(artwork.version), Some(Stored::Artwork(artwork)))
            }
            Some(Current::Critique(critique)) => {
                (Some(critique.version), Some(Stored::Critique(critique)))
            }
            None => (None, None),
        };
        let body = Body {
            kind: format!("urn:artcritique:problem:{word}"),
            title: message,
            status: kind.status(),
            errors: fields,
            version,
            current,
        };
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
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
        response.extensions_mut().insert(self);
        response
    }
}
