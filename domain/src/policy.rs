//! All authorization rules.

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

/// Whether the viewer may edit and delete the artwork.
pub fn owns_artwork(viewer: UserId, artwork: &artwork::Model) -> bool {
    artwork.artist_id == viewer.0
}

/// Whether the viewer may edit and delete the critique.
pub fn owns_critique(viewer: UserId, critique: &critique::Model) -> bool {
    critique.author_id == viewer.0
}

/// Only the artist may edit or delete an artwork.
///
/// # Errors
/// [`Kind::Forbidden`] for anyone else.
pub fn change_artwork(viewer: UserId, artwork: &artwork::Model) -> Result<()> {
    allow(
        owns_artwork(viewer, artwork),
        "Only the artist can change this artwork.",
    )
}

/// Only the author may edit or delete a critique.
///
/// # Errors
/// [`Kind::Forbidden`] for anyone else.
pub fn change_critique(viewer: UserId, critique: &critique::Model) -> Result<()> {
    allow(
        owns_critique(viewer, critique),
        "Only its author can change this critique.",
    )
}

/// Anyone but the author may mark a critique as helpful.
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
/// [`Kind::Forbidden`] if `viewer` and `artist` are the same.
pub fn follow(viewer: UserId, artist: UserId) -> Result<()> {
    allow(viewer != artist, "You can't follow yourself.")
}
