use super::{Cursor, Link, ServerFrame, State};
use crate::dto::{InboxPage, Marked, Notification};

/// Timers the machine sets; setting one again replaces it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    /// Until the next try to connect.
    Connect,
    /// Until the next poll.
    Poll,
    /// Until a gap is no longer thought to close by itself.
    Gap,
    /// Until silence means that the link is dead.
    Silence,
}

/// Why a fetch brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchFailure {
    /// 401: the session is over.
    SignedOut,
    /// Anything else; worth another try.
    Unreachable,
}

/// What happens to a bell.
#[derive(Clone, Debug)]
pub enum Event {
    /// This tab is the one to hold the socket.
    Lead,
    /// Another tab holds it.
    Follow,
    /// A frame came, over our socket or from the leader.
    Frame(ServerFrame),
    /// Our socket is gone, with its close code; it counts as a failed handshake unless a hello
    /// came.
    Closed(u16),
    /// The leader's word on the connection.
    LeaderLink(Link),
    /// A timer ran out.
    Fired(Timer),
    /// A fetch ended; `Ok(None)` is "nothing changed" (304).
    Fetched(Result<Option<InboxPage>, FetchFailure>),
    /// The first page came, as asked for by [`Effect::Reload`].
    Reloaded(InboxPage),
    /// The leader fetched this. Its answer begins at the leader's cursor of then, which we may not
    /// have reached.
    LeaderFetched {
        /// The cursor the leader asked with.
        after: Cursor,
        /// The answer.
        page: InboxPage,
    },
    /// The browser says it has a network again, or no longer.
    Online(bool),
    /// The page came into view or left it.
    Visible(bool),
    /// The page is being left (`pagehide`).
    Leave,
    /// The page is back, perhaps from the back/forward cache (`pageshow`).
    Return,
    /// The person marked something here; the request is on its way.
    Mark(Marked, State),
    /// That request failed: what was shown may be wrong.
    MarkFailed,
    /// Another tab learned that the session is over.
    SignedOut,
}

/// What the adapter is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket at this cursor.
    Open(Cursor),
    /// Close it; no [`Event::Closed`] is to follow.
    Close,
    /// Fire [`Event::Fired`] after so many milliseconds, in place of an earlier one for this timer.
    Wait(Timer, u32),
    /// Drop this timer.
    Cancel(Timer),
    /// `GET ?after=` this cursor.
    Fetch(Cursor),
    /// `GET` the first page, as a reset. Answered by [`Event::Reloaded`], or like a fetch that
    /// failed.
    Reload,
    /// Say over the socket how far this bell is, for the server's metrics.
    Ack(Cursor),
    /// Tell the person of these, oldest first.
    Announce(Vec<Notification>),
    /// The session is over: this page shows somebody who is no longer signed in.
    SignedOut,
}
