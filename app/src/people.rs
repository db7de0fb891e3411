//! People: the head of a person's page, and following.

pub mod actions;
#[cfg(feature = "ssr")]
mod profile;

#[cfg(feature = "ssr")]
pub use profile::profile;
