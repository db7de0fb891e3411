//! The cache of the actors of sessions.

use shared::UserId;

use crate::{
    Store,
    policy::Actor,
    store::{Cache, Reach, Seen, Subject},
};

/// Actors kept in the read cache.
const MAX_CACHED: usize = 20_000;

/// The actors of sessions, each under the stamp of the password that their session began with.
#[derive(Clone)]
pub(crate) struct Actors(Cache<UserId, (Box<str>, Actor)>);

impl Actors {
    pub fn new(store: &Store) -> Self {
        Self(store.cache(Reach::EveryNode, MAX_CACHED))
    }

    /// A cached actor, if `proven_by` is the stamp that the actor was cached under.
    pub fn get(&self, user: UserId, proven_by: &str) -> Option<Actor> {
        self.0
            .get(&user)
            .filter(|known| *known.0 == *proven_by)
            .map(|known| known.1)
    }

    /// What to note before an actor is read, for [`Self::put`].
    pub fn note(&self) -> Option<Seen> {
        self.0.note(&[Subject::Accounts])
    }

    /// Caches an actor.
    pub fn put(&self, actor: Actor, proven_by: &str, seen: Option<Seen>) {
        self.0.put(actor.id, (proven_by.into(), actor), seen);
    }
}
