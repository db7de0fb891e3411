//! All authorization rules. Each takes the [`Actor`], and refuses both the wrong account and a
//! token that lacks the scope.

mod actor;
mod role;
mod scopes;

pub use actor::Actor;
pub use role::Role;
pub use scopes::Scopes;
use shared::{AppError, Kind, Phrase, UserId, dto::Scope};

use crate::{
    Result,
    entities::{artwork, critique},
};

fn allow(allowed: bool, otherwise: impl Into<Phrase>) -> Result<()> {
    if allowed {
        Ok(())
    } else {
        Err(AppError::new(Kind::Forbidden, otherwise).into())
    }
}

/// Whether the actor's token has this scope; a session has every scope that its role allows.
fn within(actor: &Actor, scope: Scope) -> Result<()> {
    allow(
        actor.scopes.has(scope),
        Phrase::new("scope-missing").with("scope", scope),
    )
}

/// Anyone may read what is public, save a token without the scope `read`.
///
/// # Errors
/// [`Kind::Forbidden`] for such a token.
pub fn read(actor: Option<&Actor>) -> Result<()> {
    actor.map_or(Ok(()), |actor| within(actor, Scope::Read))
}

/// Anyone signed in may post works and critiques.
///
/// # Errors
/// [`Kind::Forbidden`] for a token without the scope `write`.
pub fn post(actor: &Actor) -> Result<()> {
    within(actor, Scope::Write)
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
/// [`Kind::Forbidden`] for anyone else, and for a token without the scope `write`.
pub fn change_artwork(actor: &Actor, artwork: &artwork::Model) -> Result<()> {
    within(actor, Scope::Write)?;
    allow(owns_artwork(actor.id, artwork), "artwork-not-yours")
}

/// Only the author may edit or delete a critique.
///
/// # Errors
/// [`Kind::Forbidden`] for anyone else, and for a token without the scope `write`.
pub fn change_critique(actor: &Actor, critique: &critique::Model) -> Result<()> {
    within(actor, Scope::Write)?;
    allow(owns_critique(actor.id, critique), "critique-not-yours")
}

/// Anyone but the author may mark a critique as helpful.
///
/// # Errors
/// [`Kind::Forbidden`] for the author, and for a token without the scope `write`.
pub fn mark_helpful(actor: &Actor, critique: &critique::Model) -> Result<()> {
    within(actor, Scope::Write)?;
    allow(!owns_critique(actor.id, critique), "helpful-own-critique")
}

/// Anyone may follow anyone else.
///
/// # Errors
/// [`Kind::Forbidden`] for following oneself, and for a token without the scope `write`.
pub fn follow(actor: &Actor, artist: UserId) -> Result<()> {
    within(actor, Scope::Write)?;
    allow(actor.id != artist, "follow-yourself")
}

/// Everyone may read and mark their own notifications.
///
/// # Errors
/// [`Kind::Forbidden`] for a token without the scope `notifications`.
pub fn use_inbox(actor: &Actor) -> Result<()> {
    within(actor, Scope::Notifications)
}

/// Only a signed-in browser may manage the account: its sessions, its tokens and its password. A
/// stolen token can thus make no lasting key for itself.
///
/// # Errors
/// [`Kind::Forbidden`] for a token.
pub fn manage_account(actor: &Actor) -> Result<()> {
    allow(actor.scopes.manages_account(), "token-browser-only")
}

/// Everyone may create tokens that allow no more than they may do themselves.
///
/// # Errors
/// [`Kind::Forbidden`] for a token, and for the scope `moderate` if the actor is no moderator.
pub fn create_token(actor: &Actor, scopes: Scopes) -> Result<()> {
    manage_account(actor)?;
    allow(
        scopes.within(Scopes::of_tokens(actor.role)) == scopes,
        "token-scope-forbidden",
    )
}

/// Only moderators may moderate.
///
/// # Errors
/// [`Kind::Forbidden`] for anyone else, and for a token without the scope `moderate`.
pub fn moderate(actor: &Actor) -> Result<()> {
    allow(actor.role == Role::Moderator, "moderators-only")?;
    within(actor, Scope::Moderate)
}

#[cfg(test)]
mod tests;
