//! News on its way to open sockets: the bus that carries it between processes, and the hub that
//! hands it to this one's sockets.
//!
//! Both only hint. What they lose is found in the database, by a sweep at the latest.

mod bus;
mod hub;
mod message;
mod postgres;
mod redis;
mod relay;
mod ring;

pub use bus::{Bus, Delivery, MemoryBus, NodeId, Subscription};
pub use hub::{Hub, InboxRegistration, Joined, Limits, Registration};
pub use message::Message;
pub use postgres::PostgresTransport;
pub use redis::RedisTransport;
pub use relay::{Inlet, Outlet, Relay, Transport};
pub use ring::{InboxHead, Tail};
