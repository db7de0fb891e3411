use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::{ArtworkId, UserId};

use crate::{credential::TokenKey, session_key::SessionKey};

/// A message between nodes. A hint that may be lost: every change can also be found in the
/// database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// An inbox reached `seq`. `frame` is the change as its sockets send it, or empty if it was too
    /// long for the bus.
    Inbox {
        /// The owner of the inbox.
        user: UserId,
        /// The `seq` of the change.
        seq: u64,
        /// The frame, serialised once for all sockets.
        #[serde(with = "text", default)]
        frame: Bytes,
        /// Commit time, in microseconds since 1970.
        at: i64,
        /// Unseen notifications after the change.
        unseen: u32,
        /// Unread notifications after the change.
        unread: u32,
    },
    /// Something on an artwork changed.
    Artwork(ArtworkId),
    /// A session ended; its sockets must close.
    SessionEnded(SessionKey),
    /// Invalidates the cache entry of a session that is still live.
    SessionChanged(SessionKey),
    /// The key of a session was rotated. Its browser and its sockets stay the same.
    SessionMoved {
        /// The old key.
        from: SessionKey,
        /// The new key.
        to: SessionKey,
    },
    /// The outcome of a commit that changes this inbox is unknown: ask the database.
    InboxInDoubt(UserId),
    /// The outcome of a commit that ends this session, or rotates its key, is unknown: ask the
    /// database.
    SessionInDoubt(SessionKey),
    /// A token ended; its sockets must close.
    TokenEnded(TokenKey),
    /// The outcome of a commit that ends this token is unknown: ask the database.
    TokenInDoubt(TokenKey),
    /// Invalidates the cache entries of an account.
    AccountChanged(UserId),
    /// Background jobs are waiting.
    JobsWaiting,
}

impl Message {
    /// Stamps the commit time, in microseconds since 1970.
    pub(crate) fn committed(mut self, now: i64) -> Self {
        if let Self::Inbox { at, .. } = &mut self {
            *at = now;
        }
        self
    }

    /// The message to publish when the outcome of the commit is unknown.
    pub(crate) fn in_doubt(self) -> Self {
        match self {
            Self::Inbox { user, .. } => Self::InboxInDoubt(user),
            Self::SessionEnded(key) | Self::SessionMoved { from: key, .. } => {
                Self::SessionInDoubt(key)
            }
            Self::TokenEnded(key) => Self::TokenInDoubt(key),
            // The others only trigger a look-up or an invalidation, which is safe without a commit.
            other => other,
        }
    }

    /// Whether the message only wakes whoever looks for work, so that one within a short time does
    /// for many.
    pub(crate) const fn is_wake_up(&self) -> bool {
        matches!(self, Self::JobsWaiting)
    }

    /// Drops the frame, the only long part of a message.
    pub(crate) fn shortened(mut self) -> Self {
        if let Self::Inbox { frame, .. } = &mut self {
            *frame = Bytes::new();
        }
        self
    }
}

/// Serialises a frame, which is JSON text, as a string.
mod text {
    use bytes::Bytes;
    use serde::{Deserialize, Deserializer, Serializer, de::Error, ser::Error as _};

    pub fn serialize<S: Serializer>(frame: &Bytes, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(std::str::from_utf8(frame).map_err(S::Error::custom)?)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Bytes, D::Error> {
        String::deserialize(deserializer)
            .map(Bytes::from)
            .map_err(D::Error::custom)
    }
}
