//! The ids of the elements that the browser takes over.

/// The bell's element.
pub const BELL: &str = "bell";
/// The router's element, on interactive pages.
pub const SITE: &str = "site";
