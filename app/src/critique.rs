//! Critiques below a work: the list, each critique, and the forms that post and edit one.

pub mod actions;
pub(crate) mod article;
#[cfg(feature = "hydrate")]
mod article_browser;
pub(crate) mod list;
#[cfg(feature = "hydrate")]
mod list_browser;
#[cfg(feature = "hydrate")]
mod reading_position;
pub(crate) mod state;
#[cfg(feature = "hydrate")]
mod state_browser;
#[cfg(feature = "hydrate")]
pub(crate) mod updates;
