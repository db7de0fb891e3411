//! What went wrong, in the one form that pages, REST and the browser share.

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};
use std::fmt;

use crate::dto::{Artwork, Critique};

/// The sorts of refusal, each with its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request itself could not be read (400).
    Malformed,
    /// Nobody is signed in (401).
    Unauthenticated,
    /// Signed in, but not allowed (403).
    Forbidden,
    /// No such thing, or not for this viewer (404).
    NotFound,
    /// The address does not take this method (405).
    WrongMethod,
    /// The request did not come in whole in time (408).
    TimedOut,
    /// It clashes with what is there (409).
    Conflict,
    /// Too many bytes (413).
    TooLarge,
    /// An address of too many bytes (414).
    AddressTooLong,
    /// A kind of file or body that is not taken (415).
    Unsupported,
    /// Fields that don't hold up (422).
    Invalid,
    /// Too often; come back later (429).
    Throttled,
    /// Headers of too many bytes (431).
    HeadTooLong,
    /// A fault of ours (500).
    Internal,
    /// Busy or out of reach for the moment (503).
    Unavailable,
    /// It is not known whether it was done (503).
    InDoubt,
}

impl Kind {
    /// The HTTP status (RFC 9110) this kind is answered with.
    pub const fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::WrongMethod => 405,
            Self::TimedOut => 408,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::AddressTooLong => 414,
            Self::Unsupported => 415,
            Self::Invalid => 422,
            Self::Throttled => 429,
            Self::HeadTooLong => 431,
            Self::Internal => 500,
            Self::Unavailable | Self::InDoubt => 503,
        }
    }
}

/// Largest picture that is taken, in bytes.
pub const UPLOAD_MAX: usize = 20 * 1_024 * 1_024;

/// One field that was refused, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's name in the form or JSON body.
    pub field: String,
    /// A sentence for the person who typed it.
    pub message: String,
}

/// An error to be shown: a sentence, and the fields it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    /// Which sort, and so which status.
    pub kind: Kind,
    /// A sentence that says what happened and what to do.
    pub message: String,
    /// The fields at fault, if it was the fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Seconds until it makes sense to try again, for [`Kind::Throttled`], [`Kind::Unavailable`]
    /// and [`Kind::InDoubt`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// What an edit was refused for, as it is now, for [`Kind::Conflict`].
    #[serde(
        default,
        deserialize_with = "read_current",
        skip_serializing_if = "Option::is_none"
    )]
    pub current: Option<Box<Current>>,
}

/// The present state of what somebody tried to edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Current {
    /// A work.
    Artwork(Artwork),
    /// A critique.
    Critique(Critique),
}

/// Reads a critique, and passes over a work: only the page of a work shows what it was refused for,
/// and what would read a whole work there is a good part of what the browser loads.
fn read_current<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<Current>>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Read {
        Artwork(IgnoredAny),
        Critique(Critique),
    }

    Ok(match Option::deserialize(deserializer)? {
        Some(Read::Critique(critique)) => Some(Box::new(Current::Critique(critique))),
        Some(Read::Artwork(IgnoredAny)) | None => None,
    })
}

impl AppError {
    /// An error of this kind with a sentence.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            fields: Vec::new(),
            retry_after: None,
            current: None,
        }
    }

    /// One bad field.
    pub fn field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError {
            field: field.into(),
            message: message.into(),
        }])
    }

    /// Several bad fields at once.
    pub fn invalid(fields: Vec<FieldError>) -> Self {
        Self {
            fields,
            ..Self::new(
                Kind::Invalid,
                "Some of what you entered needs another look.",
            )
        }
    }

    /// Nobody is signed in, and somebody has to be.
    pub fn sign_in_first() -> Self {
        Self::new(Kind::Unauthenticated, "Please sign in first.")
    }

    /// A picture of more than [`UPLOAD_MAX`] bytes.
    pub fn upload_too_large() -> Self {
        Self {
            kind: Kind::TooLarge,
            ..Self::field("image", "Please choose a picture of at most 20 MB.")
        }
    }

    /// The same answer whether a thing never was, is gone, or is not for this viewer.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            Kind::NotFound,
            format!("There is no such {what}, or there is no more."),
        )
    }

    /// The sentence for this field, if it was refused.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.message.as_str())
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for AppError {}
