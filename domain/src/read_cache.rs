use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use shared::{
    ArtworkId, UserId,
    dto::{InboxPage, Viewer},
};
use time::OffsetDateTime;

use crate::{artworks::CachedArtwork, entities::recipient, live::Message, sessions::SessionKey};

/// How long something is believed that no message has contradicted.
pub const CACHE_TTL: Duration = Duration::from_secs(2);

/// What was read a moment ago, so that a burst of requests asks the database once. What this
/// process changes is forgotten before the change is acknowledged, what another changes when the
/// bus tells of it. Kept as small as it comes, and not a moment longer: one who opens a socket is
/// remembered, and then asks nothing for an hour.
///
/// Sessions and their people are remembered by every node. Inboxes and works only by a process that
/// is alone with its database: with others, somebody who posts through one node and looks through
/// another would now and then be quicker than the bus.
#[derive(Default)]
pub struct ReadCache {
    sessions: Memory<SessionKey, StoredSession, 20_000>,
    viewers: Memory<UserId, (Box<str>, Viewer), 20_000>,
    inboxes: Memory<UserId, Arc<FirstPage>, 1_000>,
    artworks: Memory<ArtworkId, Arc<CachedArtwork>, 50>,
    /// Counts what was forgotten: something read before that may be older than what is being
    /// forgotten.
    generation: AtomicU64,
}

/// A session as the database has it.
#[derive(Clone)]
pub struct StoredSession {
    pub data: Box<str>,
    pub expiry: OffsetDateTime,
}

/// The beginning of an inbox, all its lines listed.
pub struct FirstPage {
    /// How the inbox stands.
    pub inbox: recipient::Model,
    /// Lines that were asked for.
    pub limit: u64,
    pub page: InboxPage,
}

impl ReadCache {
    /// Where things stand before something is read, to be given when it is remembered.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub fn session(&self, key: &SessionKey) -> Option<StoredSession> {
        self.sessions
            .get(key)
            .filter(|session| session.expiry > OffsetDateTime::now_utc())
    }

    /// Remembers a session that was read since `generation`.
    pub fn remember_session(&self, key: SessionKey, session: StoredSession, generation: u64) {
        self.sessions
            .insert(key, session, || self.generation() == generation);
    }

    /// Somebody, if their password is the one this was proven by.
    pub fn viewer(&self, user: UserId, proven_by: &str) -> Option<Viewer> {
        self.viewers
            .get(&user)
            .filter(|known| *known.0 == *proven_by)
            .map(|known| known.1)
    }

    /// Remembers a person who was read since `generation`.
    pub fn remember_viewer(&self, viewer: Viewer, proven_by: &str, generation: u64) {
        self.viewers
            .insert(viewer.id, (proven_by.into(), viewer), || {
                self.generation() == generation
            });
    }

    pub fn inbox(&self, user: UserId) -> Option<Arc<FirstPage>> {
        self.inboxes.get(&user)
    }

    /// Remembers an inbox that was read since `generation`.
    pub fn remember_inbox(&self, first: FirstPage, generation: u64) {
        self.inboxes
            .insert(UserId(first.inbox.account_id), Arc::new(first), || {
                self.generation() == generation
            });
    }

    pub fn artwork(&self, id: ArtworkId) -> Option<Arc<CachedArtwork>> {
        self.artworks.get(&id)
    }

    /// Remembers a work that was read since `generation`.
    pub fn remember_artwork(&self, cached: Arc<CachedArtwork>, generation: u64) {
        self.artworks
            .insert(cached.id(), cached, || self.generation() == generation);
    }

    /// Forgets what a message says is no longer so.
    pub fn hear(&self, message: &Message) {
        match message {
            Message::SessionEnded(key)
            | Message::SessionChanged(key)
            | Message::SessionMoved { from: key, .. }
            | Message::SessionInDoubt(key) => self.forget_session(key),
            Message::AccountChanged(user) => {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.viewers.forget(user);
            }
            Message::Inbox { user, .. } | Message::InboxInDoubt(user) => {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.inboxes.forget(user);
            }
            Message::Artwork(id) => {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.artworks.forget(id);
            }
            Message::JobsWaiting => {}
        }
    }

    /// Forgets a session.
    pub fn forget_session(&self, key: &SessionKey) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.sessions.forget(key);
    }

    /// Forgets everything: a message may have been missed.
    pub fn forget_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.sessions.keep(|_| false);
        self.viewers.keep(|_| false);
        self.inboxes.keep(|_| false);
        self.artworks.keep(|_| false);
    }

    /// Clears away what is believed no longer.
    pub fn tidy(&self) {
        self.sessions.keep(|read_at| read_at.elapsed() < CACHE_TTL);
        self.viewers.keep(|read_at| read_at.elapsed() < CACHE_TTL);
        self.inboxes.keep(|read_at| read_at.elapsed() < CACHE_TTL);
        self.artworks.keep(|read_at| read_at.elapsed() < CACHE_TTL);
    }
}

/// Values and when they were read; so many at most.
struct Memory<K, V, const MOST: usize>(Mutex<HashMap<K, (Instant, V)>>);

impl<K, V, const MOST: usize> Default for Memory<K, V, MOST> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone, const MOST: usize> Memory<K, V, MOST> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, (Instant, V)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &K) -> Option<V> {
        self.lock()
            .get(key)
            .filter(|(read_at, _)| read_at.elapsed() < CACHE_TTL)
            .map(|(_, value)| value.clone())
    }

    /// Keeps a value if it is still `current`, asked while nobody can forget it.
    fn insert(&self, key: K, value: V, current: impl FnOnce() -> bool) {
        let mut values = self.lock();
        if values.len() < MOST && current() {
            values.insert(key, (Instant::now(), value));
        }
    }

    fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    fn keep(&self, worth: impl Fn(&Instant) -> bool) {
        let mut values = self.lock();
        values.retain(|_, (read_at, _)| worth(read_at));
        if values.len() < values.capacity() / 8 {
            values.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer() -> Viewer {
        Viewer {
            id: UserId(1),
            handle: "ann".into(),
            display_name: "Ann".into(),
        }
    }

    #[test]
    fn somebody_is_known_by_their_own_password_only_and_until_told_otherwise() {
        let cache = ReadCache::default();
        cache.remember_viewer(viewer(), "one", cache.generation());
        assert_eq!(cache.viewer(UserId(1), "one"), Some(viewer()));
        assert_eq!(cache.viewer(UserId(1), "another"), None);
        cache.hear(&Message::AccountChanged(UserId(1)));
        assert_eq!(cache.viewer(UserId(1), "one"), None);
    }

    #[test]
    fn what_was_read_before_something_was_forgotten_is_not_remembered() {
        let (cache, key) = (
            ReadCache::default(),
            SessionKey::of(tower_sessions::session::Id(7)),
        );
        let session = StoredSession {
            data: "{}".into(),
            expiry: OffsetDateTime::now_utc() + time::Duration::hours(1),
        };
        let before = cache.generation();
        cache.hear(&Message::SessionEnded(key.clone()));
        cache.remember_session(key.clone(), session.clone(), before);
        assert!(
            cache.session(&key).is_none(),
            "read while it was still there, and remembered after it ended"
        );
        cache.remember_session(key.clone(), session, cache.generation());
        assert!(cache.session(&key).is_some());
        cache.forget_all();
        assert!(cache.session(&key).is_none());
    }
}
