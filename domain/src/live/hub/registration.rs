use std::sync::{Arc, atomic::Ordering};

use shared::ArtworkId;

use super::{Hub, Peer, lock};

/// Artworks one socket may watch: those of all tabs of a browser.
const WATCHED: usize = 32;

/// An open socket's place in the hub, whoever it is of; dropping it leaves.
pub struct Registration {
    pub(super) hub: Hub,
    pub(super) peer: Arc<Peer>,
}

impl Registration {
    /// Waits until there may be something to do: frames, a touched artwork, or the end.
    pub async fn woken(&self) {
        self.peer.wake.notified().await;
    }

    /// The close code to end with, once the time has come.
    pub fn ended(&self) -> Option<u16> {
        Some(self.peer.ended.load(Ordering::Acquire)).filter(|code| *code != 0)
    }

    /// Watched artworks that changed since the last call.
    pub fn touched(&self) -> Vec<ArtworkId> {
        std::mem::take(&mut lock(&self.peer.watching).touched)
    }

    /// Begins to watch an artwork; past [`WATCHED`] the first one is let go.
    pub fn watch(&self, artwork: ArtworkId) {
        let mut rooms = lock(&self.hub.0.rooms);
        let mut watching = lock(&self.peer.watching);
        if watching.artworks.contains(&artwork) {
            return;
        }
        if watching.artworks.len() == WATCHED {
            rooms.forget(watching.artworks.remove(0), &self.peer);
        }
        watching.artworks.push(artwork);
        rooms.watch(artwork, &self.peer);
    }

    /// Stops watching it.
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
