//! Works: a work's page with its picture, and the forms that post and edit one.

pub mod actions;
#[cfg(feature = "ssr")]
mod card;
#[cfg(feature = "ssr")]
mod edit;
#[cfg(feature = "ssr")]
mod figure;
#[cfg(feature = "ssr")]
mod new_artwork;
pub(crate) mod page;
#[cfg(feature = "hydrate")]
mod page_browser;
#[cfg(feature = "ssr")]
mod picture;
#[cfg(feature = "hydrate")]
pub mod upload;
mod upload_ids;

#[cfg(feature = "ssr")]
pub use {
    card::cards,
    edit::EditArtwork,
    new_artwork::NewArtwork,
    page::work_page,
    picture::{Art, WIDE_HEIGHT, Wanted, shape},
};
