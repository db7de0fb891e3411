//! Text that has been checked once, at the edge: a value of these types needs no second look
//! inside.
//!
//! Every text passes the same two steps. [`tidy`] takes out what does harm without a word, and
//! keeps what belongs to a script or an emoji; then only what is left is judged, by what of it can
//! be seen ([`is_blank`]). Each refusal is a sentence for the person who typed, and names the
//! character and its place. Lengths are counted in characters (`char`s), after tidying.
//!
//! Both steps need Unicode's tables, which the browser does not: there only the limits are built.

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
mod visible;

#[cfg(feature = "text")]
pub use {
    checked::{CritiqueBody, Description, DisplayName, Email, Handle, IdempotencyKey, Title},
    fields::Fields,
    password::Password,
    tidy::{is_harmful, tidy_lines, tidy_words},
    visible::is_blank,
};

/// Longest description of a work, in characters; see [`Description`].
pub const DESCRIPTION_MAX: usize = 5_000;
/// Longest critique, in characters; see [`CritiqueBody`].
pub const CRITIQUE_MAX: usize = 10_000;
/// Longest title, in characters; see [`Title`].
pub const TITLE_MAX: usize = 120;
/// Longest display name, in characters; see [`DisplayName`].
pub const NAME_MAX: usize = 50;
