use serde::{Deserialize, Serialize};

use super::Cursor;
use crate::{ArtworkId, NotificationId, dto::Notification};

/// What the server says, as JSON text with a `type`. Counts are those right after the change at
/// `cursor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "AnyFrame")]
pub enum ServerFrame {
    /// First: the head as the server knows it. The changes after the client's own cursor follow at
    /// once.
    Hello {
        /// The head.
        cursor: Cursor,
        /// Not yet seen.
        unseen: u32,
        /// Not yet read.
        unread: u32,
        /// A beat comes at least this often, in seconds.
        heartbeat_secs: u32,
    },
    /// A new line in the inbox.
    Notification {
        /// The `seq` it took.
        cursor: Cursor,
        /// Not yet seen.
        unseen: u32,
        /// Not yet read.
        unread: u32,
        /// The whole line.
        notification: Notification,
    },
    /// Lines that were there have a new state.
    Changed {
        /// The `seq` it took.
        cursor: Cursor,
        /// Not yet seen.
        unseen: u32,
        /// Not yet read.
        unread: u32,
        /// Which lines, when they are named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ids: Option<Vec<NotificationId>>,
        /// Or: all that had arrived by this cursor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Cursor>,
        /// What they are now.
        state: State,
        /// The whole lines, where a client may no longer have them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<Notification>,
    },
    /// The client is too far behind, or of another history: forget what you had, this is the first
    /// page.
    Reset {
        /// The head.
        cursor: Cursor,
        /// Not yet seen.
        unseen: u32,
        /// Not yet read.
        unread: u32,
        /// The first page, newest first.
        items: Vec<Notification>,
        /// Where it goes on.
        next: Option<String>,
    },
    /// Sign of life, with the head: shows a dead link or a missed change.
    Beat {
        /// The head.
        cursor: Cursor,
        /// Whether the server has been unable to verify the head lately. Then there may be more:
        /// ask by HTTP.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unverified: bool,
    },
    /// Something changed on an artwork being watched.
    Artwork {
        /// Which.
        id: ArtworkId,
    },
    /// About to close.
    Bye {
        /// Why, in a word.
        reason: String,
        /// Come back at a random moment within this many milliseconds.
        retry_after_ms: u32,
    },
    /// A type this build does not know; ignored.
    Unknown,
}

/// Every field that some frame has, as it is read. Reading the tagged enum itself would have serde
/// buffer each frame in a form of its own, which costs the browser a fifth of what it loads.
#[derive(Deserialize)]
struct AnyFrame {
    r#type: String,
    cursor: Option<Cursor>,
    unseen: Option<u32>,
    unread: Option<u32>,
    heartbeat_secs: Option<u32>,
    notification: Option<Notification>,
    ids: Option<Vec<NotificationId>>,
    through: Option<Cursor>,
    state: Option<State>,
    #[serde(default)]
    items: Vec<Notification>,
    next: Option<String>,
    id: Option<ArtworkId>,
    reason: Option<String>,
    retry_after_ms: Option<u32>,
    #[serde(default)]
    unverified: bool,
}

impl TryFrom<AnyFrame> for ServerFrame {
    type Error = &'static str;

    fn try_from(any: AnyFrame) -> Result<Self, Self::Error> {
        let AnyFrame {
            cursor,
            unseen,
            unread,
            heartbeat_secs,
            notification,
            ids,
            through,
            state,
            items,
            next,
            id,
            ..
        } = any;
        let frame = match any.r#type.as_str() {
            "hello" => cursor.zip(unseen).zip(unread).zip(heartbeat_secs).map(
                |(((cursor, unseen), unread), heartbeat_secs)| Self::Hello {
                    cursor,
                    unseen,
                    unread,
                    heartbeat_secs,
                },
            ),
            "notification" => cursor.zip(unseen).zip(unread).zip(notification).map(
                |(((cursor, unseen), unread), notification)| Self::Notification {
                    cursor,
                    unseen,
                    unread,
                    notification,
                },
            ),
            // What happened is found out as after a missed frame: there is a change further on than
            // is known.
            "changed" if state == Some(State::Unknown) => cursor.map(|cursor| Self::Beat {
                cursor,
                unverified: false,
            }),
            "changed" => cursor.zip(unseen).zip(unread).zip(state).map(
                |(((cursor, unseen), unread), state)| Self::Changed {
                    cursor,
                    unseen,
                    unread,
                    ids,
                    through,
                    state,
                    items,
                },
            ),
            "reset" => cursor
                .zip(unseen)
                .zip(unread)
                .map(|((cursor, unseen), unread)| Self::Reset {
                    cursor,
                    unseen,
                    unread,
                    items,
                    next,
                }),
            "beat" => cursor.map(|cursor| Self::Beat {
                cursor,
                unverified: any.unverified,
            }),
            "artwork" => id.map(|id| Self::Artwork { id }),
            "bye" => any
                .reason
                .zip(any.retry_after_ms)
                .map(|(reason, retry_after_ms)| Self::Bye {
                    reason,
                    retry_after_ms,
                }),
            _ => Some(Self::Unknown),
        };
        frame.ok_or("a frame without a field that its type has")
    }
}

/// What lines of an inbox became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Opened (and so seen).
    Read,
    /// Put back to not opened.
    Unread,
    /// Had before the eyes.
    Seen,
    /// Put away.
    Archived,
    /// Taken back out of the archive, or back after a retraction; the whole lines come along.
    Restored,
    /// Gone: un-marked or deleted.
    Retracted,
    /// What they show has other words now; the whole lines come along.
    Edited,
    /// A state that this build does not know.
    #[serde(other)]
    Unknown,
}

