//! Works that sockets watch: each change to one wakes those who watch it, at most twice a second
//! however many changes there are.

use std::{collections::HashMap, sync::Arc, time::Duration};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect};
use shared::ArtworkId;
use tokio::time::{Instant, sleep_until};

use super::{Hub, Peer, Rooms, lock};
use crate::{Result, entities::artwork};

/// Those who watch a work are told of its changes this often, at most.
const EVERY: Duration = Duration::from_millis(500);
/// Works asked about at once.
const BATCH: usize = 500;

/// Those who watch a work.
#[derive(Default)]
pub struct Watched {
    peers: Vec<Arc<Peer>>,
    told_at: Option<Instant>,
    /// Whether they are going to be told as soon as it may be.
    due: bool,
    /// The work's `seq` when the database was last asked.
    seq: Option<i64>,
}

impl Watched {
    fn tell(&mut self, id: ArtworkId) {
        self.told_at = Some(Instant::now());
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
    /// Tells those who watch a work that it changed: now, or as soon as half a second has passed
    /// since they were last told.
    pub(super) fn tell_watchers(&self, rooms: &mut Rooms, id: ArtworkId) {
        let Some(watched) = rooms.watched.get_mut(&id) else {
            return;
        };
        match watched
            .told_at
            .map(|at| at + EVERY)
            .filter(|next| *next > Instant::now())
        {
            None => watched.tell(id),
            Some(_) if watched.due => {}
            Some(next) => {
                watched.due = true;
                let hub = self.clone();
                tokio::spawn(async move {
                    sleep_until(next).await;
                    if let Some(watched) = lock(&hub.0.rooms).watched.get_mut(&id) {
                        watched.due = false;
                        watched.tell(id);
                    }
                });
            }
        }
    }

    /// Messages may have been lost: whoever watches something looks again.
    pub(super) fn tell_all_watchers(&self) {
        let mut rooms = lock(&self.0.rooms);
        let works: Vec<ArtworkId> = rooms.watched.keys().copied().collect();
        works
            .into_iter()
            .for_each(|id| self.tell_watchers(&mut rooms, id));
    }

    /// Asks the database how far the watched works are, and tells those who watch one that has
    /// moved since it was last asked.
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
