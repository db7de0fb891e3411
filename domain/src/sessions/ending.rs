use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::SessionKey;

/// Sessions that ended here while the database could not be told.
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

    /// The database knows, or will not be told any more.
    pub fn remove(&self, key: &SessionKey) {
        self.lock().remove(key);
    }
}
