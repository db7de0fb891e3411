//! The database: one writer and a pool of readers on SQLite, one pool on PostgreSQL, and the transaction that
//! carries what is to be said once it has committed.

use std::{str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    AccessMode, ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, EntityTrait, IsolationLevel, Set,
    SqliteTransactionMode, SqlxSqliteConnector, TransactionOptions, TransactionTrait,
    sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    Error, Result,
    entities::meta,
    live::{Bus, Message},
};

const EPOCH: &str = "epoch";
const BUSY: Duration = Duration::from_secs(5);

/// A connected database; cloning it shares the pools.
#[derive(Clone)]
pub struct Store {
    writer: DatabaseConnection,
    readers: DatabaseConnection,
    bus: Arc<dyn Bus>,
    epoch: Arc<str>,
}

/// Opens the pools for `url` (`sqlite://path` or `postgres://…`): the writer, then the readers.
///
/// # Errors
/// When the address is of neither kind or the database can't be reached.
pub async fn connect(url: &str) -> Result<(DatabaseConnection, DatabaseConnection)> {
    if !url.starts_with("sqlite:") {
        let mut options = ConnectOptions::new(url);
        options.max_connections(16).acquire_timeout(BUSY).sqlx_logging(false);
        let pool = Database::connect(options).await?;
        return Ok((pool.clone(), pool));
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| Error::internal(format!("DATABASE_URL: {error}")))?
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .journal_mode(SqliteJournalMode::Wal)
        // An acknowledged critique survives power loss, not only a crash.
        .synchronous(SqliteSynchronous::Full)
        .pragma("cache_size", "-16000")
        .pragma("temp_store", "memory");
    let pool = |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(BUSY);
    let writer = pool(1).connect_with(options.clone()).await.map_err(Error::internal)?;
    let readers = pool(4).connect_lazy_with(options.read_only(true));
    Ok((SqlxSqliteConnector::from_sqlx_sqlite_pool(writer), SqlxSqliteConnector::from_sqlx_sqlite_pool(readers)))
}

impl Store {
    /// A store over migrated pools. Reads the epoch, or begins one in a new database.
    ///
    /// # Errors
    /// When the database can't be reached or was not migrated.
    pub async fn new((writer, readers): (DatabaseConnection, DatabaseConnection), bus: Arc<dyn Bus>) -> Result<Self> {
        let epoch = match meta::Entity::find_by_id(EPOCH).one(&writer).await? {
            Some(row) => row.value,
            None => new_epoch(&writer).await?,
        };
        Ok(Self { writer, readers, bus, epoch: epoch.into() })
    }

    /// The name of this database's history.
    pub fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Where single reads go.
    pub const fn readers(&self) -> &DatabaseConnection {
        &self.readers
    }

    /// Begins a change. On SQLite it holds the one writer from here on.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn begin(&self) -> Result<Txn> {
        let options =
            TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
        Ok(Txn { inner: self.writer.begin_with_options(options).await?, messages: Vec::new(), bus: self.bus.clone() })
    }

    /// Begins several reads that must see one and the same instant.
    ///
    /// # Errors
    /// When no connection is to be had in time.
    pub async fn snapshot(&self) -> Result<DatabaseTransaction> {
        let postgres = self.readers.get_database_backend() == sea_orm::DbBackend::Postgres;
        let options = TransactionOptions {
            isolation_level: postgres.then_some(IsolationLevel::RepeatableRead),
            access_mode: postgres.then_some(AccessMode::ReadOnly),
            ..Default::default()
        };
        Ok(self.readers.begin_with_options(options).await?)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<()> {
        Ok(self.readers.ping().await?)
    }

    /// Begins a new history: every client starts over from a fresh page. For after a restore.
    ///
    /// # Errors
    /// When the database can't be written.
    pub async fn bump_epoch(&self) -> Result<String> {
        new_epoch(&self.writer).await
    }
}

async fn new_epoch(writer: &DatabaseConnection) -> Result<String> {
    let value = format!("{:010x}", rand::random::<u64>() & 0xff_ffff_ffff);
    let row = meta::ActiveModel { name: Set(EPOCH.into()), value: Set(value.clone()) };
    meta::Entity::insert(row)
        .on_conflict(sea_orm::sea_query::OnConflict::column(meta::Column::Name).update_column(meta::Column::Value).to_owned())
        .exec_without_returning(writer)
        .await?;
    Ok(value)
}

/// A change in the making. What is to be told goes in by [`Txn::publish`] and leaves when it has committed.
pub struct Txn {
    inner: DatabaseTransaction,
    messages: Vec<Message>,
    bus: Arc<dyn Bus>,
}

impl Txn {
    /// The connection to read and write through.
    pub const fn db(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Tells every node this after the commit. A roll-back takes it back.
    pub fn publish(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// Commits, then publishes. Runs on by itself if the caller goes away, so that a client that hangs up can't
    /// part a commit from its news.
    ///
    /// # Errors
    /// When the database refuses; then nothing was changed and nothing is said.
    pub async fn commit(self) -> Result<()> {
        let Self { inner, messages, bus } = self;
        let commit = tokio::spawn(async move {
            inner.commit().await?;
            for message in messages {
                bus.publish(message);
            }
            Ok::<_, sea_orm::DbErr>(())
        });
        Ok(commit.await.map_err(Error::internal)??)
    }
}
