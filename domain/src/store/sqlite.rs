//! What only SQLite needs: copies of its file, made and put back safely.

use std::{path::Path, str::FromStr};

use sea_orm::sqlx::{
    ConnectOptions, Connection, Executor, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode},
};

use crate::{Error, Result};

async fn open(options: SqliteConnectOptions) -> Result<SqliteConnection> {
    options.connect().await.map_err(Error::internal)
}

/// Copies the database at `url`, as it is at one instant and while it is in use, to a new file.
///
/// # Errors
/// When either can't be opened, or the disk is full.
pub async fn copy_sqlite(url: &str, to: &Path) -> Result<()> {
    let mut connection = open(SqliteConnectOptions::from_str(url).map_err(Error::internal)?).await?;
    let copied = sea_orm::sqlx::query("VACUUM INTO ?").bind(to.to_string_lossy().into_owned()).execute(&mut connection).await;
    copied.map_err(Error::internal)?;
    connection.close().await.map_err(Error::internal)?;
    // What is acknowledged is on the disk.
    std::fs::File::open(to).and_then(|file| file.sync_all()).map_err(Error::internal)
}

/// Whether the file is a sound database of this site.
///
/// # Errors
/// When it is not, or can't be read.
pub async fn check_sqlite(file: &Path) -> Result<()> {
    let mut connection = open(SqliteConnectOptions::new().filename(file).read_only(true)).await?;
    let sound: String = connection.fetch_one("PRAGMA integrity_check").await.map_err(Error::internal)?.get(0);
    if sound != "ok" {
        return Err(Error::internal(sound));
    }
    connection.fetch_one("SELECT value FROM meta WHERE name = 'epoch'").await.map_err(Error::internal)?;
    Ok(())
}

/// Makes sure that nobody has the database open: its log is folded in, and no other connection holds it.
///
/// # Errors
/// When somebody has.
pub async fn hold_sqlite(url: &str) -> Result<()> {
    let options = SqliteConnectOptions::from_str(url).map_err(Error::internal)?;
    // Leaving WAL needs the file alone (SQLite, "PRAGMA journal_mode").
    let options = options.busy_timeout(std::time::Duration::ZERO).journal_mode(SqliteJournalMode::Delete);
    let connection = open(options).await?;
    connection.close().await.map_err(Error::internal)
}
