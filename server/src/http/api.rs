//! The REST API: thin handlers over the same services that the pages use.

pub mod accounts;
pub mod artworks;
pub mod critiques;
mod json;
pub mod notifications;
mod params;
pub mod people;
pub mod recovery;
pub mod tokens;

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
pub use json::Json;
pub use params::Params;
use shared::{AppError, Kind};

use crate::http::problem::Problem;

/// 404 for an unknown address.
pub async fn nothing() -> Problem {
    Problem(AppError::not_found("address"))
}

/// 405 for a method that an address does not have.
pub async fn wrong_method() -> Problem {
    Problem(AppError::new(
        Kind::WrongMethod,
        "This address does not take that method.",
    ))
}

/// Translates serde's error about a field into words for the client.
fn explain(path: &str, said: &str) -> AppError {
    // Serde puts the field's name between backticks; for these errors the path lacks it.
    let quoted = |said: &str| said.split('`').nth(1).unwrap_or_default().to_owned();
    if said.starts_with("duplicate field") {
        return AppError::field(&quoted(said), "Send this once; it is there twice.");
    }
    if said.starts_with("missing field") {
        return AppError::field(&quoted(said), "This is missing.");
    }
    let said = match said
        .strip_prefix("unknown field ")
        .map(|said| said.split_once(", expected "))
    {
        Some(Some((_, known))) => {
            let known = known.trim_start_matches("one of ").replace('`', "");
            format!("There is no such field. Known are {known}.")
        }
        Some(None) => "There is no such field.".into(),
        None => match said
            .split_once(": ")
            .and_then(|(what, said)| Some((what, said.rsplit_once(", expected ")?)))
        {
            Some(("invalid type" | "invalid value" | "invalid length", (found, wanted))) => {
                format!("Send {wanted}; this is {}.", found.replace('`', ""))
            }
            _ if said.contains("parse integer")
                || said.contains("invalid digit")
                || said.starts_with("number too ") =>
            {
                "Send a whole number.".into()
            }
            _ => said.to_owned(),
        },
    };
    if path == "." {
        AppError::new(Kind::Invalid, said)
    } else {
        AppError::field(path, said)
    }
}

/// The ID in the path; 404 if it cannot be parsed.
pub struct Id<T>(pub T);

impl<T: std::str::FromStr, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = <Path<String> as FromRequestParts<S>>::from_request_parts(parts, state)
            .await
            .ok();
        Ok(Self(
            found
                .and_then(|Path(text)| text.parse().ok())
                .ok_or_else(|| AppError::not_found("thing"))?,
        ))
    }
}
