//! The database: one writer and a pool of readers on SQLite, one pool on PostgreSQL, and the
//! transaction that publishes its messages once it has committed.

pub(crate) mod batch;
mod cache;
mod connection;
mod group;
mod guard;
mod health;
mod identity;
mod lease;
mod live_nodes;
mod lone;
mod nodes;
pub(crate) mod outbox;
mod postgres;
mod presence;
mod restored;
mod sqlite;
mod txn;

use std::{
    hash::Hash,
    str::FromStr,
    sync::{Arc, atomic::AtomicI64},
    time::{Duration, Instant},
};

use cache::Versions;
pub use cache::{CACHE_TTL, Cache, Reach, Seen, Subject};
use connection::Writer;
pub use connection::{Pool, Transaction};
pub use guard::Guard;
pub use health::Health;
pub use identity::Identity;
pub(crate) use identity::{PICTURES, get, set, set_once};
pub use lease::{Lease, Sharing, is_served, take};
pub use live_nodes::LiveNodes;
pub use lone::lone_connection;
pub use nodes::all as all_nodes;
pub use postgres::Figures;
pub use presence::Presence;
pub use restored::{Restored, after_restore};
use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
pub use sqlite::{check_sqlite, copy_sqlite, hold_sqlite, sqlite_file, sqlite_url};
pub use txn::Txn;

pub use crate::entities::node::Model as Node;
use crate::{
    Error, Result,
    bus::{Bus, MemoryBus, Message},
    session_key::SessionKey,
    site_id::SiteId,
};

/// How long a request waits for a connection or for the writer before it is told to retry.
pub(crate) const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum attempts at a change that the database keeps aborting (deadlock, serialization failure).
const MAX_ATTEMPTS: u32 = 8;

/// A connected database; cloning it shares the pools.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Writer,
    readers: Pool,
    bus: Arc<dyn Bus>,
    versions: Arc<Versions>,
    presence: Presence,
    /// Whether messages go to the outbox: true in a command, which has no bus.
    use_outbox: bool,
    /// When other nodes were last sent a wake-up, in milliseconds since 1970.
    others_woken_at: AtomicI64,
}

/// Opens the pools for `url` (`sqlite://path` or `postgres://…`): the writer, then the readers.
///
/// # Errors
/// When the URL is of neither kind or the database can't be reached.
pub async fn connect(url: &str) -> Result<(DatabaseConnection, DatabaseConnection)> {
    let unreadable = |error| Error::internal(format!("DATABASE_URL: {error}"));
    if !url.starts_with("sqlite:") {
        let pool = SqlxPostgresConnector::from_sqlx_postgres_pool(
            postgres::connect(url).await.map_err(unreadable)?,
        );
        return Ok((pool.clone(), pool));
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(unreadable)?
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(ACQUIRE_TIMEOUT)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged critique survives power loss, not only a crash.
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "memory");
    // No idle timeout and no maximum lifetime: closing the last connection deletes the WAL.
    let pool = |size| {
        SqlitePoolOptions::new()
            .max_connections(size)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    // Readers keep SQLite's default page cache of 2 MB each; the operating system's cache holds hot
    // pages for all of them.
    let writer = pool(1)
        .test_before_acquire(false)
        .after_release(|writer, _| {
            Box::pin(async move {
                // The answer to the ping means that any rollback queued by a dropped transaction
                // has run. If that rollback failed, because SQLite had already rolled back, sqlx
                // still counts a transaction as open and would nest later ones inside it, so they
                // would never reach the disk. Discard such a connection.
                writer.ping().await?;
                Ok(!writer.is_in_transaction())
            })
        });
    // Checkpoint after 16 MB of changes rather than 4, so that a hot page is copied into the
    // database less often.
    let options_to_write = options
        .clone()
        .pragma("cache_size", "-16000")
        .pragma("wal_autocheckpoint", "4000");
    let writer = sqlite::when_free(|| writer.clone().connect_with(options_to_write.clone()))
        .await
        .map_err(Error::internal)?;
    let readers = pool(4).connect_lazy_with(options.read_only(true));
    Ok((
        SqlxSqliteConnector::from_sqlx_sqlite_pool(writer),
        SqlxSqliteConnector::from_sqlx_sqlite_pool(readers),
    ))
}

impl Store {
    /// A node's store. The database must be migrated.
    ///
    /// # Errors
    /// When the database can't be reached or was not migrated.
    pub async fn new(
        pools: (DatabaseConnection, DatabaseConnection),
        bus: Arc<dyn Bus>,
    ) -> Result<Self> {
        Self::with_pools(pools, bus, false).await
    }

    /// The store of a command-line command. Its messages go to the outbox, which the nodes read.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub async fn of_command(pools: (DatabaseConnection, DatabaseConnection)) -> Result<Self> {
        Self::with_pools(pools, MemoryBus::shared(), true).await
    }

    async fn with_pools(
        (writer, readers): (DatabaseConnection, DatabaseConnection),
        bus: Arc<dyn Bus>,
        use_outbox: bool,
    ) -> Result<Self> {
        // Read the outbox position first, so that no later message is missed.
        let outbox_cursor = outbox::end(&writer).await?;
        let presence = Presence::new(Identity::read(&writer).await?, &*bus, outbox_cursor);
        let (writer, readers) = (writer.into(), readers.into());
        Ok(Self(Arc::new(Inner {
            writer,
            readers,
            bus,
            versions: Arc::default(),
            presence,
            use_outbox,
            others_woken_at: AtomicI64::new(0),
        })))
    }

    /// The database's epoch: the identifier of its history, which a restore replaces.
    pub fn epoch(&self) -> String {
        self.0.presence.epoch().to_string()
    }

    /// The site that this database belongs to.
    pub fn site(&self) -> &SiteId {
        self.0.presence.site()
    }

    /// This process's record in the database, and what it knows of the database.
    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// The bus that carries messages to other nodes.
    pub(crate) fn bus(&self) -> &Arc<dyn Bus> {
        &self.0.bus
    }

    /// Whether another process has changed the database since the last call; `None` on PostgreSQL,
    /// on the first call and after an error. The caller keeps `version` between calls.
    pub(crate) async fn changed_elsewhere(&self, version: &mut Option<i64>) -> Option<bool> {
        let Writer::Sqlite(group) = &self.0.writer else {
            return None;
        };
        let now = group.version().await.ok();
        let changed = now.zip(*version).map(|(now, before)| now != before);
        *version = now;
        changed
    }

    /// Whether changes are serialized through one writer (SQLite) rather than by row locks.
    pub(crate) fn one_writer(&self) -> bool {
        matches!(self.0.writer, Writer::Sqlite(_))
    }

    /// The pool for reads outside a transaction.
    pub fn readers(&self) -> &Pool {
        &self.0.readers
    }

    /// A cache of up to `capacity` entries, for the service that fills it.
    pub fn cache<K, V>(&self, reach: Reach, capacity: usize) -> Cache<K, V>
    where
        K: Eq + Hash + Send + 'static,
        V: Clone + Send + 'static,
    {
        Cache::new(&self.0.versions, &self.0.bus, reach, capacity)
    }

    /// Invalidates the cache entries that a message concerns.
    pub(crate) fn invalidate(&self, message: &Message) {
        self.0.versions.apply(message);
    }

    /// Evicts invalid cache entries.
    pub(crate) fn evict(&self) {
        self.0.versions.evict();
    }

    /// Invalidates every cache entry: messages may have been lost.
    pub(crate) fn invalidate_all(&self) {
        self.0.versions.bump_all();
    }

    /// Invalidates a cached session that this process has changed.
    pub(crate) fn invalidate_session(&self, key: &SessionKey) {
        self.0.versions.bump(&Subject::Session(key.clone()));
    }

    /// Begins a transaction. On SQLite it holds the one writer until it ends.
    ///
    /// # Errors
    /// When no connection is free in time, or the database was replaced.
    pub async fn begin(&self) -> Result<Txn> {
        self.0.presence.in_place()?;
        let inner = self.0.writer.begin().await?;
        Ok(Txn {
            inner,
            messages: Vec::new(),
            store: self.clone(),
        })
    }

    /// PostgreSQL connection counts; `None` on SQLite.
    pub fn figures(&self) -> Option<Figures> {
        self.0.readers.figures()
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.0.readers.ping().await?)
    }
}

