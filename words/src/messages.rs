//! The messages, generated from the catalogue.

use std::borrow::Cow;

#[cfg(feature = "errors")]
use crate::errors::ErrorMessage;
use crate::{Locale, render::Value};

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

#[cfg(test)]
mod tests;
