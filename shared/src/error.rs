//! The error type that pages, the REST API and the browser share.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::dto::{Artwork, Critique};

/// Kinds of error, each with its HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The request can't be parsed (400).
    Malformed,
    /// Not signed in (401).
    Unauthenticated,
    /// Signed in, but not allowed (403).
    Forbidden,
    /// The object does not exist, or this viewer may not see it (404).
    NotFound,
    /// The path does not support this method (405).
    WrongMethod,
    /// The request was not received in full in time (408).
    TimedOut,
    /// Conflicts with the current state (409).
    Conflict,
    /// The body is too large (413).
    TooLarge,
    /// The URL is too long (414).
    AddressTooLong,
    /// Unsupported type of file or body (415).
    Unsupported,
    /// Fields failed validation (422).
    Invalid,
    /// Rate limited; retry later (429).
    Throttled,
    /// The headers are too large (431).
    HeadTooLong,
    /// Server error (500).
    Internal,
    /// Overloaded or temporarily unreachable (503).
    Unavailable,
    /// The outcome is unknown: the change may have been made (503).
    InDoubt,
}

impl Kind {
    /// The HTTP status (RFC 9110) for this kind.
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

/// Maximum size of an uploaded picture, in bytes.
pub const UPLOAD_MAX: usize = 20 * 1_024 * 1_024;

/// A field that failed validation, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name in the form or JSON body.
    #[cfg_attr(feature = "openapi", schema(example = "title"))]
    pub field: String,
    /// A sentence for the user.
    #[cfg_attr(feature = "openapi", schema(example = "Please enter a title."))]
    pub message: String,
}

/// An error to show to the user: a sentence, and the fields it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppError {
    /// The kind of error, which determines the HTTP status.
    pub kind: Kind,
    /// A sentence that says what happened and what to do.
    pub message: String,
    /// The fields that failed validation, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// Seconds to wait before a retry, for [`Kind::Throttled`], [`Kind::Unavailable`] and
    /// [`Kind::InDoubt`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// The current state of the object whose edit was rejected, for [`Kind::Conflict`].
    #[serde(
        default,
        deserialize_with = "read_current",
        skip_serializing_if = "Option::is_none"
    )]
    pub current: Option<Box<Current>>,
}

/// The current state of an object whose edit was rejected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Current {
    /// A work.
    Artwork(Artwork),
    /// A critique.
    Critique(Critique),
}

/// Reads a critique and ignores an artwork: the browser shows only the current state of a critique,
/// and the code to deserialize a whole artwork would be a large part of its download.
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

    /// The request needs a signed-in user.
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

    /// The same error whether an object never existed, was deleted, or is hidden from this viewer.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            Kind::NotFound,
            format!("There is no such {what}, or there is no more."),
        )
    }

    /// The message for this field, if it failed validation.
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
