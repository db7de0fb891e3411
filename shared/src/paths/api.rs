//! The addresses of the REST API.

use super::{display, filled, sort_word, with_query};
use crate::{ArtworkId, dto::CritiqueSort, live::Cursor};

/// How all of them begin.
pub const PREFIX: &str = "/api/";
/// Addresses that the API does not have.
pub const NOTHING: &str = "/api/{*rest}";
/// The OpenAPI document of the REST API.
pub const DOCUMENT: &str = "/api/openapi.json";
/// The same document as a page.
pub const REFERENCE: &str = "/api/docs";
/// Accounts.
pub const ACCOUNTS: &str = "/api/accounts";
/// The session of this request.
pub const SESSION: &str = "/api/session";
/// Asking for a link that resets a forgotten password.
pub const PASSWORD_RESET: &str = "/api/password-reset";
/// The artworks.
pub const ARTWORKS: &str = "/api/artworks";
/// An artwork.
pub const ARTWORK: &str = "/api/artworks/{id}";
/// What happened to an artwork.
pub const ARTWORK_CHANGES: &str = "/api/artworks/{id}/changes";
/// An artwork's critiques.
pub const ARTWORK_CRITIQUES: &str = "/api/artworks/{id}/critiques";
/// A critique.
pub const CRITIQUE: &str = "/api/critiques/{id}";
/// The mark of a critique as helpful.
pub const HELPFUL: &str = "/api/critiques/{id}/helpful";
/// Following a person.
pub const FOLLOW: &str = "/api/people/{handle}/follow";
/// The account's tokens.
pub const TOKENS: &str = "/api/tokens";
/// A token.
pub const TOKEN: &str = "/api/tokens/{id}";
/// The notifications.
pub const NOTIFICATIONS: &str = "/api/notifications";
/// The same with a trailing slash, which some clients add.
pub const NOTIFICATIONS_SLASH: &str = "/api/notifications/";
/// Marking notifications.
pub const MARK: &str = "/api/notifications/{mark}";

/// An artwork.
pub fn artwork(id: ArtworkId) -> String {
    filled(ARTWORK, &id)
}

/// An artwork's critiques.
pub fn artwork_critiques(id: ArtworkId) -> String {
    filled(ARTWORK_CRITIQUES, &id)
}

/// A page of an artwork's critiques, in this order, from the cursor `before` on. Without `limit`,
/// of the usual length.
pub fn critiques(id: ArtworkId, sort: CritiqueSort, before: &str, limit: Option<u32>) -> String {
    with_query(
        artwork_critiques(id),
        &[
            ("sort", sort_word(sort).as_ref().map(display)),
            ("before", Some(&before)),
            ("limit", limit.as_ref().map(display)),
        ],
    )
}

/// What happened to an artwork after a `seq`.
pub fn changes(id: ArtworkId, after: i64) -> String {
    with_query(filled(ARTWORK_CHANGES, &id), &[("after", Some(&after))])
}

/// Following a person.
pub fn follow(handle: &str) -> String {
    filled(FOLLOW, &handle)
}

/// The newest notifications.
pub fn notifications(limit: u32) -> String {
    with_query(NOTIFICATIONS.to_owned(), &[("limit", Some(&limit))])
}

/// The notifications that changed after a cursor.
pub fn notifications_after(cursor: &Cursor) -> String {
    with_query(NOTIFICATIONS.to_owned(), &[("after", Some(cursor))])
}
