//! A bus over a [`Transport`]: the part that Redis and PostgreSQL share.
//!
//! Messages of this node reach its own sockets at once, whatever the state of the transport.
//! Messages to other nodes are numbered, and each node sends a heartbeat twice a second. A gap in
//! the numbers, a silent node or a missing echo of this node's own heartbeat each show that
//! messages were lost; the database is then swept. A node announces its shutdown. Short-lived
//! processes, such as command-line commands, may fall silent without it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::{Instant, interval, sleep, timeout},
};

use crate::{
    Result,
    bus::{Bus, Delivery, MemoryBus, Message, NodeId, Subscription},
    site_id::SiteId,
};

/// Queued messages. When the queue is full, further messages are dropped, which delays their
/// recipients by a second.
const QUEUE_CAPACITY: usize = 8_192;
/// Messages per send.
const MAX_BATCH: usize = 256;
const HEARTBEAT_INTERVAL: Duration = Duration::from_millis(500);
/// Timeout for sending and connecting, and how long a node may be silent.
const DEADLINE: Duration = Duration::from_millis(1_750);
/// Timeout for [`Bus::leave`], connecting included.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(3);
/// A silent node is removed after this long.
const SILENT_NODE_TTL: Duration = Duration::from_mins(1);

/// Connects this process to other nodes. A connection is used until either of its ends fails.
#[async_trait]
pub trait Transport: Send + Sync + 'static {
    /// Opens a connection. Everything sent after this returns is received.
    async fn connect(&self) -> Result<(Box<dyn Outlet>, Box<dyn Inlet>)>;

    /// The name in the configuration.
    fn kind(&self) -> &'static str;

    /// The longest text that can be sent, in bytes.
    fn longest(&self) -> usize {
        usize::MAX
    }
}

/// The sending end.
#[async_trait]
pub trait Outlet: Send {
    /// Sends texts to every process, this one included.
    async fn send(&mut self, texts: Vec<String>) -> Result<()>;
}

/// The receiving end.
#[async_trait]
pub trait Inlet: Send {
    /// The next text. Must be cancel-safe: a dropped future loses no text.
    async fn next(&mut self) -> Result<String>;
}

/// The wire format: a message, or a heartbeat without one, with the site, the sending node and the
/// number of messages that the node sent before.
#[derive(Serialize, Deserialize)]
struct Envelope {
    site: SiteId,
    node: NodeId,
    n: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    /// The kind of sender.
    #[serde(default, skip_serializing_if = "is_default")]
    sender: Sender,
}

/// The kind of sender, which tells other nodes whether its silence is a fault.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sender {
    /// A node, which sends a heartbeat twice a second.
    #[default]
    Node,
    /// A short-lived process, such as a command-line command.
    Visitor,
    /// A process that has just shut down.
    Gone,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A bus over a [`Transport`].
pub struct Relay {
    here: Arc<MemoryBus>,
    queue: mpsc::Sender<Message>,
    up: Arc<AtomicBool>,
    leaving: watch::Sender<bool>,
    end: Mutex<Option<JoinHandle<()>>>,
    others: Others,
    kind: &'static str,
}

/// The other nodes that are heard.
type Others = Arc<Mutex<HashMap<NodeId, Other>>>;

impl Relay {
    /// Joins the nodes of a site as one of them, and reconnects whenever the connection fails.
    pub fn start(transport: impl Transport, site: &SiteId) -> Arc<dyn Bus> {
        Self::with(transport, site, Sender::Node)
    }

    /// The same for a short-lived process, such as a command-line command; other nodes do not
    /// expect heartbeats from it.
    pub fn visit(transport: impl Transport, site: &SiteId) -> Arc<dyn Bus> {
        Self::with(transport, site, Sender::Visitor)
    }

    fn with(transport: impl Transport, site: &SiteId, sender: Sender) -> Arc<dyn Bus> {
        let (queue, waiting) = mpsc::channel(QUEUE_CAPACITY);
        let (here, up, others) = (
            Arc::new(MemoryBus::default()),
            Arc::<AtomicBool>::default(),
            Others::default(),
        );
        let (leaving, kind) = (watch::Sender::new(false), transport.kind());
        let end = End {
            site: site.clone(),
            node: here.node(),
            sender,
            sent: 0,
            waiting,
            leaving: leaving.subscribe(),
            here: here.clone(),
            up: up.clone(),
            others: others.clone(),
            foreign: false,
        };
        let end = Mutex::new(Some(tokio::spawn(end.run(transport))));
        Arc::new(Self {
            here,
            queue,
            up,
            leaving,
            end,
            others,
            kind,
        })
    }
}

