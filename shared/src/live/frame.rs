use serde::{Deserialize, Serialize};

use super::Cursor;
use crate::{ArtworkId, NotificationId, dto::Notification};

/// A frame from the server, as JSON text with a `type`. Counts are those right after the change at
/// `cursor`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", try_from = "AnyFrame")]
pub enum ServerFrame {
    /// The first frame, with the head known to the server. The changes after the client's own
    /// cursor follow at once.
    Hello {
        /// The head of the inbox.
        cursor: Cursor,
        /// Unseen notifications.
        unseen: u32,
        /// Unread notifications.
        unread: u32,
        /// The maximum interval between two beats, in seconds.
        heartbeat_secs: u32,
    },
    /// A new notification.
    Notification {
        /// The cursor of this change.
        cursor: Cursor,
        /// Unseen notifications.
        unseen: u32,
        /// Unread notifications.
        unread: u32,
        /// The notification in full.
        notification: Notification,
    },
    /// Existing notifications have a new state.
    Changed {
        /// The cursor of this change.
        cursor: Cursor,
        /// Unseen notifications.
        unseen: u32,
        /// Unread notifications.
        unread: u32,
        /// The ids of the notifications, unless `through` is set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ids: Option<Vec<NotificationId>>,
        /// Or: all notifications that had arrived by this cursor.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        through: Option<Cursor>,
        /// The new state.
        state: State,
        /// The notifications in full, if a client may no longer have them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        items: Vec<Notification>,
    },
    /// The client is too far behind or has a cursor of another epoch: replace the inbox by this
    /// first page.
    Reset {
        /// The head of the inbox.
        cursor: Cursor,
        /// Unseen notifications.
        unseen: u32,
        /// Unread notifications.
        unread: u32,
        /// The first page, newest first.
        items: Vec<Notification>,
        /// The start of the next page, if there is one.
        next: Option<String>,
    },
    /// A heartbeat with the head. It reveals a dead connection or a missed change.
    Beat {
        /// The head of the inbox.
        cursor: Cursor,
        /// Whether the server has recently failed to verify the head. There may be newer changes:
        /// fetch them over HTTP.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unverified: bool,
    },
    /// Something on a watched artwork changed.
    Artwork {
        /// The artwork.
        id: ArtworkId,
    },
    /// The server is about to close the socket.
    Bye {
        /// The reason, in one word.
        reason: String,
        /// Reconnect after a random delay of up to this many milliseconds.
        retry_after_ms: u32,
    },
    /// A type unknown to this build; ignored.
    Unknown,
}

/// All fields of all frames, for deserialisation. Deserialising the tagged enum directly would have
/// serde buffer each frame, which costs the browser a fifth of what it loads.
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
            // A change to an unknown state is handled like a missed frame: the beat tells the
            // client to fetch it.
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

/// The new state of notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Read, and therefore seen.
    Read,
    /// Marked as unread again.
    Unread,
    /// Seen in the list.
    Seen,
    /// Archived.
    Archived,
    /// Restored from the archive or after a retraction; the frame has the notifications in full.
    Restored,
    /// Retracted, because a mark was withdrawn or its subject was deleted.
    Retracted,
    /// The text they show was edited; the frame has the notifications in full.
    Edited,
    /// A state unknown to this build.
    #[serde(other)]
    Unknown,
}

/// A frame from a client. Everything that changes state goes over HTTP instead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ClientFrame {
    /// The page of an artwork is in view.
    Watch {
        /// The artwork.
        #[serde(alias = "artwork", alias = "id")]
        artwork_id: ArtworkId,
    },
    /// The page is no longer in view.
    Unwatch {
        /// The artwork.
        #[serde(alias = "artwork", alias = "id")]
        artwork_id: ArtworkId,
    },
    /// Acknowledges the last applied cursor; for metrics only.
    Ack {
        /// The last applied cursor.
        cursor: Cursor,
    },
}

/// WebSocket close codes (RFC 6455 section 7.4; codes from 4000 up are defined here).
pub mod close {
    /// A violation of RFC 6455, such as an unmasked frame.
    pub const PROTOCOL: u16 = 1002;
    /// Text that is not UTF-8.
    pub const NOT_UTF8: u16 = 1007;
    /// A message over the size limit.
    pub const TOO_LONG: u16 = 1009;
    /// The page was closed.
    pub const PAGE_GONE: u16 = 1001;
    /// This node is draining; reconnect.
    pub const DRAINING: u16 = 1012;
    /// The client reads too slowly; reconnect and catch up.
    pub const TOO_SLOW: u16 = 1013;
    /// A frame outside the protocol.
    pub const BAD_FRAME: u16 = 4400;
    /// The session ended; do not reconnect.
    pub const SESSION_ENDED: u16 = 4401;
    /// Forbidden; do not reconnect.
    pub const FORBIDDEN: u16 = 4403;
    /// The peer was silent for too long.
    pub const SILENT: u16 = 4408;
    /// Too many sockets: the oldest was closed; do not reconnect.
    pub const TOO_MANY: u16 = 4409;
    /// The client sent too many frames.
    pub const FLOOD: u16 = 4429;
}

impl ServerFrame {
    /// The cursor of this frame, if it has one.
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
    fn frames_serialise_as_the_protocol_specifies() {
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
    fn frames_round_trip_and_incomplete_frames_are_refused() {
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
    fn a_change_to_an_unknown_state_is_read_as_a_beat() {
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
    fn clients_ignore_unknown_frames_and_servers_refuse_them() {
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
