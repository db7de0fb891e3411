//! The read cache: a burst of requests queries the database once.
//!
//! One rule holds for every entry: it names the [`Subject`]s it depends on, and a change bumps
//! their versions before it is acknowledged, which invalidates the entry. A change by this process
//! bumps them at its commit; a change by another node, when the bus delivers its message.
//!
//! A [`Cache`] belongs to the service that fills it, and knows only its own types. Entries are
//! small and evicted soon after they expire: a client that opens a socket is cached and may then
//! make no request for an hour.

use std::{
    collections::{HashMap, hash_map::RandomState},
    hash::{BuildHasher, Hash},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use shared::{ArtworkId, UserId};

use crate::{
    bus::{Bus, Message},
    credential::TokenKey,
    session_key::SessionKey,
};

/// Cache TTL in the absence of an invalidation.
pub const CACHE_TTL: Duration = Duration::from_secs(2);

/// Version counters. Subjects that share one invalidate each other's entries, which costs a read.
const COUNTERS: usize = 1 << 18;

/// What a cache entry may depend on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// A session.
    Session(SessionKey),
    /// A personal token.
    Token(TokenKey),
    /// People's names, roles and passwords. They change seldom, so all share one version, and a
    /// session may be read together with its account before anybody knows whose it is.
    Accounts,
    /// A person's inbox.
    Inbox(UserId),
    /// An artwork with its critiques.
    Artwork(ArtworkId),
}

impl Subject {
    /// The subject that a message says has changed.
    fn of(message: &Message) -> Option<Self> {
        match message {
            Message::SessionEnded(key)
            | Message::SessionChanged(key)
            | Message::SessionMoved { from: key, .. }
            | Message::SessionInDoubt(key) => Some(Self::Session(key.clone())),
            Message::TokenEnded(key) | Message::TokenInDoubt(key) => Some(Self::Token(key.clone())),
            Message::AccountChanged(_) => Some(Self::Accounts),
            Message::Inbox { user, .. } | Message::InboxInDoubt(user) => Some(Self::Inbox(*user)),
            Message::Artwork(id) => Some(Self::Artwork(*id)),
            Message::JobsWaiting => None,
        }
    }
}

/// When a cache may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// While messages from other nodes arrive. For what a change by another node may outdate for as
    /// long as its message travels.
    EveryNode,
    /// While this process is alone with its database. For what must show a change that the same
    /// person made through another node, who could be faster than the bus.
    AloneOnly,
}

/// The versions of all subjects.
pub(super) struct Versions {
    hasher: RandomState,
    counters: Box<[AtomicU32]>,
    /// Part of every version: bumping it invalidates everything.
    all: AtomicU64,
    caches: Mutex<Vec<Weak<dyn Evict>>>,
}

impl Default for Versions {
    fn default() -> Self {
        Self {
            hasher: RandomState::new(),
            counters: std::iter::repeat_with(AtomicU32::default)
                .take(COUNTERS)
                .collect(),
            all: AtomicU64::default(),
            caches: Mutex::default(),
        }
    }
}

impl Versions {
    fn counter(&self, subject: &Subject) -> usize {
        usize::try_from(self.hasher.hash_one(subject) % COUNTERS as u64).unwrap_or_default()
    }

    /// Invalidates the entries that depend on this subject.
    pub(super) fn bump(&self, subject: &Subject) {
        self.counters[self.counter(subject)].fetch_add(1, Ordering::AcqRel);
    }

    /// Invalidates the entries that a message concerns.
    pub(super) fn apply(&self, message: &Message) {
        if let Some(subject) = Subject::of(message) {
            self.bump(&subject);
        }
    }

    /// Invalidates everything: a message may have been lost.
    pub(super) fn bump_all(&self) {
        self.all.fetch_add(1, Ordering::AcqRel);
        self.evict();
    }

