//! Artworks that sockets watch. A change wakes the watching sockets, at most twice a second for
//! each artwork.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use shared::ArtworkId;
use tokio::time::{Instant, sleep_until};

use crate::{
    Result,
    entities::artwork,
    hub::{Hub, Peer, Rooms, lock},
};

/// Minimum interval between two wake-ups for one artwork.
const MIN_WAKE_INTERVAL: Duration = Duration::from_millis(500);
/// Artworks per query.
const BATCH: usize = 500;

/// The sockets that watch one artwork.
#[derive(Default)]
pub struct Watched {
    peers: Vec<Arc<Peer>>,
    woken_at: Option<Instant>,
    /// Whether a delayed wake-up is scheduled.
    scheduled: bool,
    /// `seq` of the artwork at the last sweep.
    seq: Option<i64>,
}

impl Watched {
    fn wake(&mut self, id: ArtworkId) {
        self.woken_at = Some(Instant::now());
        for peer in &self.peers {
            let mut watching = lock(&peer.watching);
            if !watching.touched.contains(&id) {
                watching.touched.push(id);
            }
            peer.wake.notify_one();
        }
    }
}

impl Rooms {
    pub(super) fn watch(&mut self, artwork: ArtworkId, peer: &Arc<Peer>) {
        self.watched
            .entry(artwork)
            .or_default()
            .peers
            .push(peer.clone());
    }

    pub(super) fn forget(&mut self, artwork: ArtworkId, peer: &Arc<Peer>) {
        if let Some(watched) = self.watched.get_mut(&artwork) {
            watched.peers.retain(|watcher| !Arc::ptr_eq(watcher, peer));
            if watched.peers.is_empty() {
                self.watched.remove(&artwork);
            }
        }
    }
}

impl Hub {
    /// Wakes the sockets that watch an artwork, delayed to keep [`MIN_WAKE_INTERVAL`].
    pub(super) fn tell_watchers(&self, rooms: &mut Rooms, id: ArtworkId) {
        let Some(watched) = rooms.watched.get_mut(&id) else {
            return;
        };
        match watched
            .woken_at
            .map(|at| at + MIN_WAKE_INTERVAL)
            .filter(|next| *next > Instant::now())
        {
            None => watched.wake(id),
            Some(_) if watched.scheduled => {}
            Some(next) => {
                watched.scheduled = true;
                let hub = self.clone();
                tokio::spawn(async move {
                    sleep_until(next).await;
                    if let Some(watched) = lock(&hub.0.rooms).watched.get_mut(&id) {
                        watched.scheduled = false;
                        watched.wake(id);
                    }
                });
            }
        }
    }

    /// Wakes all watching sockets, because messages may have been lost.
    pub(super) fn tell_all_watchers(&self) {
        let mut rooms = lock(&self.0.rooms);
        let works: Vec<ArtworkId> = rooms.watched.keys().copied().collect();
        works
            .into_iter()
            .for_each(|id| self.tell_watchers(&mut rooms, id));
    }

    /// Reads the `seq` of all watched artworks, and wakes the watching sockets where it changed
    /// since the last sweep.
    pub(super) async fn sweep_watched(&self) -> Result<()> {
        let works: Vec<ArtworkId> = lock(&self.0.rooms).watched.keys().copied().collect();
        for batch in works.chunks(BATCH) {
            let seqs: HashMap<i64, i64> = artwork::Entity::find()
                .select_only()
                .columns([artwork::Column::Id, artwork::Column::Seq])
                .filter(artwork::Column::Id.is_in(batch.iter().map(|id| id.0)))
                .into_tuple::<(i64, i64)>()
                .all(self.0.sessions.store().readers())
                .await?
                .into_iter()
                .collect();
            let mut rooms = lock(&self.0.rooms);
            for id in batch {
                let Some(watched) = rooms.watched.get_mut(id) else {
                    continue;
                };
                let seq = seqs.get(&id.0).copied();
                let moved = watched.seq.is_some() && watched.seq != seq;
                watched.seq = seq;
                if moved {
                    self.tell_watchers(&mut rooms, *id);
                }
            }
        }
        Ok(())
    }
}
