//! The state of a bell: its role among the tabs, its socket, and why it has stopped.

/// The role among the tabs of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// No role yet.
    Waiting,
    Leader,
    Follower,
}

/// The state of the socket. Only a leader has one that is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket {
    Closed,
    /// Opened; no hello received yet.
    Opening,
    Open,
}

/// Why the bell has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The page was left (`pagehide`) and may be shown again.
    Away,
    /// The session ended.
    Ended,
}
