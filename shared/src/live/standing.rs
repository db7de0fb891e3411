//! Where a bell stands: among the tabs, with its socket, and whether it goes on at all.

/// Its part among the tabs of a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Not decided yet.
    Waiting,
    Leader,
    Follower,
}

/// Only a leader's is ever not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket {
    Closed,
    /// Opened, but no hello yet.
    Opening,
    Open,
}

/// Why nothing more is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The page is away; it may come back.
    Away,
    /// The session is over.
    Ended,
}
