//! What may not happen to what is delivered.

use std::fmt;

use crate::ticket::Ticket;

/// Something a recipient was owed and did not get, or got and was not owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A frame is ahead: what lies between is missing.
    Gap { after: u64, came: u64 },
    /// A frame that was missing came after a later one.
    OutOfOrder { after: u64, came: u64 },
    /// A frame came again.
    Repeat { came: u64 },
    /// A frame of another history.
    Epoch { asked: String, came: String },
    /// The server gave up on the changes and sent a first page.
    Reset,
    /// A frame that can't be read.
    Unreadable(String),
    /// The server closed the socket, with this code or without a word.
    Closed(Option<u16>),
    /// No socket could be opened.
    Refused(String),
    /// What the frames add up to is not what REST tells.
    Differs(String),
    /// An accepted act of which nothing was heard in time.
    Unheard(Ticket),
    /// An act that was told of in several notifications.
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
