//! The REST API: thin handlers over the same services that the pages use.

pub mod accounts;
pub mod artworks;
pub mod critiques;
pub mod docs;
mod json;
pub mod notifications;
mod params;
pub mod people;
pub mod recovery;
pub mod tokens;

use std::str::FromStr;

use axum::{
    Extension,
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
pub use json::Json;
pub use params::Params;
use shared::{AppError, Kind, Phrase, Thing};
use utoipa::IntoParams;

use crate::http::problem::Problem;

/// 404 for an unknown address.
pub async fn nothing() -> Problem {
    Problem(AppError::not_found(Thing::Address))
}

/// 405 for a method that an address does not have.
pub async fn wrong_method() -> (Extension<AllowFollows>, Problem) {
    let problem = AppError::new(Kind::WrongMethod, "method");
    (Extension(AllowFollows), Problem(problem))
}

/// Marks a response to which the router adds `Allow`, after all layers and only if none is set.
#[derive(Clone, Copy)]
pub struct AllowFollows;

/// The description of that header.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; idempotency_key() reads it")]
pub struct IdempotencyHeader {
    /// The client's name for the request and all its retries: 1 to 100 visible ASCII characters.
    #[param(
        rename = "Idempotency-Key",
        nullable = false,
        min_length = 1,
        max_length = 100,
        pattern = "^[!-~]+$"
    )]
    #[param(example = "5b0c7f1e")]
    idempotency_key: Option<String>,
}

/// The description of `If-None-Match`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; handlers read it")]
pub struct IfNoneMatchHeader {
    /// The `ETag` of the answer that the client has.
    #[param(rename = "If-None-Match", nullable = false)]
    if_none_match: Option<String>,
}

/// Translates serde's error about a field into words for the client.
fn explain(path: &str, said: &str) -> AppError {
    // Serde puts the field's name between backticks; for these errors the path lacks it.
    let quoted = |said: &str| said.split('`').nth(1).unwrap_or_default().to_owned();
    if said.starts_with("duplicate field") {
        return AppError::field(&quoted(said), "field-twice");
    }
    if said.starts_with("missing field") {
        return AppError::field(&quoted(said), "field-missing");
    }
    let phrase = match said
        .strip_prefix("unknown field ")
        .map(|said| said.split_once(", expected "))
    {
        Some(Some((_, known))) => {
            let known = known.trim_start_matches("one of ").replace('`', "");
            Phrase::new("field-unknown-known").with("known", known)
        }
        Some(None) => Phrase::new("field-unknown"),
        None => match said
            .split_once(": ")
            .and_then(|(what, said)| Some((what, said.rsplit_once(", expected ")?)))
        {
            Some(("invalid type" | "invalid value" | "invalid length", (found, wanted))) => {
                Phrase::new("field-type")
                    .with("expected", wanted)
                    .with("found", found.replace('`', ""))
            }
            _ if said.contains("parse integer")
                || said.contains("invalid digit")
                || said.starts_with("number too ") =>
            {
                Phrase::new("field-number")
            }
            _ => Phrase::new("field-value").with("reason", said),
        },
    };
    if path == "." {
        AppError::new(Kind::Invalid, phrase)
    } else {
        AppError::field(path, phrase)
    }
}

/// The one parameter of the path, such as a handle; 404 if it is not UTF-8.
pub struct PathWord(pub String);

impl<S: Send + Sync> FromRequestParts<S> for PathWord {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = <Path<String> as FromRequestParts<S>>::from_request_parts(parts, state).await;
        match found {
            Ok(Path(word)) => Ok(Self(word)),
            Err(_) => Err(AppError::not_found(Thing::Address).into()),
        }
    }
}

/// The ID in the path; 404 if it cannot be parsed.
pub struct Id<T>(pub T);

impl<T: FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let PathWord(word) = PathWord::from_request_parts(parts, state).await?;
        let parsed = word.parse().ok();
        Ok(Self(
            parsed.ok_or_else(|| AppError::not_found(Thing::Address))?,
        ))
    }
}
