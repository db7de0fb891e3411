//! The hub: hands messages from the bus to the open sockets of this process.
//!
//! Best effort. A sweep finds in the database whatever the bus and the hub lose.

mod background;
mod doubts;
mod history;
mod inbox_registration;
mod registration;
mod ring;
mod watching;

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
    time::Instant,
};

use doubts::Doubts;
pub use inbox_registration::InboxRegistration;
pub use registration::Registration;
use ring::Ring;
pub use ring::{InboxHead, Tail};
use shared::{ArtworkId, UserId, live::close};
use tokio::sync::{Notify, watch};
use watching::Watched;

use crate::{
    accounts::{sessions::Sessions, tokens::Tokens},
    bus::{Bus, Message},
    credential::Credential,
    jobs::Jobs,
    notifications::Notifications,
    upkeep::{Task, Upkeep},
};

/// The open sockets of this process, and the messages that wake them.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    rooms: Mutex<Rooms>,
    bus: Arc<dyn Bus>,
    notifications: Notifications,
    sessions: Sessions,
    tokens: Tokens,
    jobs: Jobs,
    /// Incremented whenever messages may have been lost.
    losses: watch::Sender<u64>,
    /// Notified when jobs, or lazy broadcasts, are waiting.
    jobs_waiting: Notify,
    /// Inboxes, sessions and tokens to look up because the outcome of a commit is unknown.
    doubts: Doubts,
    upkeep: Upkeep,
    /// The inbox sweep. It bounds the delay that a lost message causes.
    sweep: Task,
}

#[derive(Default)]
struct Rooms {
    users: HashMap<UserId, Room>,
    addresses: HashMap<IpAddr, usize>,
    watched: HashMap<ArtworkId, Watched>,
    /// Sockets of visitors without a session, by [`Peer::number`].
    guests: HashMap<u64, Arc<Peer>>,
    sockets: usize,
    draining: bool,
}

/// The sockets of one person in this process, oldest first, and the last frames of their inbox. The
/// room outlives its last socket by a TTL, so that a reconnect without news needs no query.
#[derive(Default)]
struct Room {
    ring: Ring,
    sockets: Vec<Arc<Socket>>,
    left_at: Option<Instant>,
}

/// The socket of a signed-in person, or of a program with a person's token.
struct Socket {
    user: UserId,
    credential: Mutex<Credential>,
    peer: Arc<Peer>,
}

impl std::ops::Deref for Socket {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

/// An open socket, signed in or not.
struct Peer {
    /// Unique within this process.
    number: u64,
    address: IpAddr,
    wake: Notify,
    /// The close code to end with; 0 while the socket stays open.
    ended: AtomicU16,
    watching: Mutex<Watching>,
}

/// The artworks that a socket watches; most sockets watch none.
#[derive(Default)]
struct Watching {
    artworks: Vec<ArtworkId>,
    /// Watched artworks that changed and have not been sent yet.
    touched: Vec<ArtworkId>,
}

impl Room {
    fn wake(&self) {
        for socket in &self.sockets {
            socket.wake.notify_one();
        }
    }
}

impl Socket {
    /// Closes the socket if it was opened with this session or token.
    fn end_credential(&self, credential: &Credential) {
        if *lock(&self.credential) == *credential {
            self.end(close::SESSION_ENDED);
        }
    }
}

impl Peer {
    fn end(&self, code: u16) {
        self.ended.store(code, Ordering::Release);
        self.wake.notify_one();
    }
}

/// Limits on open sockets.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Per person. A further socket closes the oldest.
    pub per_user: usize,
    /// Per IP address. A further socket is refused.
    pub per_address: usize,
    /// Per process. A further socket is refused.
    pub in_all: usize,
}

/// The answer to [`Hub::join`] and [`Hub::join_as_guest`].
pub enum Joined<T> {
    /// The socket is registered.
    Registered(T),
    /// The IP address is at its limit.
    Full,
    /// The process is at its limit or draining; another node may accept the socket.
    Elsewhere,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic leaves the maps consistent: each change is a single call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn new(
        bus: &Arc<dyn Bus>,
        notifications: Notifications,
        sessions: Sessions,
        tokens: Tokens,
        jobs: Jobs,
        upkeep: Upkeep,
    ) -> Self {
        Self(Arc::new(Shared {
            rooms: Mutex::default(),
            bus: bus.clone(),
            notifications,
            sessions,
            tokens,
            jobs,
            losses: watch::Sender::new(0),
            jobs_waiting: Notify::new(),
            doubts: Doubts::default(),
            sweep: upkeep.task(background::SWEEP_NAME, background::SWEEP_MAX_AGE),
            upkeep,
        }))
    }

    /// Registers a socket. Register before the first read from the database, so that no change is
    /// missed in between.
    pub fn join(
        &self,
        user: UserId,
        credential: Credential,
        address: IpAddr,
        limits: Limits,
    ) -> Joined<InboxRegistration> {
        let mut rooms = lock(&self.0.rooms);
        let peer = match rooms.admit(address, limits) {
            Joined::Registered(peer) => peer,
            Joined::Full => return Joined::Full,
            Joined::Elsewhere => return Joined::Elsewhere,
        };
        let socket = Arc::new(Socket {
            user,
            credential: Mutex::new(credential),
            peer: peer.clone(),
        });
        let room = rooms.users.entry(user).or_default();
        room.left_at = None;
        room.sockets.push(socket.clone());
        let alive = room
            .sockets
            .iter()
            .filter(|socket| socket.ended.load(Ordering::Acquire) == 0);
        let excess = alive.clone().count().saturating_sub(limits.per_user);
        alive
            .take(excess)
            .for_each(|oldest| oldest.end(close::TOO_MANY));
        Joined::Registered(InboxRegistration {
            registration: Registration {
                hub: self.clone(),
                peer,
            },
            socket,
        })
    }

