//! Every rule of who may do what, in one place.

use shared::{AppError, Kind, UserId};

use crate::{
    Result,
    entities::{artwork, critique},
};

fn allow(allowed: bool, otherwise: &str) -> Result<()> {
    if allowed {
        Ok(())
    } else {
        Err(AppError::new(Kind::Forbidden, otherwise).into())
    }
}

/// Whether an artwork is the viewer's to edit and delete.
pub fn owns_artwork(viewer: UserId, artwork: &artwork::Model) -> bool {
    artwork.artist_id == viewer.0
}

/// Whether a critique is the viewer's to edit and delete.
pub fn owns_critique(viewer: UserId, critique: &critique::Model) -> bool {
    critique.author_id == viewer.0
}

/// Editing and deleting an artwork is for its artist.
///
/// # Errors
/// [`Kind::Forbidden`] for anyone else.
pub fn change_artwork(viewer: UserId, artwork: &artwork::Model) -> Result<()> {
    allow(
        owns_artwork(viewer, artwork),
        "Only the artist can change this artwork.",
    )
}

/// Editing and deleting a critique is for its author.
///
/// # Errors
/// [`Kind::Forbidden`] for anyone else.
pub fn change_critique(viewer: UserId, critique: &critique::Model) -> Result<()> {
    allow(
        owns_critique(viewer, critique),
        "Only its author can change this critique.",
    )
}

/// Anyone but the author may find a critique helpful.
///
/// # Errors
/// [`Kind::Forbidden`] for the author.
pub fn mark_helpful(viewer: UserId, critique: &critique::Model) -> Result<()> {
    allow(
        !owns_critique(viewer, critique),
        "You can't mark your own critique as helpful.",
    )
}

/// Anyone may follow anyone else.
///
/// # Errors
/// [`Kind::Forbidden`] for oneself.
pub fn follow(viewer: UserId, artist: UserId) -> Result<()> {
    allow(viewer != artist, "You can't follow yourself.")
}
