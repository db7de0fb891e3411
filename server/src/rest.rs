//! The API for everybody else: thin handlers over the same services the pages use.

pub mod accounts;
pub mod artworks;
pub mod critiques;
pub mod notifications;
pub mod people;

use axum::{
    extract::{FromRequest, FromRequestParts, Path, Query, Request, rejection::JsonRejection},
    http::{HeaderMap, request::Parts},
};
use serde::de::DeserializeOwned;
use shared::{AppError, Kind};

use crate::problem::Problem;

/// Largest JSON body, in bytes.
const JSON_MAX: usize = 256 * 1_024;

/// An address that leads nowhere.
pub async fn nothing() -> Problem {
    Problem(AppError::not_found("address"))
}

/// A method that an address does not have.
pub async fn wrong_method() -> Problem {
    Problem(AppError::new(Kind::WrongMethod, "This address does not take that method."))
}

/// What the client calls this attempt, if it says so (draft-ietf-httpapi-idempotency-key-header).
pub fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers.get("idempotency-key").map(|value| value.to_str().unwrap_or_default())
}

/// A JSON body, or a problem that says what is wrong with it.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let request = request.map(|body| axum::body::Body::new(http_body_util::Limited::new(body, JSON_MAX)));
        axum::Json::from_request(request, state)
            .await
            .map(|axum::Json(body)| Self(body))
            .map_err(|rejection| Problem(explain(&rejection)))
    }
}

fn explain(rejection: &JsonRejection) -> AppError {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => {
            AppError::new(Kind::Unsupported, "Send JSON, with Content-Type: application/json.")
        }
        JsonRejection::JsonDataError(error) => {
            // serde says "field: reason at line …"; before it stands axum's own preamble.
            let text = error.body_text();
            let said = text.split_once("target type: ").map_or(text.as_str(), |(_, said)| said);
            match said.split_once(": ") {
                Some((field, reason)) if !field.contains(' ') => AppError::field(field, reason),
                _ => AppError::new(Kind::Invalid, said),
            }
        }
        other if other.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            AppError::new(Kind::TooLarge, "That body is too large.")
        }
        _ => AppError::new(Kind::Malformed, "The body is not JSON in UTF-8."),
    }
}

/// The id in the path; one that is no number is of nothing there is.
pub struct Id<T>(pub T);

impl<T: std::str::FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = <Path<String> as FromRequestParts<S>>::from_request_parts(parts, state).await.ok();
        Ok(Self(found.and_then(|Path(text)| text.parse().ok()).ok_or_else(|| AppError::not_found("thing"))?))
    }
}

/// The query, or a problem that says what is wrong with it.
pub struct Params<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(params)) => Ok(Self(params)),
            Err(error) => Err(Problem(AppError::new(Kind::Malformed, error.body_text()))),
        }
    }
}
