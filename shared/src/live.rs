//! The live protocol and the machines that speak it.
//!
//! A [`Cursor`] says how far a client has come; [`ServerFrame`]s carry it on, one `seq` at a time.
//! [`Inbox`] is the reducer that turns a snapshot and frames into what the page shows. [`Bell`]
//! decides when to open, close, wait, fetch and announce; it is given the time and the jitter and
//! touches nothing.

mod backoff;
mod bell;
#[cfg(test)]
mod bell_kit;
mod cursor;
mod frame;
mod gap;
mod inbox;
mod link;
#[cfg(test)]
mod model;
mod signal;
mod standing;
mod tabs;

pub use backoff::{poll_delay, reconnect_delay, retry_delay};
pub use bell::Bell;
pub use cursor::{Cursor, CursorError};
pub use frame::{ClientFrame, ServerFrame, State, close};
pub use inbox::{Applied, Inbox};
pub use link::Link;
pub use signal::{Effect, Event, FetchFailure, Timer};
pub use tabs::{PeerMessage, TabId, Tabs};
