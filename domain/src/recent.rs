use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use moka::sync::Cache;
use shared::{UserId, dto::Viewer};
use tower_sessions::session::Record;

use crate::{live::Message, sessions::SessionKey};

/// How long something is believed that no message has contradicted.
const BELIEVED: Duration = Duration::from_secs(5);
const SESSIONS: u64 = 50_000;

/// Sessions and their people as they were a moment ago, so that a burst of requests asks the database once. What this process
/// changes is forgotten before the change is acknowledged, what another changes when the bus tells of it.
#[derive(Clone)]
pub struct Recent {
    sessions: Cache<SessionKey, Arc<Record>>,
    viewers: Cache<UserId, Arc<(String, Viewer)>>,
    /// Counts what was forgotten: something read before that may be older than what is being forgotten.
    generation: Arc<AtomicU64>,
}

impl Default for Recent {
    fn default() -> Self {
        let (sessions, viewers) = (Cache::builder(), Cache::builder());
        Self {
            sessions: sessions.max_capacity(SESSIONS).time_to_live(BELIEVED).build(),
            viewers: viewers.max_capacity(SESSIONS).time_to_live(BELIEVED).build(),
            generation: Arc::default(),
        }
    }
}

impl Recent {
    /// Where things stand before something is read, to be given when it is remembered.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub fn session(&self, key: &SessionKey) -> Option<Arc<Record>> {
        self.sessions.get(key).filter(|record| record.expiry_date > time::OffsetDateTime::now_utc())
    }

    /// Remembers a session that was read since `generation`.
    pub fn remember_session(&self, key: SessionKey, record: Record, generation: u64) {
        self.sessions.insert(key.clone(), Arc::new(record));
        // Looked at after the insertion: whoever forgets from now on finds it there.
        if self.generation() != generation {
            self.sessions.invalidate(&key);
        }
    }

    /// Somebody, with what their password was proven by.
    pub fn viewer(&self, user: UserId, proven_by: &str) -> Option<Viewer> {
        self.viewers.get(&user).filter(|known| known.0 == proven_by).map(|known| known.1.clone())
    }

    /// Remembers a person who was read since `generation`.
    pub fn remember_viewer(&self, viewer: Viewer, proven_by: String, generation: u64) {
        let user = viewer.id;
        self.viewers.insert(user, Arc::new((proven_by, viewer)));
        if self.generation() != generation {
            self.viewers.invalidate(&user);
        }
    }

    /// Forgets what a message says is no longer so.
    pub fn hear(&self, message: &Message) {
        match message {
            Message::SessionEnded(key) | Message::SessionChanged(key) => {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.sessions.invalidate(key);
            }
            Message::AccountChanged(user) => {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.viewers.invalidate(user);
            }
            _ => {}
        }
    }

    /// Forgets a session whose record was changed here.
    pub fn forget_session(&self, key: &SessionKey) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.sessions.invalidate(key);
    }

    /// Forgets everything: a message may have been missed.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.sessions.invalidate_all();
        self.viewers.invalidate_all();
    }
}
