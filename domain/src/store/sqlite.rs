//! SQLite only: opening a database, and copying, checking and holding its file.

use std::{
    path::{Path, PathBuf},
    str::FromStr,
    time::{Duration, Instant},
};

use sea_orm::{
    DatabaseConnection, SqlxSqliteConnector,
    sqlx::{
        self, ConnectOptions, Connection, Executor, Row, SqliteConnection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};

use crate::{Error, Result, store::ACQUIRE_TIMEOUT};

/// How long opening retries while another process changes the journal mode.
const OPEN_TIMEOUT: Duration = Duration::from_secs(20);
/// Between attempts to open.
const RETRY_INTERVAL: Duration = Duration::from_millis(20);

/// The file of the database at this URL; `None` if it isn't a SQLite URL.
///
/// # Errors
/// When the URL can't be parsed.
pub fn sqlite_file(url: &str) -> Result<Option<PathBuf>> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| Error::internal(format!("DATABASE_URL: {error}")))?;
    Ok(Some(options.get_filename().to_owned()))
}

/// The URL of the database in this file.
pub fn sqlite_url(file: &Path) -> String {
    // `?` would end the path and `%` would begin an escape.
    let path = file
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f");
    format!("sqlite://{path}")
}

/// Retries opening while another process switches the database to WAL: the switch needs exclusive
/// access, and SQLite's busy timeout does not cover it.
pub async fn when_free<T, F>(open: impl Fn() -> F) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let begun = Instant::now();
    loop {
        match open().await {
            Err(sqlx::Error::Database(error))
                if begun.elapsed() < OPEN_TIMEOUT && primary_code(&*error) == Some(5) =>
            {
                tokio::time::sleep(RETRY_INTERVAL).await;
            }
            opened => return opened,
        }
    }
}

/// SQLite's primary result code: the low byte of the extended one.
pub fn primary_code(error: &dyn sqlx::error::DatabaseError) -> Option<u32> {
    error.code()?.parse::<u32>().ok().map(|code| code & 0xff)
}

/// A pool of one connection.
pub async fn lone(url: &str) -> Result<DatabaseConnection> {
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| Error::internal(format!("DATABASE_URL: {error}")))?;
    let options = options
        .create_if_missing(true)
        .foreign_keys(true)
        .busy_timeout(ACQUIRE_TIMEOUT);
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = || {
        SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(OPEN_TIMEOUT)
            .connect_with(options.clone())
    };
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(
        when_free(pool).await.map_err(Error::internal)?,
    ))
}

async fn open(options: SqliteConnectOptions) -> Result<SqliteConnection> {
    options.connect().await.map_err(Error::internal)
}

/// Copies a consistent snapshot of the database at `url`, which may be in use, to a new file.
///
/// # Errors
/// When either can't be opened, or the disk is full.
pub async fn copy_sqlite(url: &str, to: &Path) -> Result<()> {
    let mut connection =
        open(SqliteConnectOptions::from_str(url).map_err(Error::internal)?).await?;
    let copied = sea_orm::sqlx::query("VACUUM INTO ?")
        .bind(to.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await;
    copied.map_err(Error::internal)?;
    connection.close().await.map_err(Error::internal)?;
    // So that the copy is not mistaken for the original; see `guard`.
    let mut copy = open(SqliteConnectOptions::new().filename(to)).await?;
    copy.execute("PRAGMA user_version = 0")
        .await
        .map_err(Error::internal)?;
    copy.close().await.map_err(Error::internal)?;
    // Flush to the disk before acknowledging.
    std::fs::File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(Error::internal)
}

/// Checks that the file passes SQLite's integrity check and holds a site's database.
///
/// # Errors
/// When it does not, or can't be read.
pub async fn check_sqlite(file: &Path) -> Result<()> {
    let mut connection = open(SqliteConnectOptions::new().filename(file).read_only(true)).await?;
    let sound: String = connection
        .fetch_one("PRAGMA integrity_check")
        .await
        .map_err(Error::internal)?
        .get(0);
    if sound != "ok" {
        return Err(Error::internal(sound));
    }
    connection
        .fetch_one("SELECT value FROM meta WHERE name = 'epoch'")
        .await
        .map_err(Error::internal)?;
    Ok(())
}

/// Checks that no process has the database open, by checkpointing it and leaving WAL mode. A file
/// that is corrupt or not a database passes.
///
/// # Errors
/// When another connection is open.
pub async fn hold_sqlite(url: &str) -> Result<()> {
    let options = SqliteConnectOptions::from_str(url).map_err(Error::internal)?;
    // Leaving WAL needs exclusive access (SQLite, "PRAGMA journal_mode").
    let options = options
        .busy_timeout(std::time::Duration::ZERO)
        .journal_mode(SqliteJournalMode::Delete);
    match options.connect().await {
        Ok(connection) => connection.close().await.map_err(Error::internal),
        Err(sqlx::Error::Database(error)) if matches!(primary_code(&*error), Some(11 | 26)) => {
            Ok(())
        }
        Err(error) => Err(Error::internal(error)),
    }
}
