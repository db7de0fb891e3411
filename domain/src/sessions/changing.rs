use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::SessionKey;

/// How long after it was said a session may move. It does at once, or something came between, and it stays.
const MOVES_WITHIN: Duration = Duration::from_secs(2);

/// Sessions whose row in the database does not say yet what is true of them.
#[derive(Default)]
pub struct Changing(Mutex<Sets>);

#[derive(Default)]
struct Sets {
    /// Those that ended here while the database could not be told.
    ending: HashSet<SessionKey>,
    /// Those about to go on under another key, and since when.
    moving: HashMap<SessionKey, Instant>,
}

impl Changing {
    fn lock(&self) -> MutexGuard<'_, Sets> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn ends(&self, key: &SessionKey) {
        self.lock().ending.insert(key.clone());
    }

    pub fn is_ending(&self, key: &SessionKey) -> bool {
        self.lock().ending.contains(key)
    }

    /// The database knows, or will not be told any more.
    pub fn ended(&self, key: &SessionKey) {
        self.lock().ending.remove(key);
    }

    pub fn moves(&self, key: &SessionKey) {
        let mut sets = self.lock();
        sets.moving.retain(|_, since| since.elapsed() < MOVES_WITHIN);
        sets.moving.insert(key.clone(), Instant::now());
    }

    /// Whether it was about to move; asked once.
    pub fn has_moved(&self, key: &SessionKey) -> bool {
        self.lock().moving.remove(key).is_some_and(|since| since.elapsed() < MOVES_WITHIN)
    }
}