    /// Evicts the invalid entries of every cache.
    pub(super) fn evict(&self) {
        let caches: Vec<Arc<dyn Evict>> = {
            let mut caches = lock(&self.caches);
            caches.retain(|cache| cache.strong_count() > 0);
            caches.iter().filter_map(Weak::upgrade).collect()
        };
        for cache in caches {
            cache.evict(self);
        }
    }

    fn now(&self, subjects: &[Subject]) -> Seen {
        Seen {
            all: self.all.load(Ordering::Acquire),
            of: subjects
                .iter()
                .map(|subject| {
                    let counter = self.counter(subject);
                    (counter, self.counters[counter].load(Ordering::Acquire))
                })
                .collect(),
        }
    }

    fn is_current(&self, seen: &Seen) -> bool {
        self.all.load(Ordering::Acquire) == seen.all
            && seen.of.iter().all(|(counter, version)| {
                self.counters[*counter].load(Ordering::Acquire) == *version
            })
    }
}

/// The versions of an entry's subjects before it was read.
pub struct Seen {
    all: u64,
    of: Box<[(usize, u32)]>,
}

/// A cache of values by key.
pub struct Cache<K, V> {
    versions: Arc<Versions>,
    bus: Arc<dyn Bus>,
    reach: Reach,
    capacity: usize,
    entries: Arc<Entries<K, V>>,
}

impl<K, V> Clone for Cache<K, V> {
    fn clone(&self) -> Self {
        Self {
            versions: self.versions.clone(),
            bus: self.bus.clone(),
            entries: self.entries.clone(),
            ..*self
        }
    }
}

impl<K, V> Cache<K, V>
where
    K: Eq + Hash + Send + 'static,
    V: Clone + Send + 'static,
{
    /// A cache of up to `capacity` entries.
    pub(super) fn new(
        versions: &Arc<Versions>,
        bus: &Arc<dyn Bus>,
        reach: Reach,
        capacity: usize,
    ) -> Self {
        let entries = Arc::new(Entries(Mutex::default()));
        let weak = Arc::downgrade(&entries);
        lock(&versions.caches).push(weak);
        Self {
            versions: versions.clone(),
            bus: bus.clone(),
            reach,
            capacity,
            entries,
        }
    }

    fn in_use(&self) -> bool {
        match self.reach {
            Reach::EveryNode => self.bus.up(),
            Reach::AloneOnly => self.bus.alone(),
        }
    }

    /// The cached value, if none of its subjects has changed.
    pub fn get(&self, key: &K) -> Option<V> {
        if !self.in_use() {
            return None;
        }
        let entries = lock(&self.entries.0);
        let entry = entries.get(key)?;
        entry.is_valid(&self.versions).then(|| entry.value.clone())
    }

    /// Notes the versions of these subjects. Call it before reading a value that depends on them,
    /// and give the result to [`Self::put`]. `None` if nothing can be cached now.
    pub fn note(&self, subjects: &[Subject]) -> Option<Seen> {
        self.in_use().then(|| self.versions.now(subjects))
    }

    /// Caches a value, unless one of its subjects has changed since it was read. A full cache
    /// evicts another entry.
    pub fn put(&self, key: K, value: V, seen: Option<Seen>) {
        let Some(seen) = seen.filter(|seen| self.versions.is_current(seen)) else {
            return;
        };
        let entry = Entry {
            read_at: Instant::now(),
            seen,
            value,
        };
        let mut entries = lock(&self.entries.0);
        if entries.len() >= self.capacity && !entries.contains_key(&key) {
            // An arbitrary one: all entries expire within seconds, so none is worth much more.
            entries.extract_if(|_, _| true).next();
        }
        entries.insert(key, entry);
    }
}

struct Entries<K, V>(Mutex<HashMap<K, Entry<V>>>);

struct Entry<V> {
    read_at: Instant,
    seen: Seen,
    value: V,
}