/// What a client may say. Everything that changes state goes over HTTP instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// An artwork's page is in view.
    Watch {
        /// Which.
        #[serde(alias = "artwork", alias = "id")]
        artwork_id: ArtworkId,
    },
    /// It no longer is.
    Unwatch {
        /// Which.
        #[serde(alias = "artwork", alias = "id")]
        artwork_id: ArtworkId,
    },
    /// The last cursor applied; for metrics only.
    Ack {
        /// That cursor.
        cursor: Cursor,
    },
}

/// Close codes of the socket (RFC 6455 section 7.4; 4000 and up are ours).
pub mod close {
    /// Against RFC 6455, such as a frame that is not masked.
    pub const PROTOCOL: u16 = 1002;
    /// Text that is no UTF-8.
    pub const NOT_UTF8: u16 = 1007;
    /// A message longer than is taken.
    pub const TOO_LONG: u16 = 1009;
    /// The page went away.
    pub const PAGE_GONE: u16 = 1001;
    /// This node is draining; come back.
    pub const DRAINING: u16 = 1012;
    /// Too slow to read; come back and catch up.
    pub const TOO_SLOW: u16 = 1013;
    /// A frame that is not in the protocol.
    pub const BAD_FRAME: u16 = 4400;
    /// Signed out, or the session ended; don't come back.
    pub const SESSION_ENDED: u16 = 4401;
    /// Not allowed; don't come back.
    pub const FORBIDDEN: u16 = 4403;
    /// No sign of life.
    pub const SILENT: u16 = 4408;
    /// Too many sockets: the oldest was closed; don't come back.
    pub const TOO_MANY: u16 = 4409;
    /// Too many frames.
    pub const FLOOD: u16 = 4429;
}

impl ServerFrame {
    /// The head or change this frame speaks of, if it speaks of one.
    pub fn cursor(&self) -> Option<&Cursor> {
        match self {
            Self::Hello { cursor, .. }
            | Self::Notification { cursor, .. }
            | Self::Changed { cursor, .. }
            | Self::Reset { cursor, .. }
            | Self::Beat { cursor, .. } => Some(cursor),
            Self::Artwork { .. } | Self::Bye { .. } | Self::Unknown => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_what_the_protocol_says() {
        let beat = ServerFrame::Beat {
            cursor: Cursor::new("e1", 7),
            unverified: false,
        };
        assert_eq!(
            serde_json::to_string(&beat).expect("json"),
            r#"{"type":"beat","cursor":"e1.7"}"#
        );
        let changed = ServerFrame::Changed {
            cursor: Cursor::new("e1", 8),
            unseen: 0,
            unread: 1,
            ids: Some(vec![NotificationId(3)]),
            through: None,
            state: State::Read,
            items: vec![],
        };
        assert_eq!(
            serde_json::to_string(&changed).expect("json"),
            r#"{"type":"changed","cursor":"e1.8","unseen":0,"unread":1,"ids":[3],"state":"read"}"#
        );
    }

    #[test]
    fn a_frame_is_read_as_it_was_written_and_an_incomplete_one_is_refused() {
        let cursor = || Cursor::new("e1", 7);
        let frames = [
            ServerFrame::Hello {
                cursor: cursor(),
                unseen: 1,
                unread: 2,
                heartbeat_secs: 25,
            },
            ServerFrame::Changed {
                cursor: cursor(),
                unseen: 0,
                unread: 1,
                ids: None,
                through: Some(cursor()),
                state: State::Seen,
                items: vec![],
            },
            ServerFrame::Reset {
                cursor: cursor(),
                unseen: 0,
                unread: 0,
                items: vec![],
                next: Some("3".into()),
            },
            ServerFrame::Beat {
                cursor: cursor(),
                unverified: false,
            },
            ServerFrame::Beat {
                cursor: cursor(),
                unverified: true,
            },
            ServerFrame::Artwork { id: ArtworkId(4) },
            ServerFrame::Bye {
                reason: "draining".into(),
                retry_after_ms: 5_000,
            },
        ];
        for frame in frames {
            let text = serde_json::to_string(&frame).expect("json");
            assert_eq!(
                serde_json::from_str::<ServerFrame>(&text).expect("read"),
                frame
            );
        }
        for broken in [
            r#"{"type":"beat"}"#,
            r#"{"type":"hello","cursor":"e1.7"}"#,
            r#"{"cursor":"e1.7"}"#,
        ] {
            assert!(
                serde_json::from_str::<ServerFrame>(broken).is_err(),
                "{broken}"
            );
        }
    }

    #[test]
    fn a_change_to_a_state_that_a_client_does_not_know_is_fetched() {
        let folded = r#"{"type":"changed","cursor":"e1.8","unseen":0,"unread":1,"ids":[3],"state":"folded"}"#;
        assert_eq!(
            serde_json::from_str::<ServerFrame>(folded).expect("read"),
            ServerFrame::Beat {
                cursor: Cursor::new("e1", 8),
                unverified: false
            }
        );
    }

    #[test]
    fn a_client_ignores_frames_it_does_not_know_and_a_server_does_not() {
        let unknown = r#"{"type":"confetti","amount":3}"#;
        assert_eq!(
            serde_json::from_str::<ServerFrame>(unknown).expect("ignored"),
            ServerFrame::Unknown
        );
        assert!(serde_json::from_str::<ClientFrame>(unknown).is_err());
        assert!(
            serde_json::from_str::<ClientFrame>(r#"{"type":"watch","artwork_id":1,"x":2}"#)
                .is_err()
        );
        assert!(serde_json::from_str::<ClientFrame>(r#"{"type":"watch","artwork_id":1}"#).is_ok());
    }
}
