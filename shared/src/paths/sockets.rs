//! The addresses of the sockets.

use super::{display, with_query};
use crate::live::Cursor;

/// How all of them begin.
pub const PREFIX: &str = "/ws/";
/// The socket of an inbox.
pub const NOTIFICATIONS: &str = "/ws/notifications";
/// The same with a trailing slash, which some clients add.
pub const NOTIFICATIONS_SLASH: &str = "/ws/notifications/";
/// The socket that only watches artworks.
pub const WATCH: &str = "/ws/watch";

/// The socket of an inbox, resuming after a cursor or starting at the head.
pub fn notifications(cursor: Option<&Cursor>) -> String {
    with_query(NOTIFICATIONS.to_owned(), &[("cursor", cursor.map(display))])
}
