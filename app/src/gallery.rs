//! Lists of works: the gallery, and the works of a person.

pub mod actions;
#[cfg(feature = "ssr")]
mod card;
#[cfg(feature = "ssr")]
mod front;
pub(crate) mod listing;
#[cfg(feature = "hydrate")]
mod listing_browser;

#[cfg(feature = "ssr")]
pub use card::cards;
#[cfg(feature = "ssr")]
pub use front::gallery;
pub use listing::ListPage;
#[cfg(feature = "hydrate")]
pub use listing_browser::remember as remember_the_gallery;
