//! Lists of works: the gallery, and the works of a person.

pub mod actions;
#[cfg(feature = "ssr")]
mod card;
#[cfg(feature = "ssr")]
mod front;
pub(crate) mod listing;
#[cfg(feature = "hydrate")]
mod listing_browser;

pub use listing::ListPage;
#[cfg(feature = "hydrate")]
pub use listing_browser::remember as remember_the_gallery;
#[cfg(feature = "ssr")]
pub use {card::cards, front::gallery};
