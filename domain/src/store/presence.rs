use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock,
    atomic::{AtomicBool, AtomicI64, Ordering},
};

use tokio::sync::Mutex as AsyncMutex;

use crate::{
    Error, Result,
    bus::Bus,
    clock,
    entities::node,
    site_id::SiteId,
    store::{Guard, Health, Identity, Store, change, nodes, outbox},
};

/// A process's record in the database (its `node` row), and what it knows of the database.
pub struct Presence {
    site: SiteId,
    epoch: RwLock<Arc<str>>,
    id: String,
    bus: &'static str,
    started_at: i64,
    /// The name in the marker of this process's picture folder.
    pictures: Mutex<Option<String>>,
    /// The outbox cursor: the id of the last message read.
    outbox_cursor: AtomicI64,
    /// Set on SQLite, when the process starts to serve.
    guard: OnceLock<Guard>,
    /// Whether the database was found to belong to another site.
    wrong_site: AtomicBool,
    /// The last health check's time and result.
    pub(super) health: AsyncMutex<Option<(tokio::time::Instant, Health)>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Presence {
    pub(super) fn new(
        Identity { site, epoch }: Identity,
        bus: &dyn Bus,
        outbox_cursor: i64,
    ) -> Self {
        Self {
            site,
            epoch: RwLock::new(epoch),
            id: bus.node().to_string(),
            bus: bus.kind(),
            started_at: clock::now(),
            pictures: Mutex::default(),
            outbox_cursor: AtomicI64::new(outbox_cursor),
            guard: OnceLock::new(),
            wrong_site: AtomicBool::new(false),
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

    /// This process's node id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// This process's current `node` row.
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

    /// The outbox cursor: the id of the last message read.
    pub(crate) const fn outbox_cursor(&self) -> &AtomicI64 {
        &self.outbox_cursor
    }

    pub(crate) fn note_pictures(&self, mark: Option<String>) {
        *lock(&self.pictures) = mark;
    }

    /// Records the identity read from the database; returns whether the epoch has changed.
    pub(crate) fn note(&self, Identity { site, epoch }: Identity) -> bool {
        self.wrong_site.store(site != self.site, Ordering::Release);
        let mut known = self.epoch.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *known != epoch;
        *known = epoch;
        changed
    }

    /// Sets the guard of the database's file, in the process that serves it.
    pub fn guard(&self, guard: Guard) {
        // A second guard would report the same.
        let _ = self.guard.set(guard);
    }

    pub(crate) fn guarded(&self) -> Option<&Guard> {
        self.guard.get()
    }

    /// Checks that the database has not been replaced since the server opened it. Makes two system
    /// calls on SQLite.
    ///
    /// # Errors
    /// [`shared::Kind::Unavailable`] if it is not: then no change may be acknowledged.
    pub fn in_place(&self) -> Result<()> {
        self.ensure_not(|guard| !guard.holds())
    }

    /// As [`Self::in_place`], by the result of the last check of the file; makes no system call.
    ///
    /// # Errors
    /// As [`Self::in_place`].
    pub fn known_in_place(&self) -> Result<()> {
        self.ensure_not(|guard| !guard.held())
    }

    fn ensure_not(&self, lost: impl Fn(&Guard) -> bool) -> Result<()> {
        if self.wrong_site.load(Ordering::Acquire) || self.guard.get().is_some_and(lost) {
            return Err(Error::replaced().into());
        }
        Ok(())
    }
}

impl Store {
    /// Deletes old outbox messages and the rows of killed nodes.
    pub(crate) async fn tidy_processes(&self) -> Result<()> {
        let tidied = change!(self, |txn| {
            outbox::tidy(txn.db()).await?;
            nodes::tidy(txn.db()).await
        });
        tidied.map(drop)
    }
}
