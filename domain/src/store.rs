//! The database: one writer and a pool of readers on SQLite, one pool on PostgreSQL, and the
//! transaction that carries what is to be said once it has committed.

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

use std::{
    str::FromStr,
    sync::Arc,
    time::{Duration, Instant},
};

use sea_orm::{
    DatabaseConnection, DbErr, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        Connection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};

use crate::{
    Error, Result, clock,
    live::{Bus, MemoryBus, Message},
    read_cache::ReadCache,
    sessions::SessionKey,
};
use connection::Writer;

pub use crate::entities::node::Model as Node;
pub use connection::{Pool, Transaction};
pub use guard::Guard;
pub use health::Health;
pub use identity::{Identity, SiteId};
pub(crate) use identity::{PICTURES, get, set, set_once};
pub use lease::{Lease, Sharing, is_served, take};
pub use live_nodes::LiveNodes;
pub use lone::lone_connection;
pub use nodes::all as all_nodes;
pub use postgres::Figures;
pub use presence::Presence;
pub use restored::{Restored, after_restore};
pub use sqlite::{check_sqlite, copy_sqlite, hold_sqlite, sqlite_file, sqlite_url};

/// How long a request waits for a connection or a turn to write before it is told to come back.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// Times a change is tried that the database gave up for another's sake.
const TRIES: u32 = 8;

/// A connected database; cloning it shares the pools.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Writer,
    readers: Pool,
    bus: Arc<dyn Bus>,
    read_cache: ReadCache,
    presence: Presence,
    /// Whether what is published goes to the outbox: from a command, which is no node.
    by_outbox: bool,
}

/// Opens the pools for `url` (`sqlite://path` or `postgres://…`): the writer, then the readers.
///
/// # Errors
/// When the address is of neither kind or the database can't be reached.
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
        .busy_timeout(PATIENCE)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged critique survives power loss, not only a crash.
        .synchronous(SqliteSynchronous::Full)
        .pragma("temp_store", "memory");
    // Neither grows old: closing the last connection takes the log away.
    let pool = |size| {
        SqlitePoolOptions::new()
            .max_connections(size)
            .acquire_timeout(PATIENCE)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    // The readers keep to SQLite's own 2 MB each: what they read again and again the system keeps
    // for all of them.
    let writer = pool(1)
        .test_before_acquire(false)
        .after_release(|writer, _| {
            Box::pin(async move {
                // By its answer the roll-back of what was dropped is over. One that failed, as
                // where SQLite had rolled back already, leaves sqlx believing in a transaction, and
                // it would begin the next ones inside that one: they would never reach the disk.
                writer.ping().await?;
                Ok(!writer.is_in_transaction())
            })
        });
    // Checkpoints after 16 MB of changes rather than 4: a page that changes again and again is
    // copied into the database less often.
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
    /// A node's store, over migrated pools.
    ///
    /// # Errors
    /// When the database can't be reached or was not migrated.
    pub async fn new(
        pools: (DatabaseConnection, DatabaseConnection),
        bus: Arc<dyn Bus>,
    ) -> Result<Self> {
        Self::over(pools, bus, false).await
    }

    /// The same for a command on the command line, which is no node: what it publishes is left for
    /// the nodes to read.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub async fn of_command(pools: (DatabaseConnection, DatabaseConnection)) -> Result<Self> {
        Self::over(pools, MemoryBus::shared(), true).await
    }

    async fn over(
        (writer, readers): (DatabaseConnection, DatabaseConnection),
        bus: Arc<dyn Bus>,
        by_outbox: bool,
    ) -> Result<Self> {
        // Before anything else is read: whatever is left after it is heard.
        let heard_to = outbox::end(&writer).await?;
        let presence = Presence::new(Identity::read(&writer).await?, &*bus, heard_to);
        let (writer, readers) = (writer.into(), readers.into());
        Ok(Self(Arc::new(Inner {
            writer,
            readers,
            bus,
            read_cache: ReadCache::default(),
            presence,
            by_outbox,
        })))
    }

    /// The name of this database's history.
    pub fn epoch(&self) -> String {
        self.0.presence.epoch().to_string()
    }

    /// The site that this database is of.
    pub fn site(&self) -> &SiteId {
        self.0.presence.site()
    }

    /// This node in its database.
    pub fn presence(&self) -> &Presence {
        &self.0.presence
    }

    /// What carries news to other nodes.
    pub(crate) fn bus(&self) -> &Arc<dyn Bus> {
        &self.0.bus
    }

    /// Whether another process has changed the database since the last call; nothing where that
    /// can't be told. `version` is for the caller to keep.
    pub(crate) async fn changed_elsewhere(&self, version: &mut Option<i64>) -> Option<bool> {
        let Writer::Sqlite(group) = &self.0.writer else {
            return None;
        };
        let now = group.version().await.ok();
        let changed = now.zip(*version).map(|(now, before)| now != before);
        *version = now;
        changed
    }

    /// Whether changes take turns, as on SQLite, rather than lock what they change.
    pub(crate) fn one_writer(&self) -> bool {
        matches!(self.0.writer, Writer::Sqlite(_))
    }

    /// Where single reads go.
    pub fn readers(&self) -> &Pool {
        &self.0.readers
    }

    /// What was read a moment ago; nothing while other nodes can't say that it has changed.
    pub(crate) fn read_cache(&self) -> Option<&ReadCache> {
        Some(&self.0.read_cache).filter(|_| self.0.bus.up())
    }

    /// The same, where this process knows of every change before it is acknowledged: there are no
    /// other nodes.
    pub(crate) fn known(&self) -> Option<&ReadCache> {
        Some(&self.0.read_cache).filter(|_| self.0.bus.alone())
    }

    /// A number that is another after every change to works, inboxes, sessions and accounts, and
    /// before the change is acknowledged; nothing where other nodes make changes too.
    pub fn version(&self) -> Option<u64> {
        self.known().map(ReadCache::generation)
    }

    /// Forgets what a message says is no longer so.
    pub(crate) fn hear(&self, message: &Message) {
        self.0.read_cache.hear(message);
    }

    /// Clears away what was read too long ago to be believed.
    pub(crate) fn tidy(&self) {
        self.0.read_cache.tidy();
    }

    /// Forgets all that was read: messages may have been lost.
    pub(crate) fn forget_all(&self) {
        self.0.read_cache.forget_all();
    }

    /// Forgets a session whose record was changed here.
    pub(crate) fn forget_session(&self, key: &SessionKey) {
        self.0.read_cache.forget_session(key);
    }

    /// Begins a change. On SQLite it holds the one writer from here on.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn begin(&self) -> Result<Txn> {
        self.0.presence.in_place()?;
        let inner = self.0.writer.begin().await?;
        Ok(Txn {
            inner,
            messages: Vec::new(),
            store: self.clone(),
        })
    }

    /// How many connections there are to PostgreSQL; nothing on SQLite.
    pub fn figures(&self) -> Option<Figures> {
        self.0.readers.figures()
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.0.readers.ping().await?)
    }
}

