use std::sync::Arc;

use async_trait::async_trait;
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

/// Carries messages to every node, the sender's own included. It may drop, repeat, delay and reorder them.
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

    /// Whether messages of other nodes are believed to arrive. While they don't, the database is asked every second.
    fn up(&self) -> bool {
        true
    }

    /// Sends what still waits to be sent and says goodbye, so that the others don't take silence for a loss. Gives up after some seconds.
    async fn leave(&self) {}
}

/// One listener's end of a bus.
#[async_trait]
pub trait Subscription: Send {
    /// The next delivery; `None` when the bus is gone.
    async fn next(&mut self) -> Option<Delivery>;
}

/// The bus of a single process.
pub struct MemoryBus(broadcast::Sender<Delivery>);

impl MemoryBus {
    /// Messages a listener may fall behind by before it is told [`Delivery::Lost`].
    const CAPACITY: usize = 16_384;

    /// A bus nobody listens to yet.
    pub fn shared() -> Arc<dyn Bus> {
        Arc::new(Self::default())
    }

    pub(super) fn deliver(&self, delivery: Delivery) {
        // An error only says that nobody listens.
        let _ = self.0.send(delivery);
    }
}

impl Default for MemoryBus {
    fn default() -> Self {
        Self(broadcast::Sender::new(Self::CAPACITY))
    }
}

impl Bus for MemoryBus {
    fn publish(&self, message: Message) {
        self.deliver(Delivery::Message(message));
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        Box::new(MemorySubscription(self.0.subscribe()))
    }

    fn alone(&self) -> bool {
        true
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
