//! How news reaches the sockets of every process: [`Bus`] carries hints between nodes, [`Hub`] wakes the sockets of
//! this one. Both may lose: the database has the truth, and a socket holds a cursor, not a queue.

mod bus;
mod hub;
mod ring;

pub use bus::{Bus, Delivery, MemoryBus, Message, Subscription};
pub use hub::{Hub, Joined, Limits, Seat};
pub use ring::Tail;
