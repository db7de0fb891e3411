use bytes::Bytes;
use serde::{Deserialize, Serialize};
use shared::{ArtworkId, UserId};

use crate::sessions::SessionKey;

/// What nodes tell each other. A hint that arrives early, never the only way to learn of something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A person's inbox reached `seq`; `frame` is the change as its sockets are to send it, or
    /// nothing if it was too long to send along.
    Inbox {
        /// Whose.
        user: UserId,
        /// The change.
        seq: u64,
        /// Its frame, serialised once for all sockets.
        #[serde(with = "text", default)]
        frame: Bytes,
        /// When it was committed, in microseconds since 1970.
        at: i64,
        /// Lines not seen, after it.
        unseen: u32,
        /// Lines not read, after it.
        unread: u32,
    },
    /// Something changed on an artwork.
    Artwork(ArtworkId),
    /// A session ended: its sockets are to close.
    SessionEnded(SessionKey),
    /// What is remembered of a session is no longer so; it lives on.
    SessionChanged(SessionKey),
    /// A session goes on under another key, in the same browser, with the sockets it has.
    SessionMoved {
        /// The key it had.
        from: SessionKey,
        /// The key it has now.
        to: SessionKey,
    },
    /// A commit that was to change this inbox was broken off, and may have been made: ask the
    /// database.
    InboxInDoubt(UserId),
    /// The same of a commit that was to end this session.
    SessionInDoubt(SessionKey),
    /// What is remembered of an account is no longer so.
    AccountChanged(UserId),
    /// There is something for the errands to do.
    JobsWaiting,
}

impl Message {
    /// The same with the time of its commit, in microseconds since 1970.
    pub(crate) fn committed(mut self, now: i64) -> Self {
        if let Self::Inbox { at, .. } = &mut self {
            *at = now;
        }
        self
    }

    /// What to tell if nobody knows whether the commit was made.
    pub(crate) fn in_doubt(self) -> Self {
        match self {
            Self::Inbox { user, .. } => Self::InboxInDoubt(user),
            Self::SessionEnded(key) | Self::SessionMoved { from: key, .. } => {
                Self::SessionInDoubt(key)
            }
            // These only say where to look.
            other => other,
        }
    }

    /// The same without what makes it long.
    pub(crate) fn shortened(mut self) -> Self {
        if let Self::Inbox { frame, .. } = &mut self {
            *frame = Bytes::new();
        }
        self
    }
}

/// Frames are JSON text: they travel as text.
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