#[async_trait]
impl Bus for Relay {
    fn publish(&self, message: Message) {
        self.here.publish(message.clone());
        if self.queue.try_send(message).is_err() {
            metrics::counter!("artcritique_bus_dropped_total").increment(1);
        }
    }

    fn subscribe(&self) -> Box<dyn Subscription> {
        self.here.subscribe()
    }

    fn up(&self) -> bool {
        self.up.load(Ordering::Relaxed) && self.here.alone()
    }

    async fn leave(&self) {
        self.leaving.send_replace(true);
        let end = self
            .end
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(end) = end
            && timeout(LEAVE_TIMEOUT, end).await.is_err()
        {
            tracing::warn!(
                "this node's departure could not be announced on the bus; other nodes will detect it"
            );
        }
    }

    fn node(&self) -> NodeId {
        self.here.node()
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn deliver_here(&self, delivery: Delivery) {
        self.here.deliver_here(delivery);
    }

    fn hears(&self, node: NodeId) -> Option<bool> {
        let heard = lock(&self.others)
            .get(&node)
            .is_some_and(|other| other.heard_at.elapsed() <= DEADLINE);
        self.up.load(Ordering::Relaxed).then_some(heard)
    }

    fn note_unheard(&self, unheard: bool) {
        self.here.note_unheard(unheard);
    }
}

fn lock(others: &Others) -> MutexGuard<'_, HashMap<NodeId, Other>> {
    others.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The background task of a relay.
struct End {
    site: SiteId,
    node: NodeId,
    sender: Sender,
    sent: u64,
    waiting: mpsc::Receiver<Message>,
    leaving: watch::Receiver<bool>,
    here: Arc<MemoryBus>,
    up: Arc<AtomicBool>,
    others: Others,
    /// Whether the warning about foreign texts has been logged.
    foreign: bool,
}

/// The state of another node.
struct Other {
    next: u64,
    heard_at: Instant,
    /// Whether its silence is a fault.
    expected: bool,
}

impl End {
    async fn run(mut self, transport: impl Transport) {
        let mut wait = Duration::ZERO;
        loop {
            if let Ok(Ok((mut outlet, mut inlet))) = timeout(DEADLINE, transport.connect()).await {
                wait = Duration::ZERO;
                tracing::info!("the bus is connected");
                // Messages may have been lost in both directions. The other nodes notice by the
                // numbers; this node has to ask the database.
                self.here.deliver_here(Delivery::Lost);
                if let Err(error) = self
                    .relay(&mut *outlet, &mut *inlet, transport.longest())
                    .await
                {
                    tracing::warn!(%error, "the bus is disconnected; querying the database every second until it reconnects");
                }
                self.healthy(false);
                if self.waiting.is_closed() && self.waiting.is_empty() {
                    return;
                }
            }
            // After a connection, `flush_and_leave` has announced the shutdown; without one there
            // is no way to announce it.
            if *self.leaving.borrow() {
                return;
            }
            wait = (wait * 2).clamp(Duration::from_millis(50), Duration::from_secs(1));
            sleep(wait.mul_f64(0.5 + rand::random::<f64>() / 2.0)).await;
        }
    }

    fn healthy(&self, up: bool) {
        self.up.store(up, Ordering::Relaxed);
        metrics::gauge!("artcritique_bus_up").set(f64::from(u8::from(up)));
    }

