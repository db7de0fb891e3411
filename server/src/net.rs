//! Connections: accepting them, limits on their number, deadlines for stalled ones, and who is at
//! the other end behind trusted proxies.

pub(crate) mod connection_limits;
pub(crate) mod forwarded;
pub(crate) mod serve;
pub(crate) mod stall_timeout;
