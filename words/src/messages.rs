//! The messages, generated from the catalogue.

use std::borrow::Cow;

use crate::{Locale, render::Value};

#[cfg(feature = "errors")]
/// The message of an error.
pub struct ErrorMessage {
    /// The text in all languages.
    pub texts: &'static str,
    /// The parameters' names.
    pub names: &'static [&'static str],
    /// Whether each parameter is a number.
    pub counts: &'static [bool],
}

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

#[cfg(test)]
mod tests;
