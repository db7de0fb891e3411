use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use tokio::sync::Mutex as AsyncMutex;

use super::{Guard, Health, Identity, SiteId, Store, change, nodes, outbox};
use crate::{Error, Result, clock, entities::node, live::Bus};

/// A process and its database: what it knows of it, and how others find it there.
pub struct Presence {
    site: SiteId,
    epoch: RwLock<Arc<str>>,
    id: String,
    bus: &'static str,
    started_at: i64,
    /// What the folder of pictures that this process uses is marked with.
    pictures: Mutex<Option<String>>,
    /// Up to where the outbox was read.
    heard_to: AtomicI64,
    /// On SQLite, once the site is served.
    guard: OnceLock<Guard>,
    /// Whether the database turned out to be another one.
    another: AtomicBool,
    /// What the last look at the database's health came to, and when that was.
    pub(super) health: AsyncMutex<Option<(tokio::time::Instant, Health)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Presence {
    pub(super) fn new(Identity { site, epoch }: Identity, bus: &dyn Bus, heard_to: i64) -> Self {
        Self {
            site,
            epoch: RwLock::new(epoch),
            id: bus.node().to_string(),
            bus: bus.kind(),
            started_at: clock::now(),
            pictures: Mutex::default(),
            heard_to: AtomicI64::new(heard_to),
            guard: OnceLock::new(),
            another: AtomicBool::new(false),
            health: AsyncMutex::default(),
        }
    }

    pub(super) fn epoch(&self) -> Arc<str> {
        self.epoch
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) const fn site(&self) -> &SiteId {
        &self.site
    }

    /// This process's name among the nodes.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// This process as others are to find it now.
    pub(super) fn row(&self) -> node::Model {
        node::Model {
            id: self.id.clone(),
            program: env!("CARGO_PKG_VERSION").into(),
            bus: self.bus.into(),
            epoch: self.epoch().to_string(),
            pictures: lock(&self.pictures).clone(),
            started_at: self.started_at,
            seen_at: clock::now(),
        }
    }

    /// Up to where the outbox was read.
    pub(crate) const fn heard_to(&self) -> &AtomicI64 {
        &self.heard_to
    }

    pub(crate) fn note_pictures(&self, mark: Option<String>) {
        *lock(&self.pictures) = mark;
    }

    /// Takes in what the database says it is; whether its history has changed.
    pub(crate) fn note(&self, Identity { site, epoch }: Identity) -> bool {
        self.another.store(site != self.site, Ordering::Release);
        let mut known = self.epoch.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *known != epoch;
        *known = epoch;
        changed
    }

    /// Begins to watch over the file of the database. For the process that serves it.
    pub fn guard(&self, guard: Guard) {
        // A second one would say the same.
        let _ = self.guard.set(guard);
    }

    pub(crate) fn guarded(&self) -> Option<&Guard> {
        self.guard.get()
    }

    /// Whether the database is still the one that was opened, as of now. Asks the system.
    ///
    /// # Errors
    /// [`shared::Kind::Unavailable`] if it is not: then nothing may be acknowledged.
    pub fn in_place(&self) -> Result<()> {
        self.unless(|guard| !guard.holds())
    }

    /// The same as of the last look at the file. Asks nobody.
    ///
    /// # Errors
    /// As [`Self::in_place`].
    pub fn known_in_place(&self) -> Result<()> {
        self.unless(|guard| !guard.held())
    }

    fn unless(&self, lost: impl Fn(&Guard) -> bool) -> Result<()> {
        if self.another.load(Ordering::Acquire) || self.guard.get().is_some_and(lost) {
            return Err(Error::replaced().into());
        }
        Ok(())
    }
}

impl Store {
    /// Deletes what other processes left and nobody reads any more.
    pub(crate) async fn tidy_processes(&self) -> Result<()> {
        let tidied = change!(self, |txn| {
            outbox::tidy(txn.db()).await?;
            nodes::tidy(txn.db()).await
        });
        tidied.map(drop)
    }
}
