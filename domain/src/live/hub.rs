use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU16, AtomicUsize, Ordering},
    },
    time::Duration,
};

use shared::{ArtworkId, UserId, live::close};
use tokio::{sync::Notify, task::JoinHandle, time::MissedTickBehavior};

use super::{
    Bus, Delivery, Message,
    ring::{Ring, Tail},
};
use crate::{
    notifications::Notifications,
    sessions::{SessionKey, Sessions},
};

/// Asks the database for missed changes this often.
const SWEEP: Duration = Duration::from_secs(25);
/// Asks it for ended sessions this often; the backstop behind [`Message::SessionEnded`].
const SESSION_SWEEP: Duration = Duration::from_secs(30);
/// Artworks one socket may watch.
const WATCHED: usize = 8;

/// The sockets of this process, by person, and what wakes them.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    rooms: Mutex<Rooms>,
    bus: Arc<dyn Bus>,
    notifications: Notifications,
    sessions: Sessions,
    /// Changes the sweep had to find because no message told of them.
    losses: AtomicUsize,
}

#[derive(Default)]
struct Rooms {
    users: HashMap<UserId, Room>,
    addresses: HashMap<IpAddr, usize>,
    watchers: HashMap<ArtworkId, Vec<Arc<Socket>>>,
    draining: bool,
}

/// One person's sockets here, oldest first, and their inbox's last frames.
#[derive(Default)]
struct Room {
    ring: Ring,
    sockets: Vec<Arc<Socket>>,
}

struct Socket {
    user: UserId,
    session: SessionKey,
    address: IpAddr,
    wake: Notify,
    /// The close code to end with; 0 while it may live.
    ended: AtomicU16,
    /// Watched artworks that changed.
    touched: Mutex<Vec<ArtworkId>>,
    watched: Mutex<Vec<ArtworkId>>,
}

impl Socket {
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
}

/// The answer to [`Hub::join`].
pub enum Joined {
    /// Welcome.
    Seat(Seat),
    /// That address has too many already, or the process is draining.
    Full,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The maps hold together after any panic: each change is a single call.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    pub(crate) fn new(bus: &Arc<dyn Bus>, notifications: Notifications, sessions: Sessions) -> Self {
        let rooms = Mutex::default();
        Self(Arc::new(Shared { rooms, bus: bus.clone(), notifications, sessions, losses: AtomicUsize::new(0) }))
    }

    /// Begins to listen to the bus and to sweep. Nothing is delivered live before.
    pub fn start(&self) -> JoinHandle<()> {
        let hub = self.clone();
        let mut messages = hub.0.bus.subscribe();
        let every = |period| {
            let mut ticks = tokio::time::interval(period);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        };
        let (mut sweeps, mut session_sweeps) = (every(SWEEP), every(SESSION_SWEEP));
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    delivery = messages.next() => match delivery {
                        Some(Delivery::Message(message)) => hub.deliver(message),
                        Some(Delivery::Lost) => { hub.sweep().await; hub.sweep_sessions().await; }
                        None => break,
                    },
                    _ = sweeps.tick() => hub.sweep().await,
                    _ = session_sweeps.tick() => hub.sweep_sessions().await,
                }
            }
        })
    }

    /// Takes a seat for a socket. Take it before the first read, so that nothing falls between.
    pub fn join(&self, user: UserId, session: SessionKey, address: IpAddr, limits: Limits) -> Joined {
        let mut rooms = lock(&self.0.rooms);
        if rooms.draining || rooms.addresses.get(&address).is_some_and(|count| *count >= limits.per_address) {
            return Joined::Full;
        }
        let socket = Arc::new(Socket {
            user,
            session,
            address,
            wake: Notify::new(),
            ended: AtomicU16::new(0),
            touched: Mutex::default(),
            watched: Mutex::default(),
        });
        *rooms.addresses.entry(address).or_default() += 1;
        let room = rooms.users.entry(user).or_default();
        room.sockets.push(socket.clone());
        let alive = room.sockets.iter().filter(|socket| socket.ended.load(Ordering::Acquire) == 0);
        let excess = alive.clone().count().saturating_sub(limits.per_user);
        alive.take(excess).for_each(|oldest| oldest.end(close::TOO_MANY));
        Joined::Seat(Seat { hub: self.clone(), socket })
    }

    /// Sockets open in this process.
    pub fn sockets(&self) -> usize {
        lock(&self.0.rooms).users.values().map(|room| room.sockets.len()).sum()
    }

    /// Changes that only a sweep found.
    pub fn losses(&self) -> usize {
        self.0.losses.load(Ordering::Relaxed)
    }

    /// Sends every socket away with "come back", and takes no more.
    pub fn drain(&self) {
        let mut rooms = lock(&self.0.rooms);
        rooms.draining = true;
        rooms.users.values().flat_map(|room| &room.sockets).for_each(|socket| socket.end(close::DRAINING));
    }

    /// Whether [`Self::drain`] was called.
    pub fn draining(&self) -> bool {
        lock(&self.0.rooms).draining
    }

    fn deliver(&self, message: Message) {
        let mut rooms = lock(&self.0.rooms);
        match message {
            Message::Inbox { user, seq, frame } => {
                if let Some(room) = rooms.users.get_mut(&user) {
                    room.ring.push(seq, frame);
                    room.sockets.iter().for_each(|socket| socket.wake.notify_one());
                }
            }
            Message::Artwork(id) => {
                for socket in rooms.watchers.get(&id).into_iter().flatten() {
                    let mut touched = lock(&socket.touched);
                    if !touched.contains(&id) {
                        touched.push(id);
                    }
                    socket.wake.notify_one();
                }
            }
            Message::SessionEnded(session) => {
                let sockets = rooms.users.values().flat_map(|room| &room.sockets);
                sockets.filter(|socket| socket.session == session).for_each(|socket| socket.end(close::SESSION_ENDED));
            }
            Message::UserEnded(user) => {
                let sockets = rooms.users.get(&user).into_iter().flat_map(|room| &room.sockets);
                sockets.for_each(|socket| socket.end(close::SESSION_ENDED));
            }
        }
    }

    /// Asks the database how far everybody here is, and wakes those who missed something.
    async fn sweep(&self) {
        let users: Vec<UserId> = lock(&self.0.rooms).users.keys().copied().collect();
        for batch in users.chunks(500) {
            let heads = match self.0.notifications.heads(batch).await {
                Ok(heads) => heads,
                Err(error) => return tracing::warn!(%error, "sweep failed; the next one tries again"),
            };
            let mut rooms = lock(&self.0.rooms);
            for (user, head) in heads {
                let Some(room) = rooms.users.get_mut(&user) else { continue };
                if room.ring.learn(head) {
                    self.0.losses.fetch_add(1, Ordering::Relaxed);
                    room.sockets.iter().for_each(|socket| socket.wake.notify_one());
                }
            }
        }
    }

    /// Closes the sockets of sessions that ended without a message.
    async fn sweep_sessions(&self) {
        let sockets: Vec<Arc<Socket>> = lock(&self.0.rooms).users.values().flat_map(|room| room.sockets.clone()).collect();
        for batch in sockets.chunks(500) {
            match self.0.sessions.alive(batch.iter().map(|socket| &socket.session)).await {
                Ok(alive) => {
                    let ended = batch.iter().filter(|socket| !alive.contains(&socket.session));
                    ended.for_each(|socket| socket.end(close::SESSION_ENDED));
                }
                Err(error) => return tracing::warn!(%error, "session sweep failed; the next one tries again"),
            }
        }
    }
}

