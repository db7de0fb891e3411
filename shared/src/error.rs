//! Errors: an [`AppError`] is one without a language, a [`ShownError`] one in the reader's words.
//! The browser knows only the latter.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de::IgnoredAny};

use crate::{
    Phrase,
    dto::{Artwork, Critique},
};

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

/// A field that failed validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldFault {
    /// The field's name in the form or JSON body.
    pub field: String,
    /// What is wrong with it.
    pub phrase: Phrase,
}

/// An error of a service, not yet in any language: what went wrong, and the fields it concerns. The
/// crate `words` puts it into words, as a [`ShownError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppError {
    /// The kind of error, which determines the HTTP status.
    pub kind: Kind,
    /// What happened and what to do.
    pub phrase: Phrase,
    /// The fields that failed validation, if any.
    pub fields: Vec<FieldFault>,
    /// Seconds to wait before a retry, for [`Kind::Throttled`], [`Kind::Unavailable`] and
    /// [`Kind::InDoubt`].
    pub retry_after: Option<u32>,
    /// The current state of the object whose edit was rejected, for [`Kind::Conflict`].
    pub current: Option<Box<Current>>,
}

/// What a request did not find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// An artwork.
    Artwork,
    /// A critique.
    Critique,
    /// A person.
    Person,
    /// A notification.
    Notification,
    /// A session of a browser.
    Session,
    /// A personal token.
    Token,
    /// A picture.
    Picture,
    /// A page.
    Page,
    /// An address of the site.
    Address,
}

/// A field that failed validation, and what to do about it, in the reader's language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name in the form or JSON body.
    #[cfg_attr(feature = "openapi", schema(example = "title"))]
    pub field: String,
    /// The stable code of the sentence: the same in every language and version.
    #[cfg_attr(feature = "openapi", schema(example = "title-missing"))]
    pub code: String,
    /// A sentence for the user, in the language of the request.
    #[cfg_attr(feature = "openapi", schema(example = "Please enter a title."))]
    pub message: String,
}

/// An error in the reader's language: a sentence, and the fields it concerns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownError {
    /// The kind of error, which determines the HTTP status.
    pub kind: Kind,
    /// The stable code of the sentence.
    pub code: String,
    /// A sentence that says what happened and what to do.
    pub message: String,
    /// The fields that failed validation, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
    /// As [`AppError::retry_after`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
    /// As [`AppError::current`].
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
    pub fn new(kind: Kind, phrase: impl Into<Phrase>) -> Self {
        Self {
            kind,
            phrase: phrase.into(),
            fields: Vec::new(),
            retry_after: None,
            current: None,
        }
    }

    /// One bad field.
    pub fn field(field: &str, phrase: impl Into<Phrase>) -> Self {
        Self::invalid(vec![FieldFault {
            field: field.into(),
            phrase: phrase.into(),
        }])
    }

    /// Several bad fields at once.
    pub fn invalid(fields: Vec<FieldFault>) -> Self {
        Self {
            fields,
            ..Self::new(Kind::Invalid, "fields-invalid")
        }
    }

    /// The request needs a signed-in user.
    pub fn sign_in_first() -> Self {
        Self::new(Kind::Unauthenticated, "sign-in-first")
    }

    /// A picture of more than [`UPLOAD_MAX`] bytes.
    pub fn upload_too_large() -> Self {
        let phrase =
            Phrase::new("picture-too-large").with("megabytes", UPLOAD_MAX / (1_024 * 1_024));
        Self {
            kind: Kind::TooLarge,
            ..Self::field("image", phrase)
        }
    }

    /// The same error whether an object never existed, was deleted, or is hidden from this viewer.
    pub fn not_found(what: Thing) -> Self {
        let code = match what {
            Thing::Artwork => "artwork-not-found",
            Thing::Critique => "critique-not-found",
            Thing::Person => "person-not-found",
            Thing::Notification => "notification-not-found",
            Thing::Session => "session-not-found",
            Thing::Token => "token-not-found",
            Thing::Picture => "picture-not-found",
            Thing::Page => "page-not-found",
            Thing::Address => "address-not-found",
        };
        Self::new(Kind::NotFound, code)
    }

    /// The same error, after which a retry makes sense in this many seconds.
    #[must_use]
    pub fn retry_in(self, seconds: u32) -> Self {
        Self {
            retry_after: Some(seconds),
            ..self
        }
    }

    /// What is wrong with this field, if it failed validation.
    pub fn of(&self, field: &str) -> Option<&Phrase> {
        let fault = self.fields.iter().find(|fault| fault.field == field)?;
        Some(&fault.phrase)
    }
}

/// For logs.
impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.phrase)?;
        for FieldFault { field, phrase } in &self.fields {
            write!(f, "; {field}: {phrase}")?;
        }
        Ok(())
    }
}

impl std::error::Error for AppError {}

impl ShownError {
    /// The message for this field, if it failed validation.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.message.as_str())
    }
}

impl fmt::Display for ShownError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ShownError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_in_the_log_has_its_codes_and_parameters() {
        let long = Phrase::new("title-too-long")
            .with("max", 120)
            .with("length", 131);
        assert_eq!(long.to_string(), "title-too-long (max: 120, length: 131)");
        let error = AppError::field("title", long);
        assert_eq!(
            error.to_string(),
            "fields-invalid; title: title-too-long (max: 120, length: 131)"
        );
        assert_eq!(
            error.of("title").map(|phrase| phrase.code),
            Some("title-too-long")
        );
        assert_eq!(error.of("body"), None);
    }
}
