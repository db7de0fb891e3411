//! The cache of the people that sessions belong to.

use shared::{UserId, dto::Viewer};

use crate::{
    Store,
    store::{Cache, Reach, Seen, Subject},
};

/// People kept in the read cache.
const MAX_CACHED: usize = 20_000;

/// Viewers, each under the stamp of the password that their session began with.
#[derive(Clone)]
pub(crate) struct Viewers(Cache<UserId, (Box<str>, Viewer)>);

impl Viewers {
    pub fn new(store: &Store) -> Self {
        Self(store.cache(Reach::EveryNode, MAX_CACHED))
    }

    /// A cached viewer, if `proven_by` is the stamp that the viewer was cached under.
    pub fn get(&self, user: UserId, proven_by: &str) -> Option<Viewer> {
        self.0
            .get(&user)
            .filter(|known| *known.0 == *proven_by)
            .map(|known| known.1)
    }

    /// What to note before a viewer is read, for [`Self::put`].
    pub fn note(&self) -> Option<Seen> {
        self.0.note(&[Subject::Accounts])
    }

    /// Caches a viewer.
    pub fn put(&self, viewer: Viewer, proven_by: &str, seen: Option<Seen>) {
        self.0.put(viewer.id, (proven_by.into(), viewer), seen);
    }
}