/// Makes a change: runs the block in a transaction named `txn`, commits, then publishes what it had
/// to say, and is a `Result` of the block's value. What the database gives up for another
/// transaction's sake (a deadlock, a serialization failure) is tried again, so the block may run
/// more than once. A block said to be `idempotent` is also run again where nobody knows whether its
/// commit was made. A macro, since closures over an async block that borrow aren't `Send` enough
/// for a handler.
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

/// What has come of a change so far.
#[derive(Default)]
pub(crate) struct Tries {
    made: u32,
    /// The first commit whose outcome is not known, and when that was.
    doubt: Option<(Error, Instant)>,
}

impl Tries {
    /// Waits a little if a change that failed so is to be tried again; otherwise gives the error to
    /// end with.
    pub(crate) async fn again(&mut self, error: Error, idempotent: bool) -> Result<()> {
        self.made += 1;
        let passing = error.passing();
        if idempotent && error.is_in_doubt() {
            self.doubt
                .get_or_insert_with(|| (error.clone_doubt(), Instant::now()));
        }
        let wait = match &self.doubt {
            _ if self.made >= TRIES => None,
            _ if error.worth_another_try() => {
                Some(Duration::from_millis(10 * u64::from(self.made)))
            }
            Some((_, since)) if passing && since.elapsed() < PATIENCE => {
                Some(Duration::from_millis(250))
            }
            _ => None,
        };
        let Some(wait) = wait else {
            // That the last try could not be made says nothing of the first.
            return Err(self
                .doubt
                .take()
                .filter(|_| passing)
                .map_or(error, |(doubt, _)| doubt));
        };
        metrics::counter!("artcritique_transaction_retries_total").increment(1);
        tokio::time::sleep(wait.mul_f64(0.2 + 0.8 * rand::random::<f64>())).await;
        Ok(())
    }
}

/// A change in the making. What is to be told goes in by [`Txn::publish`] and leaves when it has
/// committed.
pub struct Txn {
    inner: Transaction,
    messages: Vec<Message>,
    store: Store,
}

impl Txn {
    /// The connection to read and write through.
    pub const fn db(&self) -> &Transaction {
        &self.inner
    }

    /// Tells every node this after the commit. A roll-back takes it back.
    pub fn publish(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Commits, then publishes. Runs on by itself if the caller goes away, so that a client that
    /// hangs up can't part a commit from its news.
    ///
    /// # Errors
    /// When the database refuses; then nothing was changed and nothing is said. [`Error::InDoubt`]
    /// when nobody knows whether it did; then those concerned are told to look.
    pub async fn commit(self) -> Result<()> {
        let Self {
            inner,
            messages,
            store,
        } = self;
        let commit = tokio::spawn(async move {
            if store.0.by_outbox {
                outbox::leave(&inner, &messages).await?;
            }
            let committed = inner.commit().await.map_err(Error::of_commit);
            // In the file that is at the database's place, or it is not there tomorrow.
            let committed = committed.and_then(|()| store.0.presence.in_place());
            match &committed {
                Ok(()) => {
                    let at = clock::micros();
                    for message in messages {
                        store.tell(message.committed(at));
                    }
                }
                Err(Error::InDoubt(_)) => store.tell_to_look(messages),
                Err(_) => {}
            }
            committed
        });
        commit
            .await
            .unwrap_or_else(|gone| Err(Error::InDoubt(DbErr::Custom(gone.to_string()))))
    }
}

/// When those whom a commit in doubt may concern look whether it was made: the database may take a
/// while over it yet.
const LOOKS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_millis(1_500),
    Duration::from_secs(5),
];

impl Store {
    /// Tells this process and every other node.
    pub(crate) fn tell(&self, message: Message) {
        self.0.read_cache.hear(&message);
        self.0.bus.publish(message);
    }

    fn tell_to_look(&self, messages: Vec<Message>) {
        metrics::counter!("artcritique_commits_in_doubt_total").increment(1);
        let mut looks: Vec<Message> = Vec::new();
        for message in messages.into_iter().map(Message::in_doubt) {
            if !looks.contains(&message) {
                looks.push(message);
            }
        }
        let store = self.clone();
        tokio::spawn(async move {
            let begun = tokio::time::Instant::now();
            for look in LOOKS {
                tokio::time::sleep_until(begun + look).await;
                for message in &looks {
                    store.tell(message.clone());
                }
            }
        });
    }
}
