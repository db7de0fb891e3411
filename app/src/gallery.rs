//! Lists of works: the gallery, and the works of a person.

pub mod actions;
#[cfg(feature = "ssr")]
mod front;
pub(crate) mod listing;
#[cfg(feature = "hydrate")]
mod listing_browser;

#[cfg(feature = "ssr")]
pub use front::gallery;
#[cfg(feature = "hydrate")]
pub(crate) use listing_browser::begin;
#[cfg(feature = "hydrate")]
pub use listing_browser::remember as remember_the_gallery;
