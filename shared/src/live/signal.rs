use super::{Cursor, Link, ServerFrame, State};
use crate::dto::{InboxPage, Marked, Notification};

/// Timers of the bell. Setting a timer again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// Until the next attempt to connect.
    Connect,
    /// Until the next poll.
    Poll,
    /// Until a gap is fetched instead of waiting for the missing frames.
    Gap,
    /// Until silence means that the connection is dead.
    Silence,
}

/// Why a fetch failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchFailure {
    /// 401: the session ended.
    SignedOut,
    /// Any other failure; retryable.
    Unreachable,
}

/// An input of the bell.
#[derive(Clone, Debug)]
pub enum Event {
    /// This tab became the leader, which holds the socket.
    Lead,
    /// Another tab is the leader.
    Follow,
    /// A frame arrived, over this tab's socket or from the leader.
    Frame(ServerFrame),
    /// This tab's socket closed with this code. Without a preceding hello, the handshake counts as
    /// failed.
    Closed(u16),
    /// The state of the connection, as reported by the leader.
    LeaderLink(Link),
    /// A timer fired.
    Fired(Timer),
    /// A fetch ended; `Ok(None)` means 304 Not Modified.
    Fetched(Result<Option<InboxPage>, FetchFailure>),
    /// The first page requested by [`Effect::Reload`] arrived.
    Reloaded(InboxPage),
    /// A fetch by the leader. The page starts at the cursor of the leader's request, which this tab
    /// may not have reached.
    LeaderFetched {
        /// The cursor of the request.
        after: Cursor,
        /// The response.
        page: InboxPage,
    },
    /// The browser reports being online or offline.
    Online(bool),
    /// The page became visible or hidden.
    Visible(bool),
    /// The page is left, or enters the back/forward cache (`pagehide`).
    Leave,
    /// The page is shown again, perhaps from the back/forward cache (`pageshow`).
    Return,
    /// The person marked notifications on this page; the request is in flight.
    Mark(Marked, State),
    /// The request failed; the inbox shown may be wrong.
    MarkFailed,
    /// Another tab found that the session ended.
    SignedOut,
}

/// An output of the bell, for the adapter to perform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket at this cursor.
    Open(Cursor),
    /// Close the socket without a following [`Event::Closed`].
    Close,
    /// Send [`Event::Fired`] after this many milliseconds; replaces an earlier wait for this timer.
    Wait(Timer, u32),
    /// Cancel this timer.
    Cancel(Timer),
    /// `GET ?after=` with this cursor.
    Fetch(Cursor),
    /// `GET` the first page, to replace the inbox. Answered by [`Event::Reloaded`], or by a failed
    /// [`Event::Fetched`].
    Reload,
    /// Acknowledge this cursor over the socket, for the server's metrics.
    Ack(Cursor),
    /// Announce these notifications to the person, oldest first.
    Announce(Vec<Notification>),
    /// The session ended; the page must stop showing the signed-in person.
    SignedOut,
}