    async fn relay(
        &mut self,
        outlet: &mut dyn Outlet,
        inlet: &mut dyn Inlet,
        longest: usize,
    ) -> Result<()> {
        let mut heartbeats = interval(HEARTBEAT_INTERVAL);
        let mut echoed_at = Instant::now();
        let mut batch = Vec::with_capacity(MAX_BATCH);
        let mut leaving = self.leaving.clone();
        loop {
            tokio::select! {
                () = async { drop(leaving.wait_for(|leaving| *leaving).await) } => return self.flush_and_leave(outlet, longest).await,
                count = self.waiting.recv_many(&mut batch, MAX_BATCH) => {
                    if count == 0 {
                        return Ok(());
                    }
                    metrics::gauge!("artcritique_bus_queue").set(u32::try_from(self.waiting.len()).unwrap_or(u32::MAX));
                    let mut texts = Vec::with_capacity(count);
                    for message in batch.drain(..) {
                        texts.push(self.envelope(message, longest)?);
                    }
                    send(outlet, texts).await?;
                }
                text = inlet.next() => {
                    if self.receive(&text?) {
                        echoed_at = Instant::now();
                        self.healthy(!self.any_node_is_silent());
                    }
                }
                _ = heartbeats.tick() => {
                    if echoed_at.elapsed() > DEADLINE {
                        return Err(crate::Error::internal("this node's heartbeat does not come back"));
                    }
                    self.remove_silent_nodes();
                    send(outlet, vec![self.heartbeat(self.sender)?]).await?;
                }
            }
        }
    }

    /// Flushes the queue, then announces the shutdown.
    async fn flush_and_leave(&mut self, outlet: &mut dyn Outlet, longest: usize) -> Result<()> {
        let mut texts = Vec::new();
        while let Ok(message) = self.waiting.try_recv() {
            texts.push(self.envelope(message, longest)?);
        }
        texts.push(self.heartbeat(Sender::Gone)?);
        send(outlet, texts).await
    }

    fn heartbeat(&self, sender: Sender) -> Result<String> {
        let heartbeat = Envelope {
            site: self.site.clone(),
            node: self.node,
            n: self.sent,
            message: None,
            sender,
        };
        serde_json::to_string(&heartbeat).map_err(crate::Error::internal)
    }

    fn envelope(&mut self, message: Message, longest: usize) -> Result<String> {
        let (site, node, n, sender) = (self.site.clone(), self.node, self.sent, self.sender);
        self.sent += 1;
        let envelope = Envelope {
            site,
            node,
            n,
            message: Some(message),
            sender,
        };
        let text = serde_json::to_string(&envelope).map_err(crate::Error::internal)?;
        if text.len() <= longest {
            return Ok(text);
        }
        let short = Envelope {
            message: envelope.message.map(Message::shortened),
            ..envelope
        };
        serde_json::to_string(&short).map_err(crate::Error::internal)
    }

    /// Handles a received text. Returns true if this node sent it.
    fn receive(&mut self, text: &str) -> bool {
        let envelope = serde_json::from_str(text)
            .ok()
            .filter(|envelope: &Envelope| envelope.site == self.site);
        let Some(Envelope {
            node,
            n,
            message,
            sender,
            ..
        }) = envelope
        else {
            self.drop_foreign();
            return false;
        };
        if node == self.node {
            return true;
        }
        let now = Instant::now();
        // Numbers of a visitor start at 0. A node may have sent messages before this process
        // started.
        let next = if sender == Sender::Node { n } else { 0 };
        let mut others = lock(&self.others);
        let other = others.entry(node).or_insert(Other {
            next,
            heard_at: now,
            expected: true,
        });
        other.heard_at = now;
        // Permanent: a late message must not mark the sender as running again.
        other.expected &= sender == Sender::Node;
        let lost = n > other.next;
        other.next = other.next.max(n + u64::from(message.is_some()));
        drop(others);
        if lost {
            self.here.deliver_here(Delivery::Lost);
        }
        if let Some(message) = message {
            self.here.deliver_here(Delivery::Foreign(message));
        }
        false
    }

    /// Counts a text that is unreadable or from another site. Logs a warning the first time.
    fn drop_foreign(&mut self) {
        metrics::counter!("artcritique_bus_foreign_total").increment(1);
        if !std::mem::replace(&mut self.foreign, true) {
            tracing::warn!(
                "the bus delivers messages of another site or another version; they are dropped"
            );
        }
    }

    fn any_node_is_silent(&self) -> bool {
        lock(&self.others)
            .values()
            .any(|other| other.expected && other.heard_at.elapsed() > DEADLINE)
    }

    fn remove_silent_nodes(&mut self) {
        lock(&self.others).retain(|_, other| other.heard_at.elapsed() < SILENT_NODE_TTL);
    }
}

async fn send(outlet: &mut dyn Outlet, texts: Vec<String>) -> Result<()> {
    timeout(DEADLINE, outlet.send(texts))
        .await
        .map_err(|_| crate::Error::internal("sending timed out"))?
}
