//! Faults in delivery.

use std::fmt;

use crate::ticket::Ticket;

/// A violation of the delivery guarantee: missing, repeated, misordered or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A frame is ahead of the sequence: the frames in between are missing.
    Gap { after: u64, came: u64 },
    /// A missing frame arrived after a later one.
    OutOfOrder { after: u64, came: u64 },
    /// A frame arrived again.
    Repeat { came: u64 },
    /// A frame has another epoch.
    Epoch { asked: String, came: String },
    /// The server sent a reset instead of the changes.
    Reset,
    /// A frame can't be parsed.
    Unreadable(String),
    /// The server closed the socket with this code, or the connection was lost without a close
    /// frame.
    Closed(Option<u16>),
    /// No socket could be opened.
    Refused(String),
    /// The inbox built from frames differs from the inbox of REST.
    Differs(String),
    /// No notification of an accepted write arrived in time.
    Unheard(Ticket),
    /// Several notifications announced the same write.
    ToldTwice(Ticket),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap { after, came } => write!(f, "gap: {came} came after {after}"),
            Self::OutOfOrder { after, came } => {
                write!(f, "out of order: {came} came after {after}")
            }
            Self::Repeat { came } => write!(f, "repeat: {came} came again"),
            Self::Epoch { asked, came } => write!(f, "a frame of epoch {came}, not {asked}"),
            Self::Reset => f.write_str("told to start over"),
            Self::Unreadable(text) => write!(f, "unreadable: {text}"),
            Self::Closed(Some(code)) => write!(f, "closed with {code}"),
            Self::Closed(None) => f.write_str("cut off"),
            Self::Refused(why) => write!(f, "no socket: {why}"),
            Self::Differs(how) => write!(f, "not what REST tells: {how}"),
            Self::Unheard(ticket) => write!(f, "never heard of {ticket}"),
            Self::ToldTwice(ticket) => write!(f, "told twice of {ticket}"),
        }
    }
}
