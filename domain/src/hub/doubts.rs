use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use shared::UserId;
use tokio::sync::Notify;

use crate::credential::Credential;

/// Inboxes, sessions and tokens to look up because the outcome of a commit is unknown.
#[derive(Default)]
pub struct Doubts {
    waiting: Mutex<Doubtful>,
    added: Notify,
}

/// Inboxes, sessions and tokens to look up.
#[derive(Default)]
pub struct Doubtful {
    pub inboxes: HashSet<UserId>,
    pub credentials: HashSet<Credential>,
}

impl Doubts {
    pub fn inbox(&self, user: UserId) {
        self.change(|waiting| waiting.inboxes.extend([user]));
    }

    pub fn credential(&self, credential: Credential) {
        self.change(|waiting| waiting.credentials.extend([credential]));
    }

    /// Puts back entries whose look-up failed.
    pub fn put_back(&self, doubtful: Doubtful) {
        self.change(|waiting| {
            waiting.inboxes.extend(doubtful.inboxes);
            waiting.credentials.extend(doubtful.credentials);
        });
    }

    /// Waits for entries and takes all of them.
    pub async fn take(&self) -> Doubtful {
        loop {
            let taken =
                std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
            if !taken.inboxes.is_empty() || !taken.credentials.is_empty() {
                return taken;
            }
            self.added.notified().await;
        }
    }

    fn change(&self, change: impl FnOnce(&mut Doubtful)) {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        self.added.notify_one();
    }
}
