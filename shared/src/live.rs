//! The live protocol and the state machines that implement its client.
//!
//! A [`Cursor`] is a position in the changes of an inbox; each [`ServerFrame`] with a change
//! advances it by one `seq`. [`Inbox`] is the reducer from a snapshot and frames to what the page
//! shows. [`Bell`] decides when to connect, disconnect, wait, fetch and announce. It performs no
//! I/O: time and jitter come in as arguments.

mod backoff;
mod bell;
#[cfg(test)]
mod bell_kit;
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
pub use frame::{ClientFrame, ServerFrame, State, close};
pub use inbox::{Applied, Inbox};
pub use link::Link;
pub use signal::{Effect, Event, FetchFailure, Timer};
pub use tabs::{PeerMessage, TabId, Tabs};

pub use crate::cursor::{Cursor, CursorError};
