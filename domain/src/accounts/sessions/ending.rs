use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::session_key::SessionKey;

/// Sessions that have ended in this process but perhaps not yet in the database.
#[derive(Default)]
pub struct Ending(Mutex<HashSet<SessionKey>>);

impl Ending {
    fn lock(&self) -> MutexGuard<'_, HashSet<SessionKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn add(&self, key: &SessionKey) {
        self.lock().insert(key.clone());
    }

    pub fn holds(&self, key: &SessionKey) -> bool {
        self.lock().contains(key)
    }

    /// Call once the database has recorded the end, or after the last try.
    pub fn remove(&self, key: &SessionKey) {
        self.lock().remove(key);
    }
}
