mod background;
mod doubts;
mod history;
mod inbox_registration;
mod registration;
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

use shared::{ArtworkId, UserId, live::close};
use tokio::sync::{Notify, watch};

use super::{Bus, Message, ring::Ring};
use crate::{
    notifications::Notifications,
    sessions::{SessionKey, Sessions},
    upkeep::{Task, Upkeep},
};
use doubts::Doubts;

pub use inbox_registration::InboxRegistration;
pub use registration::Registration;
use watching::Watched;

/// The sockets of this process, by person, and what wakes them.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    rooms: Mutex<Rooms>,
    bus: Arc<dyn Bus>,
    notifications: Notifications,
    sessions: Sessions,
    /// Counts the times that messages may have been lost.
    losses: watch::Sender<u64>,
    /// Rung when there is something for the errands to do.
    jobs_waiting: Notify,
    /// What commits that were broken off may have changed.
    doubts: Doubts,
    upkeep: Upkeep,
    /// The sweep of inboxes, on which the promise rests that a lost message costs time only.
    sweep: Task,
}

#[derive(Default)]
struct Rooms {
    users: HashMap<UserId, Room>,
    addresses: HashMap<IpAddr, usize>,
    watched: HashMap<ArtworkId, Watched>,
    /// Sockets of people who are not signed in.
    guests: HashMap<u64, Arc<Peer>>,
    sockets: usize,
    draining: bool,
}

/// One person's sockets here, oldest first, and their inbox's last frames. It stands for a while
/// after the last socket has gone, so that one that comes back to find nothing new asks nobody.
#[derive(Default)]
struct Room {
    ring: Ring,
    sockets: Vec<Arc<Socket>>,
    left_at: Option<Instant>,
}

/// A socket of somebody who is signed in.
struct Socket {
    user: UserId,
    session: Mutex<SessionKey>,
    peer: Arc<Peer>,
}

impl std::ops::Deref for Socket {
    type Target = Peer;

    fn deref(&self) -> &Peer {
        &self.peer
    }
}

/// An open socket, whoever it is of.
struct Peer {
    /// Tells it from all others of this process.
    number: u64,
    address: IpAddr,
    wake: Notify,
    /// The close code to end with; 0 while it may live.
    ended: AtomicU16,
    watching: Mutex<Watching>,
}

/// The works that a socket watches; most watch nothing.
#[derive(Default)]
struct Watching {
    artworks: Vec<ArtworkId>,
    /// Those that changed.
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
    /// Ends it if it still is of this session.
    fn end_session(&self, session: &SessionKey) {
        if *lock(&self.session) == *session {
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

/// How many sockets there may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// For one person; one more closes the oldest.
    pub per_user: usize,
    /// From one address; one more is refused.
    pub per_address: usize,
    /// In this process; one more is refused.
    pub in_all: usize,
}

/// The answer to [`Hub::join`] and [`Hub::join_as_guest`].
pub enum Joined<T> {
    /// Welcome.
    Registered(T),
    /// That address has too many already.
    Full,
    /// The process has too many, or is about to stop: another may have room.
    Elsewhere,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The maps hold together after any panic: each change is a single call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn new(
        bus: &Arc<dyn Bus>,
        notifications: Notifications,
        sessions: Sessions,
        upkeep: Upkeep,
    ) -> Self {
        Self(Arc::new(Shared {
            rooms: Mutex::default(),
            bus: bus.clone(),
            notifications,
            sessions,
            losses: watch::Sender::new(0),
            jobs_waiting: Notify::new(),
            doubts: Doubts::default(),
            sweep: upkeep.task(background::SWEEP_NAME, background::SWEEP_PATIENCE),
            upkeep,
        }))
    }

    /// Takes a seat for a socket. Take it before the first read, so that nothing falls between.
    pub fn join(
        &self,
        user: UserId,
        session: SessionKey,
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
            session: Mutex::new(session),
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

    /// Takes a place for the socket of somebody who is not signed in, which has no inbox and only
    /// watches works.
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

    /// Sockets open in this process.
    pub fn sockets(&self) -> usize {
        lock(&self.0.rooms).sockets
    }

    /// Whether messages of other nodes are believed to arrive.
    pub fn bus_up(&self) -> bool {
        self.0.bus.up()
    }

    /// Whether changes that no message told of are looked for in vain.
    pub fn sweep_is_late(&self) -> bool {
        self.0.sweep.is_late()
    }

    /// Takes no more sockets. Those that are open stay until [`Self::send_away`].
    pub fn drain(&self) {
        lock(&self.0.rooms).draining = true;
    }

    /// Whether [`Self::drain`] was called.
    pub fn draining(&self) -> bool {
        lock(&self.0.rooms).draining
    }

    /// Sends this many sockets away with "come back"; gives how many are left.
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
            Message::SessionEnded(session) => {
                for socket in rooms.open_sockets() {
                    socket.end_session(&session);
                }
            }
            Message::SessionMoved { from, to } => {
                for socket in rooms.open_sockets() {
                    let mut session = lock(&socket.session);
                    if *session == from {
                        *session = to.clone();
                    }
                }
            }
            Message::InboxInDoubt(user) => {
                if rooms.users.contains_key(&user) {
                    self.0.doubts.inbox(user);
                }
            }
            Message::SessionInDoubt(session) => {
                if rooms
                    .open_sockets()
                    .any(|socket| *lock(&socket.session) == session)
                {
                    self.0.doubts.session(session);
                }
            }
            Message::SessionChanged(_) | Message::AccountChanged(_) => {}
            Message::JobsWaiting => self.0.jobs_waiting.notify_one(),
        }
    }
}

impl Rooms {
    fn open_sockets(&self) -> impl Iterator<Item = &Arc<Socket>> {
        self.users.values().flat_map(|room| &room.sockets)
    }

    /// Counts another socket, if there is room for it.
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
