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
//!
//! A checkpoint may leave the file shorter than its header says, for as long as a reader keeps the
//! rest in the WAL. The file is sound then, so the number is read nevertheless.

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
    self, AssertSqlSafe, ConnectOptions, Connection, Executor, Row, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use crate::{Error, Result, store::sqlite::primary_code};

/// Maximum checkpoints until the number has reached the file: another process's read transaction
/// can hold up a checkpoint.
const MAX_CHECKPOINTS: u32 = 40;
/// Between checkpoints.
const CHECKPOINT_INTERVAL: Duration = Duration::from_millis(50);
/// Consecutive reads that must find another database in the file before it counts as lost.
const READS: u32 = 3;
/// Between these reads.
const READ_INTERVAL: Duration = Duration::from_millis(100);

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
        let present = number_of(&mut keeper).await.map_err(Error::internal)?;
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
        while on_disk(database).await.map_err(Error::internal)? != number {
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

    /// Checks the paths and the number in the file; stores and returns the result. A file that
    /// can't be read, as when the process has no file descriptor left, says nothing: the last
    /// result stands.
    pub async fn check(&self) -> bool {
        let sound = self.in_place() && self.has_our_number().await;
        self.sound.store(sound, Ordering::Release);
        sound
    }

    async fn has_our_number(&self) -> bool {
        for read in 1..=READS {
            match on_disk(&self.database).await {
                Ok(number) if number == self.number => return true,
                Err(error) if !shows_damage(&error) => {
                    tracing::debug!(%error, "the database's file could not be checked");
                    return self.held();
                }
                _ if read < READS => tokio::time::sleep(READ_INTERVAL).await,
                _ => {}
            }
        }
        false
    }
}

/// The number in the file, bypassing the WAL and all caches.
async fn on_disk(database: &Path) -> Result<i32, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .read_only(true)
        .immutable(true)
        // Reads the header of a file that is shorter than the header says (`lockBtree` in SQLite
        // 3.51), as during a checkpoint.
        .pragma("writable_schema", "ON");
    let mut connection = options.connect().await?;
    let number = number_of(&mut connection).await?;
    connection.close().await?;
    Ok(number)
}

async fn number_of(connection: &mut SqliteConnection) -> Result<i32, sqlx::Error> {
    Ok(connection.fetch_one("PRAGMA user_version").await?.get(0))
}

/// Whether the error is about the file's content: `SQLITE_CORRUPT` or `SQLITE_NOTADB`.
fn shows_damage(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(error) => matches!(primary_code(&**error), Some(11 | 26)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: u64 = 4_096;

    async fn connect(file: &Path) -> SqliteConnection {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal);
        options.connect().await.expect("connects")
    }

    async fn run(connection: &mut SqliteConnection, sql: &'static str) {
        connection.execute(sql).await.expect(sql);
    }

    async fn number(connection: &mut SqliteConnection, sql: &'static str) -> u64 {
        let row = connection.fetch_one(sql).await.expect(sql);
        u64::try_from(row.get::<i64, _>(0)).expect("not negative")
    }

    #[tokio::test]
    async fn a_file_that_a_checkpoint_has_not_extended_yet_is_sound() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("site.sqlite");
        let mut writer = connect(&file).await;
        run(
            &mut writer,
            "CREATE TABLE picture (id INTEGER PRIMARY KEY, bytes BLOB)",
        )
        .await;
        let guard = Guard::over(&file, true).await.expect("guards");

        run(
            &mut writer,
            "INSERT INTO picture VALUES (1, randomblob(200000))",
        )
        .await;
        let mut reader = connect(&file).await;
        run(&mut reader, "BEGIN; SELECT id FROM picture").await;
        // Changes all pages that the insertion added, but not the first.
        run(&mut writer, "UPDATE picture SET bytes = randomblob(200000)").await;
        run(&mut writer, "PRAGMA wal_checkpoint(PASSIVE)").await;
        let pages = number(&mut writer, "PRAGMA page_count").await;
        let length = std::fs::metadata(&file).expect("a file").len();
        assert!(length < pages * PAGE, "{length} bytes, {pages} pages");
        assert!(guard.check().await);

        run(&mut reader, "COMMIT").await;
        run(&mut writer, "PRAGMA wal_checkpoint(TRUNCATE)").await;
        let length = std::fs::metadata(&file).expect("a file").len();
        assert_eq!(length, pages * PAGE);
        assert!(guard.check().await);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn commits_and_checkpoints_never_look_like_a_loss() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("site.sqlite");
        let mut writer = connect(&file).await;
        run(
            &mut writer,
            "CREATE TABLE picture (id INTEGER PRIMARY KEY, bytes BLOB)",
        )
        .await;
        let guard = Guard::over(&file, true).await.expect("guards");
        let writing = tokio::spawn(async move {
            for _ in 0..150 {
                run(
                    &mut writer,
                    "INSERT INTO picture (bytes) VALUES (randomblob(300000))",
                )
                .await;
                run(&mut writer, "PRAGMA wal_checkpoint(PASSIVE)").await;
            }
        });
        let mut checks = 0;
        while !writing.is_finished() {
            // One read, without the repetitions that `check` allows.
            let number = on_disk(&file).await.expect("reads");
            assert_eq!(number, guard.number);
            checks += 1;
        }
        writing.await.expect("writes");
        assert!(checks > 10, "{checks} checks");
    }

    #[tokio::test]
    async fn a_file_without_a_database_is_lost() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("site.sqlite");
        let mut writer = connect(&file).await;
        run(
            &mut writer,
            "CREATE TABLE picture (id INTEGER PRIMARY KEY, bytes BLOB)",
        )
        .await;
        let guard = Guard::over(&file, true).await.expect("guards");
        assert!(guard.check().await);
        let content = std::fs::read(&file).expect("reads");
        std::fs::write(&file, vec![b'x'; content.len()]).expect("writes");
        assert!(!guard.check().await && !guard.holds());
        std::fs::write(&file, content).expect("writes");
        assert!(guard.check().await && guard.holds(), "the file is back");
    }
}
