use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use shared::{ArtworkId, UserId};
use tokio::sync::broadcast::{self, error::RecvError};

use crate::sessions::SessionKey;

/// What nodes tell each other. A hint that arrives early, never the only way to learn of something.
#[derive(Clone, Debug)]
pub enum Message {
    /// A person's inbox reached `seq`; `frame` is the change as its sockets are to send it.
    Inbox {
        /// Whose.
        user: UserId,
        /// The change.
        seq: u64,
        /// Its frame, serialised once for all sockets.
        frame: Bytes,
    },
    /// Something changed on an artwork.
    Artwork(ArtworkId),
    /// A session ended: its sockets are to close.
    SessionEnded(SessionKey),
    /// All of a person's sessions ended.
    UserEnded(UserId),
}

/// What a subscriber receives.
#[derive(Clone, Debug)]
pub enum Delivery {
    /// A message, from any node.
    Message(Message),
    /// Messages may have been lost: ask the database.
    Lost,
}

/// Carries messages to every node, the sender's own included. It may drop, repeat, delay and reorder them.
pub trait Bus: Send + Sync + 'static {
    /// Sends off a message. Never waits and never fails.
    fn publish(&self, message: Message);

    /// Everything published from now on.
    fn subscribe(&self) -> Box<dyn Subscription>;
}

/// One listener's end of a bus.
#[async_trait]
pub trait Subscription: Send {
    /// The next delivery; `None` when the bus is gone.
    async fn next(&mut self) -> Option<Delivery>;
}

/// The bus of a single process.
pub struct MemoryBus(broadcast::Sender<Message>);

impl MemoryBus {
    /// Messages a listener may fall behind by before it is told [`Delivery::Lost`].
    const CAPACITY: usize = 4_096;

    /// A bus nobody listens to yet.
    pub fn shared() -> Arc<dyn Bus> {
        Arc::new(Self(broadcast::Sender::new(Self::CAPACITY)))
    }
}

impl Bus for MemoryBus {
    fn publish(&self, message: Message) {
        // An error only says that nobody listens.
        let _ = self.0.send(message);
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        Box::new(MemorySubscription(self.0.subscribe()))
    }
}

struct MemorySubscription(broadcast::Receiver<Message>);

#[async_trait]
impl Subscription for MemorySubscription {
    async fn next(&mut self) -> Option<Delivery> {
        match self.0.recv().await {
            Ok(message) => Some(Delivery::Message(message)),
            Err(RecvError::Lagged(_)) => Some(Delivery::Lost),
            Err(RecvError::Closed) => None,
        }
    }
}
