//! Detects that the open SQLite file was deleted, replaced or overwritten.
//!
//! SQLite keeps writing into the file it has open, even after its path leads to another one, and
//! those writes are gone after a restart. From the moment of detection no change is acknowledged.
//!
//! There are two checks. The cheap one runs before every acknowledgement and compares the device
//! and inode of the database and its WAL with those that were opened: it detects deletion and
//! replacement. The other runs every 500 ms and reads a number that was written to the file when it
//! was opened, bypassing the WAL and SQLite's caches: it detects overwriting in place. Only SQLite
//! opens the files, because a process that closes a file loses all its locks on it
//! (sqlite.org/howtocorrupt.html, section 2.2).

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{Error, Result};

/// Maximum checkpoints until the number has reached the file: another process's read transaction
/// can hold up a checkpoint.
const MAX_CHECKPOINTS: u32 = 40;
/// Between checkpoints.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(50);

/// An open SQLite database, and what distinguishes it from another at the same path.
pub struct Guard {
    database: PathBuf,
    /// The database and its WAL: path, device and inode.
    files: [(PathBuf, FileId); 2],
    /// The number in the file's header (`PRAGMA user_version`).
    number: i32,
    /// Whether the last [`Self::check`] found the file unchanged.
    sound: AtomicBool,
    /// An open connection, so that SQLite keeps the WAL file when all other connections are closed.
    _keeper: Mutex<SqliteConnection>,
}

/// A file's device and inode.
type FileId = (u64, u64);

fn file_id(path: &Path) -> std::io::Result<FileId> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

impl Guard {
    /// Guards the database in this file, which is already open. If this process is `alone` with it,
    /// the file gets a new number.
    ///
    /// # Errors
    /// When it can't be opened or written.
    pub async fn over(database: &Path, alone: bool) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .busy_timeout(crate::store::ACQUIRE_TIMEOUT)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full);
        let mut keeper = options.connect().await.map_err(Error::internal)?;
        let present = number_of(&mut keeper).await?;
        let number = if alone || present == 0 {
            rand::random::<i32>() | 1
        } else {
            present
        };
        if number != present {
            let set = AssertSqlSafe(format!("PRAGMA user_version = {number}"));
            keeper.execute(set).await.map_err(Error::internal)?;
        }
        let mut tries = 0;
        while on_disk(database).await? != number {
            tries += 1;
            if tries > MAX_CHECKPOINTS {
                return Err(Error::internal(
                    "the write-ahead log can't be checkpointed: another process holds the database",
                ));
            }
            keeper
                .execute("PRAGMA wal_checkpoint(PASSIVE)")
                .await
                .map_err(Error::internal)?;
            tokio::time::sleep(CHECKPOINT_INTERVAL).await;
        }
        let mut log = database.to_owned().into_os_string();
        log.push("-wal");
        let identified =
            |file: PathBuf| file_id(&file).map(|id| (file, id)).map_err(Error::internal);
        Ok(Self {
            database: database.to_owned(),
            files: [identified(database.to_owned())?, identified(log.into())?],
            number,
            sound: AtomicBool::new(true),
            _keeper: Mutex::new(keeper),
        })
    }

    /// Whether writes still reach the database at its path. Costs two system calls.
    pub fn holds(&self) -> bool {
        self.held() && self.in_place()
    }

    /// The result of the last [`Self::check`].
    pub fn held(&self) -> bool {
        self.sound.load(Ordering::Acquire)
    }

    fn in_place(&self) -> bool {
        self.files
            .iter()
            .all(|(path, id)| file_id(path).is_ok_and(|found| found == *id))
    }

    /// Checks the paths and the number in the file; stores and returns the result.
    pub async fn check(&self) -> bool {
        let sound = self.in_place()
            && on_disk(&self.database)
                .await
                .is_ok_and(|number| number == self.number);
        self.sound.store(sound, Ordering::Release);
        sound
    }
}

/// The number in the file, bypassing the WAL and all caches.
async fn on_disk(database: &Path) -> Result<i32> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .immutable(true);
    let mut connection = options.connect().await.map_err(Error::internal)?;
    let number = number_of(&mut connection).await?;
    connection.close().await.map_err(Error::internal)?;
    Ok(number)
}

async fn number_of(connection: &mut SqliteConnection) -> Result<i32> {
    Ok(connection
        .fetch_one("PRAGMA user_version")
        .await
        .map_err(Error::internal)?
        .get(0))
}
