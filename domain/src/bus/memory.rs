use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use async_trait::async_trait;
use tokio::sync::{broadcast, broadcast::error::RecvError};

use crate::bus::{Bus, Delivery, Message, NodeId, Subscription};

/// The bus of a single process.
pub struct MemoryBus {
    listeners: broadcast::Sender<Delivery>,
    node: NodeId,
    /// Whether other nodes use the same database nevertheless.
    unheard: AtomicBool,
}

impl MemoryBus {
    /// Messages a subscriber may lag behind before it receives [`Delivery::Lost`].
    const CAPACITY: usize = 16_384;

    /// A bus without subscribers.
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
        self.deliver_here(Delivery::Own(message));
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
        // An error only means that there are no subscribers.
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