impl<V> Entry<V> {
    fn is_valid(&self, versions: &Versions) -> bool {
        self.read_at.elapsed() < CACHE_TTL && versions.is_current(&self.seen)
    }
}

/// What every cache can do, whatever its types.
trait Evict: Send + Sync {
    /// Evicts invalid entries.
    fn evict(&self, versions: &Versions);
}

impl<K: Eq + Hash + Send, V: Send> Evict for Entries<K, V> {
    fn evict(&self, versions: &Versions) {
        let mut entries = lock(&self.0);
        entries.retain(|_, entry| entry.is_valid(versions));
        if entries.len() < entries.capacity() / 8 {
            entries.shrink_to_fit();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::MemoryBus;

    fn cache(capacity: usize) -> (Arc<Versions>, Arc<dyn Bus>, Cache<u8, &'static str>) {
        let (versions, bus) = (Arc::<Versions>::default(), MemoryBus::shared());
        let cache = Cache::new(&versions, &bus, Reach::AloneOnly, capacity);
        (versions, bus, cache)
    }

    const ANN: Subject = Subject::Accounts;
    const WORK: Subject = Subject::Artwork(ArtworkId(1));

    #[test]
    fn an_entry_is_valid_until_any_of_its_subjects_changes() {
        let (versions, _bus, cache) = cache(10);
        let put = |key, subjects: &[Subject]| cache.put(key, "value", cache.note(subjects));
        put(1, &[ANN, WORK]);
        put(2, &[ANN]);
        assert_eq!(cache.get(&1), Some("value"));
        versions.apply(&Message::Artwork(ArtworkId(1)));
        assert_eq!((cache.get(&1), cache.get(&2)), (None, Some("value")));
        versions.apply(&Message::AccountChanged(UserId(1)));
        assert_eq!(cache.get(&2), None);
    }

    #[test]
    fn a_value_read_before_a_change_is_not_cached_after_it() {
        let (versions, _bus, cache) = cache(10);
        let seen = cache.note(&[ANN]);
        versions.bump(&ANN);
        cache.put(1, "old", seen);
        assert_eq!(cache.get(&1), None);
        cache.put(1, "new", cache.note(&[ANN]));
        assert_eq!(cache.get(&1), Some("new"));
    }

    #[test]
    fn a_lost_message_invalidates_and_evicts_everything() {
        let (versions, _bus, cache) = cache(10);
        cache.put(1, "value", cache.note(&[ANN]));
        versions.bump_all();
        assert_eq!(cache.get(&1), None);
        assert!(lock(&cache.entries.0).is_empty());
    }

    #[test]
    fn a_full_cache_evicts_an_entry_for_each_new_one() {
        let (_versions, _bus, cache) = cache(3);
        for key in 0..100 {
            cache.put(key, "value", cache.note(&[ANN]));
            assert_eq!(cache.get(&key), Some("value"));
            assert_eq!(lock(&cache.entries.0).len(), 3.min(usize::from(key) + 1));
        }
        let kept: Vec<u8> = (0..100).filter(|key| cache.get(key).is_some()).collect();
        assert_eq!(kept.len(), 3);
        cache.put(kept[0], "again", cache.note(&[WORK]));
        assert_eq!(cache.get(&kept[0]), Some("again"));
        assert!(cache.get(&kept[1]).is_some() && cache.get(&kept[2]).is_some());
    }

    #[test]
    fn nothing_is_cached_beside_other_nodes_unless_their_messages_suffice() {
        let (versions, bus, alone) = cache(10);
        let everywhere = Cache::new(&versions, &bus, Reach::EveryNode, 10);
        alone.put(1, "value", alone.note(&[ANN]));
        everywhere.put(1, "value", everywhere.note(&[ANN]));
        bus.note_unheard(true);
        assert_eq!((alone.get(&1), everywhere.get(&1)), (None, None));
        assert!(alone.note(&[ANN]).is_none());
    }
}