    /// Registers the socket of a visitor without a session. It has no inbox and only watches
    /// artworks.
    pub fn join_as_guest(&self, address: IpAddr, limits: Limits) -> Joined<Registration> {
        let mut rooms = lock(&self.0.rooms);
        match rooms.admit(address, limits) {
            Joined::Registered(peer) => {
                rooms.guests.insert(peer.number, peer.clone());
                Joined::Registered(Registration {
                    hub: self.clone(),
                    peer,
                })
            }
            Joined::Full => Joined::Full,
            Joined::Elsewhere => Joined::Elsewhere,
        }
    }

    /// Open sockets of this process.
    pub fn sockets(&self) -> usize {
        lock(&self.0.rooms).sockets
    }

    /// Whether messages from other nodes are expected to arrive.
    pub fn bus_up(&self) -> bool {
        self.0.bus.up()
    }

    /// Whether the inbox sweep is overdue, so that a lost message may go unnoticed.
    pub fn sweep_is_late(&self) -> bool {
        self.0.sweep.is_late()
    }

    /// Refuses new sockets. Open ones stay until [`Self::send_away`].
    pub fn drain(&self) {
        lock(&self.0.rooms).draining = true;
    }

    /// Whether [`Self::drain`] was called.
    pub fn draining(&self) -> bool {
        lock(&self.0.rooms).draining
    }

    /// Closes up to `count` sockets with [`close::DRAINING`]. Returns how many are registered,
    /// counting those that are still closing.
    pub fn send_away(&self, count: usize) -> usize {
        let rooms = lock(&self.0.rooms);
        let signed_in = rooms.open_sockets().map(|socket| &socket.peer);
        let staying = signed_in
            .chain(rooms.guests.values())
            .filter(|peer| peer.ended.load(Ordering::Acquire) == 0);
        staying
            .take(count)
            .for_each(|socket| socket.end(close::DRAINING));
        rooms.sockets
    }

    /// Wakes this node's job runner and the delivery of lazy broadcasts.
    fn jobs_waiting(&self) {
        self.0.jobs.wake();
        self.0.jobs_waiting.notify_one();
    }

    /// Has a session or token looked up, if it has sockets here.
    fn doubt(&self, rooms: &Rooms, credential: Credential) {
        if rooms
            .open_sockets()
            .any(|socket| *lock(&socket.credential) == credential)
        {
            self.0.doubts.credential(credential);
        }
    }

    fn deliver(&self, message: Message) {
        let mut rooms = lock(&self.0.rooms);
        match message {
            Message::Inbox {
                user,
                seq,
                frame,
                at,
                unseen,
                unread,
            } => {
                if let Some(room) = rooms.users.get_mut(&user) {
                    let frame =
                        Some(frame).filter(|frame| !frame.is_empty() && !room.sockets.is_empty());
                    room.ring.push(seq, frame, at, (unseen, unread));
                    room.wake();
                }
            }
            Message::Artwork(id) => self.tell_watchers(&mut rooms, id),
            Message::SessionEnded(key) => rooms.end_credential(&Credential::Session(key)),
            Message::TokenEnded(key) => rooms.end_credential(&Credential::Token(key)),
            Message::SessionMoved { from, to } => {
                let (from, to) = (Credential::Session(from), Credential::Session(to));
                for socket in rooms.open_sockets() {
                    let mut credential = lock(&socket.credential);
                    if *credential == from {
                        *credential = to.clone();
                    }
                }
            }
            Message::InboxInDoubt(user) => {
                if rooms.users.contains_key(&user) {
                    self.0.doubts.inbox(user);
                }
            }
            Message::SessionInDoubt(key) => self.doubt(&rooms, Credential::Session(key)),
            Message::TokenInDoubt(key) => self.doubt(&rooms, Credential::Token(key)),
            Message::SessionChanged(_) | Message::AccountChanged(_) => {}
            Message::JobsWaiting => self.jobs_waiting(),
        }
    }
}

impl Rooms {
    fn end_credential(&self, credential: &Credential) {
        for socket in self.open_sockets() {
            socket.end_credential(credential);
        }
    }

    fn open_sockets(&self) -> impl Iterator<Item = &Arc<Socket>> {
        self.users.values().flat_map(|room| &room.sockets)
    }

    /// Counts a new socket, unless a limit is reached or the hub is draining.
    fn admit(&mut self, address: IpAddr, limits: Limits) -> Joined<Arc<Peer>> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        if self.draining || self.sockets >= limits.in_all {
            return Joined::Elsewhere;
        }
        if self
            .addresses
            .get(&address)
            .is_some_and(|count| *count >= limits.per_address)
        {
            return Joined::Full;
        }
        *self.addresses.entry(address).or_default() += 1;
        self.sockets += 1;
        metrics::gauge!("artcritique_sockets").increment(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (wake, ended, watching) = (Notify::new(), AtomicU16::new(0), Mutex::default());
        Joined::Registered(Arc::new(Peer {
            number,
            address,
            wake,
            ended,
            watching,
        }))
    }
}
