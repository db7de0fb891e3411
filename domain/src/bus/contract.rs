use std::{fmt, str::FromStr};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::bus::Message;

/// What a subscriber receives.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A message that this process has published.
    Own(Message),
    /// A message from another node, or from a command.
    Foreign(Message),
    /// Messages may have been lost: ask the database.
    Lost,
}

/// Carries messages to every node, including the sender. It may drop, repeat, delay and reorder
/// them.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Queues a message. Never blocks and never fails.
    fn publish(&self, message: Message);

    /// Subscribes to everything published from now on.
    fn subscribe(&self) -> Box<dyn Subscription>;

    /// Whether this is the only node, so that every change goes through this process.
    fn alone(&self) -> bool {
        false
    }

    /// Whether messages from other nodes are expected to arrive. While they are not, the database
    /// is swept every second.
    fn up(&self) -> bool {
        true
    }

    /// Flushes the queue and announces the shutdown, so that other nodes do not take the silence
    /// for a loss. Gives up after some seconds.
    async fn leave(&self) {}

    /// The id of this process among the nodes.
    fn node(&self) -> NodeId;

    /// The kind of bus, as named in the configuration.
    fn kind(&self) -> &'static str;

    /// Delivers to the subscribers of this process only.
    fn deliver_here(&self, delivery: Delivery);

    /// Whether messages from that node arrive here; `None` while the bus is down.
    fn hears(&self, node: NodeId) -> Option<bool>;

    /// Records whether other nodes on the same database are out of reach of this bus. If so, it is
    /// neither alone nor up.
    fn note_unheard(&self, unheard: bool);
}

/// The id of a node: a process that serves the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(u64);

impl NodeId {
    /// A random id for a new process.
    pub fn random() -> Self {
        Self(rand::random())
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for NodeId {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u64::from_str_radix(text, 16).map(Self)
    }
}

/// A subscription to a bus.
#[async_trait]
pub trait Subscription: Send {
    /// The next delivery; `None` once the bus is closed.
    async fn next(&mut self) -> Option<Delivery>;
}
