use std::{sync::Arc, sync::atomic::Ordering, time::Instant};

use shared::ArtworkId;

use super::{Hub, Socket, lock};
use crate::live::ring::{Ring, Standing, Tail};

/// Artworks one socket may watch.
const WATCHED: usize = 8;

/// A socket's place in the hub; dropping it leaves.
pub struct Seat {
    pub(super) hub: Hub,
    pub(super) socket: Arc<Socket>,
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

    /// How the inbox stands, if it is known here.
    pub fn standing(&self) -> Option<Standing> {
        lock(&self.hub.0.rooms).users.get(&self.socket.user).and_then(|room| room.ring.standing())
    }

    /// Notes how the database says the inbox stands. Where that is news, the person's other sockets here are woken too: no message may
    /// come that would, and a sweep would find nothing new.
    pub fn learn(&self, standing: Standing) {
        self.learn_by(|ring| ring.learn_standing(standing));
    }

    /// Notes how far the database says the inbox is, likewise.
    pub fn learn_head(&self, head: u64) {
        self.learn_by(|ring| ring.learn(head));
    }

    fn learn_by(&self, learn: impl FnOnce(&mut Ring) -> bool) {
        if let Some(room) = lock(&self.hub.0.rooms).users.get_mut(&self.socket.user)
            && learn(&mut room.ring)
        {
            room.wake();
        }
    }

    /// Whether the head has not been verified lately: messages may be lost, and the sweep that would find them fails.
    pub fn unverified(&self) -> bool {
        self.hub.0.sweep.is_late()
    }

    /// Watched artworks that changed since the last call.
    pub fn touched(&self) -> Vec<ArtworkId> {
        std::mem::take(&mut lock(&self.socket.watching).touched)
    }

    /// Begins to watch an artwork; past a handful the first one is let go.
    pub fn watch(&self, artwork: ArtworkId) {
        let mut rooms = lock(&self.hub.0.rooms);
        let mut watching = lock(&self.socket.watching);
        if watching.artworks.contains(&artwork) {
            return;
        }
        if watching.artworks.len() == WATCHED {
            rooms.forget(watching.artworks.remove(0), &self.socket);
        }
        watching.artworks.push(artwork);
        rooms.watchers.entry(artwork).or_default().push(self.socket.clone());
    }

    /// Stops watching it.
    pub fn unwatch(&self, artwork: ArtworkId) {
        let mut rooms = lock(&self.hub.0.rooms);
        lock(&self.socket.watching).artworks.retain(|watched| *watched != artwork);
        rooms.forget(artwork, &self.socket);
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut rooms = lock(&self.hub.0.rooms);
        let Socket { user, address, .. } = *self.socket;
        rooms.sockets -= 1;
        metrics::gauge!("artcritique_sockets").decrement(1);
        if let Some(room) = rooms.users.get_mut(&user) {
            room.sockets.retain(|socket| !Arc::ptr_eq(socket, &self.socket));
            if room.sockets.is_empty() {
                room.left_at = Some(Instant::now());
                room.sockets.shrink_to_fit();
                room.ring.drop_frames();
            }
        }
        if let Some(count) = rooms.addresses.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                rooms.addresses.remove(&address);
            }
        }
        for artwork in std::mem::take(&mut lock(&self.socket.watching).artworks) {
            rooms.forget(artwork, &self.socket);
        }
    }
}
