//! Live notifications: the bus carries messages between nodes, and the hub hands them to the
//! sockets of this process.
//!
//! Both are best effort. A sweep finds in the database whatever they lose.

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
