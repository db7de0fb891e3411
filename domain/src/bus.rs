//! The bus: carries messages between nodes.
//!
//! Best effort. Whatever it loses, the hub's sweep finds in the database. [`Bus`] is the contract;
//! the implementations are [`MemoryBus`] for a single process and [`Relay`], which runs over Redis
//! or PostgreSQL.

mod contract;
mod memory;
mod message;
mod postgres;
mod redis;
mod relay;

pub use contract::{Bus, Delivery, NodeId, Subscription};
pub use memory::MemoryBus;
pub use message::Message;
pub use postgres::PostgresTransport;
pub use redis::RedisTransport;
pub use relay::{Inlet, Outlet, Relay, Transport};