/// Makes a change: runs the block in a transaction bound to `txn`, commits, then publishes the
/// messages, and evaluates to a `Result` of the block's value. A deadlock or serialization failure
/// is retried, so the block may run more than once. A block marked `idempotent` is also retried
/// when the outcome of its commit is unknown. A macro, because the future of an async closure that
/// borrows isn't `Send`, as a handler needs.
macro_rules! change {
    ($store:expr, |$txn:ident| $work:expr) => {
        $crate::store::change!($store, false, |$txn| $work)
    };
    ($store:expr, $idempotent:expr, |$txn:ident| $work:expr) => {{
        let mut tries = $crate::store::Tries::default();
        loop {
            let done = match $store.begin().await {
                Ok(mut begun) => {
                    #[allow(
                        unused_mut,
                        unused_variables,
                        clippy::allow_attributes,
                        reason = "not every block publishes"
                    )]
                    let $txn = &mut begun;
                    let done: $crate::Result<_> = async { $work }.await;
                    match done {
                        Ok(value) => begun.commit().await.map(|()| value),
                        Err(error) => {
                            drop(begun);
                            Err(error)
                        }
                    }
                }
                Err(error) => Err(error),
            };
            match done {
                Ok(value) => break Ok(value),
                Err(error) => {
                    if let Err(error) = tries.again(error, $idempotent).await {
                        break Err(error);
                    }
                }
            }
        }
    }};
}
pub(crate) use change;

/// The attempts at one change so far.
#[derive(Default)]
pub(crate) struct Tries {
    made: u32,
    /// The error of the first commit whose outcome is unknown, and when it happened.
    doubt: Option<(Error, Instant)>,
}

impl Tries {
    /// Backs off, then returns `Ok` if the error is retryable; otherwise returns the error to
    /// report.
    pub(crate) async fn again(&mut self, error: Error, idempotent: bool) -> Result<()> {
        self.made += 1;
        let is_transient = error.is_transient();
        if idempotent && error.is_in_doubt() {
            self.doubt
                .get_or_insert_with(|| (error.clone_doubt(), Instant::now()));
        }
        let wait = match &self.doubt {
            _ if self.made >= MAX_ATTEMPTS => None,
            _ if error.is_retryable() => Some(Duration::from_millis(10 * u64::from(self.made))),
            Some((_, since)) if is_transient && since.elapsed() < ACQUIRE_TIMEOUT => {
                Some(Duration::from_millis(250))
            }
            _ => None,
        };
        let Some(wait) = wait else {
            // A transient failure of the last attempt leaves the first commit's outcome unknown.
            return Err(self
                .doubt
                .take()
                .filter(|_| is_transient)
                .map_or(error, |(doubt, _)| doubt));
        };
        metrics::counter!("artcritique_transaction_retries_total").increment(1);
        tokio::time::sleep(wait.mul_f64(0.2 + 0.8 * rand::random::<f64>())).await;
        Ok(())
    }
}
