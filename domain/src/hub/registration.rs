use std::sync::{Arc, atomic::Ordering};

use shared::ArtworkId;

use crate::hub::{Hub, Peer, lock};

/// Artworks that one socket may watch, for all tabs of a browser together.
const MAX_WATCHED: usize = 32;

/// The registration of an open socket, signed in or not. Dropping it unregisters the socket.
pub struct Registration {
    pub(super) hub: Hub,
    pub(super) peer: Arc<Peer>,
}

impl Registration {
    /// Waits until there may be a frame to send, a changed artwork to report or a close code.
    pub async fn woken(&self) {
        self.peer.wake.notified().await;
    }

    /// The close code, once the socket is to close.
    pub fn ended(&self) -> Option<u16> {
        Some(self.peer.ended.load(Ordering::Acquire)).filter(|code| *code != 0)
    }

    /// Watched artworks that changed since the last call.
    pub fn touched(&self) -> Vec<ArtworkId> {
        std::mem::take(&mut lock(&self.peer.watching).touched)
    }

    /// Watches an artwork. At [`MAX_WATCHED`], the artwork watched longest is dropped.
    pub fn watch(&self, artwork: ArtworkId) {
        let mut rooms = lock(&self.hub.0.rooms);
        let mut watching = lock(&self.peer.watching);
        if watching.artworks.contains(&artwork) {
            return;
        }
        if watching.artworks.len() == MAX_WATCHED {
            rooms.forget(watching.artworks.remove(0), &self.peer);
        }
        watching.artworks.push(artwork);
        rooms.watch(artwork, &self.peer);
    }

    /// Stops watching an artwork.
    pub fn unwatch(&self, artwork: ArtworkId) {
        let mut rooms = lock(&self.hub.0.rooms);
        let mut watching = lock(&self.peer.watching);
        watching.artworks.retain(|watched| *watched != artwork);
        watching.touched.retain(|touched| *touched != artwork);
        rooms.forget(artwork, &self.peer);
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut rooms = lock(&self.hub.0.rooms);
        rooms.sockets -= 1;
        metrics::gauge!("artcritique_sockets").decrement(1);
        rooms.guests.remove(&self.peer.number);
        let address = self.peer.address;
        if let Some(count) = rooms.addresses.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                rooms.addresses.remove(&address);
            }
        }
        for artwork in std::mem::take(&mut lock(&self.peer.watching).artworks) {
            rooms.forget(artwork, &self.peer);
        }
    }
}
