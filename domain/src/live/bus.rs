use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{self, error::RecvError};

use super::Message;

/// What a subscriber receives.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A message, from any node.
    Message(Message),
    /// Messages may have been lost: ask the database.
    Lost,
}

/// Carries messages to every node, the sender's own included. It may drop, repeat, delay and
/// reorder them.
#[async_trait]
pub trait Bus: Send + Sync + 'static {
    /// Sends off a message. Never waits and never fails.
    fn publish(&self, message: Message);

    /// Everything published from now on.
    fn subscribe(&self) -> Box<dyn Subscription>;

    /// Whether there are no other nodes, so that nothing changes but through this process.
    fn alone(&self) -> bool {
        false
    }

    /// Whether messages of other nodes are believed to arrive. While they don't, the database is
    /// asked every second.
    fn up(&self) -> bool {
        true
    }

    /// Sends what still waits to be sent and says goodbye, so that the others don't take silence
    /// for a loss. Gives up after some seconds.
    async fn leave(&self) {}

    /// This process, as other nodes know it.
    fn node(&self) -> NodeId;

    /// What kind of bus it is, as the configuration calls it.
    fn kind(&self) -> &'static str;

    /// Hands this to the listeners of this process alone.
    fn deliver_here(&self, delivery: Delivery);

    /// Whether messages of that node arrive here; nothing while that can't be told.
    fn hears(&self, node: NodeId) -> Option<bool>;

    /// Notes whether there are nodes over the same database that this bus does not hear: then it is
    /// neither alone nor up.
    fn note_unheard(&self, unheard: bool);
}

/// Names a node: a process that serves the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(u64);

impl NodeId {
    /// A new process's.
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

/// One listener's end of a bus.
#[async_trait]
pub trait Subscription: Send {
    /// The next delivery; `None` when the bus is gone.
    async fn next(&mut self) -> Option<Delivery>;
}

/// The bus of a single process.
pub struct MemoryBus {
    listeners: broadcast::Sender<Delivery>,
    node: NodeId,
    /// Whether there are other nodes all the same.
    unheard: AtomicBool,
}

impl MemoryBus {
    /// Messages a listener may fall behind by before it is told [`Delivery::Lost`].
    const CAPACITY: usize = 16_384;

    /// A bus nobody listens to yet.
    pub fn shared() -> Arc<dyn Bus> {
        Arc::new(Self::default())
    }
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self {
            listeners: broadcast::Sender::new(Self::CAPACITY),
            node: NodeId::random(),
            unheard: AtomicBool::new(false),
        }
    }
}

impl Bus for MemoryBus {
    fn publish(&self, message: Message) {
        self.deliver_here(Delivery::Message(message));
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        Box::new(MemorySubscription(self.listeners.subscribe()))
    }

    fn alone(&self) -> bool {
        !self.unheard.load(Ordering::Relaxed)
    }

    fn up(&self) -> bool {
        self.alone()
    }

    fn node(&self) -> NodeId {
        self.node
    }

    fn kind(&self) -> &'static str {
        "memory"
    }

    fn deliver_here(&self, delivery: Delivery) {
        // An error only says that nobody listens.
        let _ = self.listeners.send(delivery);
    }

    fn hears(&self, _: NodeId) -> Option<bool> {
        Some(false)
    }

    fn note_unheard(&self, unheard: bool) {
        self.unheard.store(unheard, Ordering::Relaxed);
    }
}

struct MemorySubscription(broadcast::Receiver<Delivery>);

#[async_trait]
impl Subscription for MemorySubscription {
    async fn next(&mut self) -> Option<Delivery> {
        match self.0.recv().await {
            Ok(delivery) => Some(delivery),
            Err(RecvError::Lagged(_)) => Some(Delivery::Lost),
            Err(RecvError::Closed) => None,
        }
    }
}
