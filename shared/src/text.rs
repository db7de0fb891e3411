//! Text validated once, where it enters the program: values of these types need no further checks.
//!
//! Every text is tidied, then validated. [`tidy`] silently removes harmful characters and keeps
//! those that a script or an emoji needs. Validation applies to the tidied text, and to whether any
//! of it is visible ([`is_blank`]). Each rejection is a [`Phrase`](crate::Phrase) for the user; for
//! a forbidden character it has the character and its position. Lengths are counted in characters
//! (`char`s), after tidying.
//!
//! Both steps need Unicode's tables. The browser build leaves them out: without the feature `text`,
//! this module has only the limits.

#[cfg(feature = "text")]
mod checked;
#[cfg(feature = "text")]
mod email;
#[cfg(feature = "text")]
mod fields;
#[cfg(feature = "text")]
mod handle;
#[cfg(feature = "text")]
mod password;
#[cfg(feature = "text")]
mod refusal;
#[cfg(feature = "text")]
mod tidy;
#[cfg(feature = "text")]
mod validated;
#[cfg(feature = "text")]
mod visible;

#[cfg(feature = "text")]
pub use {
    checked::{CritiqueBody, Description, DisplayName, IdempotencyKey, Title, TokenName},
    email::Email,
    fields::Fields,
    handle::Handle,
    password::Password,
    tidy::{is_harmful, tidy_lines, tidy_words},
    visible::is_blank,
};

/// Maximum length of a work's description, in characters; see [`Description`].
pub const DESCRIPTION_MAX: usize = 5_000;
/// Maximum length of a critique, in characters; see [`CritiqueBody`].
pub const CRITIQUE_MAX: usize = 10_000;
/// Maximum length of a title, in characters; see [`Title`].
pub const TITLE_MAX: usize = 120;
/// Maximum length of a display name, in characters; see [`DisplayName`].
pub const NAME_MAX: usize = 50;
/// Maximum length of a token's name, in characters; see [`TokenName`].
pub const TOKEN_NAME_MAX: usize = 60;