/// A socket's place in the hub; dropping it leaves.
pub struct Seat {
    hub: Hub,
    socket: Arc<Socket>,
}

impl Seat {
    /// Waits until there may be something to do: frames, a touched artwork, or the end.
    pub async fn woken(&self) {
        self.socket.wake.notified().await;
    }

    /// The close code to end with, once the time has come.
    pub fn ended(&self) -> Option<u16> {
        Some(self.socket.ended.load(Ordering::Acquire)).filter(|code| *code != 0)
    }

    /// What comes after `seq`, from memory if it is there.
    pub fn after(&self, seq: u64) -> Tail {
        let rooms = lock(&self.hub.0.rooms);
        rooms.users.get(&self.socket.user).map_or(Tail::Nothing, |room| room.ring.after(seq))
    }

    /// The greatest `seq` heard of.
    pub fn head(&self) -> u64 {
        lock(&self.hub.0.rooms).users.get(&self.socket.user).map_or(0, |room| room.ring.head())
    }

    /// Notes how far the database says the inbox is.
    pub fn learn(&self, head: u64) {
        if let Some(room) = lock(&self.hub.0.rooms).users.get_mut(&self.socket.user) {
            room.ring.learn(head);
        }
    }

    /// Watched artworks that changed since the last call.
    pub fn touched(&self) -> Vec<ArtworkId> {
        std::mem::take(&mut *lock(&self.socket.touched))
    }

    /// Begins to watch an artwork; past a handful the first one is let go.
    pub fn watch(&self, artwork: ArtworkId) {
        let mut rooms = lock(&self.hub.0.rooms);
        let mut watched = lock(&self.socket.watched);
        if watched.contains(&artwork) {
            return;
        }
        if watched.len() == WATCHED {
            rooms.forget(watched.remove(0), &self.socket);
        }
        watched.push(artwork);
        rooms.watchers.entry(artwork).or_default().push(self.socket.clone());
    }

    /// Stops watching it.
    pub fn unwatch(&self, artwork: ArtworkId) {
        let mut rooms = lock(&self.hub.0.rooms);
        lock(&self.socket.watched).retain(|watched| *watched != artwork);
        rooms.forget(artwork, &self.socket);
    }
}

impl Rooms {
    fn forget(&mut self, artwork: ArtworkId, socket: &Arc<Socket>) {
        if let Some(watchers) = self.watchers.get_mut(&artwork) {
            watchers.retain(|watcher| !Arc::ptr_eq(watcher, socket));
            if watchers.is_empty() {
                self.watchers.remove(&artwork);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = lock(&self.hub.0.rooms);
        let Socket { user, address, .. } = *self.socket;
        if let Some(room) = rooms.users.get_mut(&user) {
            room.sockets.retain(|socket| !Arc::ptr_eq(socket, &self.socket));
            if room.sockets.is_empty() {
                rooms.users.remove(&user);
            }
        }
        if let Some(count) = rooms.addresses.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                rooms.addresses.remove(&address);
            }
        }
        for artwork in std::mem::take(&mut *lock(&self.socket.watched)) {
            rooms.forget(artwork, &self.socket);
        }
    }
}
