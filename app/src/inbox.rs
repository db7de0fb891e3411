//! Notifications: the bell on every page, and the page that lists them all.

pub mod actions;
pub mod bell;
#[cfg(feature = "ssr")]
mod page;
mod words;

#[cfg(feature = "ssr")]
pub use page::Notifications;
