use std::{
    collections::HashMap,
    hash::Hash,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use shared::{ArtworkId, UserId, dto::InboxPage};
use time::OffsetDateTime;

use crate::{
    accounts::tokens::stored::StoredToken, artworks::CachedArtwork, bus::Message,
    credential::TokenKey, entities::recipient, policy::Actor, session_key::SessionKey,
};

/// Cache TTL in the absence of an invalidation.
pub const CACHE_TTL: Duration = Duration::from_secs(2);

/// A cache of recent reads, so that a burst of requests queries the database once. A change by this
/// process invalidates its entries before the change is acknowledged; a change by another node,
/// when the bus delivers its message. Entries are small and evicted soon after they expire: a
/// client that opens a socket is cached and may then make no request for an hour.
///
/// Every node caches sessions, tokens and actors. Only a process that is alone with its database caches
/// inboxes and artworks: with several nodes, a person who posts through one node and reads through
/// another could be faster than the bus.
#[derive(Default)]
pub struct ReadCache {
    sessions: Memory<SessionKey, StoredSession, 20_000>,
    tokens: Memory<TokenKey, StoredToken, 20_000>,
    actors: Memory<UserId, (Box<str>, Actor), 20_000>,
    inboxes: Memory<UserId, Arc<FirstPage>, 1_000>,
    artworks: Memory<ArtworkId, Arc<CachedArtwork>, 50>,
    /// Counts invalidations: a value read before the latest one may be stale and is not cached.
    generation: AtomicU64,
}

/// A session as stored in the database.
#[derive(Clone)]
pub struct StoredSession {
    pub data: Box<str>,
    pub expiry: OffsetDateTime,
}

/// The first page of an inbox, unfiltered.
pub struct FirstPage {
    /// The inbox's row: seq and counts.
    pub inbox: recipient::Model,
    /// The page size that was requested.
    pub limit: u64,
    pub page: InboxPage,
}

impl ReadCache {
    /// The generation to note before a read and to pass when caching its result.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    pub fn session(&self, key: &SessionKey) -> Option<StoredSession> {
        self.sessions
            .get(key)
            .filter(|session| session.expiry > OffsetDateTime::now_utc())
    }

    /// Caches a session, unless an entry was invalidated since `generation`.
    pub fn cache_session(&self, key: SessionKey, session: StoredSession, generation: u64) {
        self.sessions
            .insert(key, session, || self.generation() == generation);
    }

    pub fn token(&self, key: &TokenKey) -> Option<StoredToken> {
        self.tokens.get(key)
    }

    /// Caches a token, unless an entry was invalidated since `generation`.
    pub fn cache_token(&self, key: TokenKey, token: StoredToken, generation: u64) {
        self.tokens
            .insert(key, token, || self.generation() == generation);
    }

    /// The cached actor of an account's sessions, if `proven_by` is the stamp of the password that
    /// the actor was cached under.
    pub fn actor(&self, user: UserId, proven_by: &str) -> Option<Actor> {
        self.actors
            .get(&user)
            .filter(|known| *known.0 == *proven_by)
            .map(|known| known.1)
    }

    /// Caches an actor, unless an entry was invalidated since `generation`.
    pub fn cache_actor(&self, actor: Actor, proven_by: &str, generation: u64) {
        self.actors.insert(actor.id, (proven_by.into(), actor), || {
            self.generation() == generation
        });
    }

    pub fn inbox(&self, user: UserId) -> Option<Arc<FirstPage>> {
        self.inboxes.get(&user)
    }

    /// Caches an inbox, unless an entry was invalidated since `generation`.
    pub fn cache_inbox(&self, first: FirstPage, generation: u64) {
        self.inboxes
            .insert(UserId(first.inbox.account_id), Arc::new(first), || {
                self.generation() == generation
            });
    }

    pub fn artwork(&self, id: ArtworkId) -> Option<Arc<CachedArtwork>> {
        self.artworks.get(&id)
    }

    /// Caches an artwork, unless an entry was invalidated since `generation`.
    pub fn cache_artwork(&self, cached: Arc<CachedArtwork>, generation: u64) {
        self.artworks
            .insert(cached.id(), cached, || self.generation() == generation);
    }

    /// Invalidates the entries that a message concerns.
    pub fn invalidate(&self, message: &Message) {
        match message {
            Message::SessionEnded(key)
            | Message::SessionChanged(key)
            | Message::SessionMoved { from: key, .. }
            | Message::SessionInDoubt(key) => self.invalidate_session(key),
            Message::AccountChanged(user) => {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.actors.forget(user);
                self.tokens.forget_where(|token| token.user() == *user);
            }
            Message::TokenEnded(key) | Message::TokenInDoubt(key) => {
                self.generation.fetch_add(1, Ordering::AcqRel);
                self.tokens.forget(key);
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

    /// Invalidates a session.
    pub fn invalidate_session(&self, key: &SessionKey) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.sessions.forget(key);
    }

    /// Invalidates everything: a message may have been lost.
    pub fn invalidate_all(&self) {
        self.generation.fetch_add(1, Ordering::AcqRel);
        self.sessions.retain(|_| false);
        self.tokens.retain(|_| false);
        self.actors.retain(|_| false);
        self.inboxes.retain(|_| false);
        self.artworks.retain(|_| false);
    }

    /// Evicts expired entries.
    pub fn tidy(&self) {
        self.sessions
            .retain(|read_at| read_at.elapsed() < CACHE_TTL);
        self.tokens.retain(|read_at| read_at.elapsed() < CACHE_TTL);
        self.actors.retain(|read_at| read_at.elapsed() < CACHE_TTL);
        self.inboxes.retain(|read_at| read_at.elapsed() < CACHE_TTL);
        self.artworks
            .retain(|read_at| read_at.elapsed() < CACHE_TTL);
    }
}

/// Up to `CAPACITY` values, each with the time it was cached.
struct Memory<K, V, const CAPACITY: usize>(Mutex<HashMap<K, (Instant, V)>>);

impl<K, V, const CAPACITY: usize> Default for Memory<K, V, CAPACITY> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone, const CAPACITY: usize> Memory<K, V, CAPACITY> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, (Instant, V)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, key: &K) -> Option<V> {
        self.lock()
            .get(key)
            .filter(|(read_at, _)| read_at.elapsed() < CACHE_TTL)
            .map(|(_, value)| value.clone())
    }

    /// Caches a value if it is still current (`is_current`), checked under the lock that
    /// invalidation takes.
    fn insert(&self, key: K, value: V, is_current: impl FnOnce() -> bool) {
        let mut values = self.lock();
        if values.len() < CAPACITY && is_current() {
            values.insert(key, (Instant::now(), value));
        }
    }

    fn forget(&self, key: &K) {
        self.lock().remove(key);
    }

    /// Forgets the values that match.
    fn forget_where(&self, matches: impl Fn(&V) -> bool) {
        self.lock().retain(|_, (_, value)| !matches(value));
    }

    fn retain(&self, is_wanted: impl Fn(&Instant) -> bool) {
        let mut values = self.lock();
        values.retain(|_, (read_at, _)| is_wanted(read_at));
        if values.len() < values.capacity() / 8 {
            values.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::dto::Viewer;

    use super::*;
    use crate::policy::Role;

    fn actor(id: i64) -> Actor {
        let viewer = Viewer {
            id: UserId(id),
            handle: "ann".into(),
            display_name: "Ann".into(),
        };
        Actor::of_session(viewer, Role::Member)
    }

    #[test]
    fn actors_are_cached_per_password_and_until_invalidated() {
        let cache = ReadCache::default();
        cache.cache_actor(actor(1), "one", cache.generation());
        assert_eq!(cache.actor(UserId(1), "one"), Some(actor(1)));
        assert_eq!(cache.actor(UserId(1), "another"), None);
        cache.invalidate(&Message::AccountChanged(UserId(1)));
        assert_eq!(cache.actor(UserId(1), "one"), None);
    }

    #[test]
    fn tokens_are_cached_until_they_end_or_their_account_changes() {
        let cache = ReadCache::default();
        let token = |user| StoredToken {
            actor: actor(user),
            expires_at: None,
            last_used_at: None,
        };
        let keys = ["a", "b", "c"].map(TokenKey::of);
        for (key, user) in keys.iter().zip([1, 1, 2]) {
            cache.cache_token(key.clone(), token(user), cache.generation());
        }
        let cached = || keys.each_ref().map(|key| cache.token(key).is_some());
        assert_eq!(cached(), [true, true, true]);
        cache.invalidate(&Message::TokenEnded(keys[1].clone()));
        assert_eq!(cached(), [true, false, true]);
        let before = cache.generation();
        cache.invalidate(&Message::AccountChanged(UserId(1)));
        assert_eq!(cached(), [false, false, true]);
        cache.cache_token(keys[0].clone(), token(1), before);
        assert_eq!(cached(), [false, false, true], "read before the change");
    }

    #[test]
    fn reads_older_than_an_invalidation_are_not_cached() {
        let (cache, key) = (
            ReadCache::default(),
            SessionKey::of(tower_sessions::session::Id(7)),
        );
        let session = StoredSession {
            data: "{}".into(),
            expiry: OffsetDateTime::now_utc() + time::Duration::hours(1),
        };
        let before = cache.generation();
        cache.invalidate(&Message::SessionEnded(key.clone()));
        cache.cache_session(key.clone(), session.clone(), before);
        assert!(
            cache.session(&key).is_none(),
            "read while it was still there, and remembered after it ended"
        );
        cache.cache_session(key.clone(), session, cache.generation());
        assert!(cache.session(&key).is_some());
        cache.invalidate_all();
        assert!(cache.session(&key).is_none());
    }
}
