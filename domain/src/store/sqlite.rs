//! What only SQLite needs: copies of its file, made and put back safely.

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

use super::PATIENCE;
use crate::{Error, Result};

/// How long a connection waits for another process that changes how the file is kept.
const OPENING: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(20);

/// The file of the database at this address; nothing if it is no SQLite database.
///
/// # Errors
/// When the address can't be read.
pub fn sqlite_file(url: &str) -> Result<Option<PathBuf>> {
    if !url.starts_with("sqlite:") {
        return Ok(None);
    }
    let options = SqliteConnectOptions::from_str(url)
        .map_err(|error| Error::internal(format!("DATABASE_URL: {error}")))?;
    Ok(Some(options.get_filename().to_owned()))
}

/// The address of the database in this file.
pub fn sqlite_url(file: &Path) -> String {
    // What would end the path or begin an escape.
    let path = file
        .to_string_lossy()
        .replace('%', "%25")
        .replace('?', "%3f");
    format!("sqlite://{path}")
}

/// Opens the database again while another process is just turning it to WAL: that needs the file
/// alone, and SQLite does not wait for it.
pub async fn when_free<T, F>(open: impl Fn() -> F) -> Result<T, sqlx::Error>
where
    F: Future<Output = Result<T, sqlx::Error>>,
{
    let begun = Instant::now();
    loop {
        match open().await {
            Err(sqlx::Error::Database(error))
                if begun.elapsed() < OPENING && primary_code(&*error) == Some(5) =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            opened => return opened,
        }
    }
}

/// SQLite's error code without what extends it.
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
        .busy_timeout(PATIENCE);
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = || {
        SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(OPENING)
            .connect_with(options.clone())
    };
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(
        when_free(pool).await.map_err(Error::internal)?,
    ))
}

async fn open(options: SqliteConnectOptions) -> Result<SqliteConnection> {
    options.connect().await.map_err(Error::internal)
}

/// Copies the database at `url`, as it is at one instant and while it is in use, to a new file.
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
    // Told from the file it was made of: see `guard`.
    let mut copy = open(SqliteConnectOptions::new().filename(to)).await?;
    copy.execute("PRAGMA user_version = 0")
        .await
        .map_err(Error::internal)?;
    copy.close().await.map_err(Error::internal)?;
    // What is acknowledged is on the disk.
    std::fs::File::open(to)
        .and_then(|file| file.sync_all())
        .map_err(Error::internal)
}

/// Whether the file is a sound database of this site.
///
/// # Errors
/// When it is not, or can't be read.
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

/// Makes sure that nobody has the database open: its log is folded in, and no other connection
/// holds it. A file that is broken, or no database, is nobody's.
///
/// # Errors
/// When somebody has.
pub async fn hold_sqlite(url: &str) -> Result<()> {
    let options = SqliteConnectOptions::from_str(url).map_err(Error::internal)?;
    // Leaving WAL needs the file alone (SQLite, "PRAGMA journal_mode").
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
