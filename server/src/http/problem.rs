//! Error responses as `application/problem+json` (RFC 9457).

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use shared::{AppError, Current, Kind};

/// An error response. The response's extensions carry it too, so that a layer can show it as a page
/// instead.
#[derive(Clone, Debug)]
pub struct Problem(pub AppError);

impl<E: Into<AppError>> From<E> for Problem {
    fn from(error: E) -> Self {
        Self(error.into())
    }
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
        let mut body = json!({ "type": format!("urn:artcritique:problem:{word}"), "title": message, "status": kind.status(), "errors": fields });
        if let Some(current) = current {
            let (version, current) = match *current {
                Current::Artwork(artwork) => (artwork.version, json!(artwork)),
                Current::Critique(critique) => (critique.version, json!(critique)),
            };
            body["version"] = version.into();
            body["current"] = current;
        }
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
