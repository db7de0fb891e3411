//! Whether the SQLite file that was opened is still the one at its place.
//!
//! A file can be deleted, replaced or overwritten under a running process. SQLite goes on writing
//! into what it has open, and nothing of that is there after a restart. So nothing is acknowledged
//! any more once it has happened.
//!
//! Two looks. The cheap one, before every acknowledgement, asks the system whether the database and
//! its log are still the files that were opened: it finds what was deleted or replaced. The other,
//! once a second, reads a number from the file itself, past the log and past all that SQLite
//! remembers, that was put there when it was opened: it finds what was overwritten in place. Files
//! are opened by SQLite only, for when a process closes a file it loses all the locks it has on it
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

/// How often the number is written until it is in the file: another process may be reading, and
/// hold up what is in the log.
const TRIES: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// A SQLite database that is open, and what tells it from another at the same place.
pub struct Guard {
    database: PathBuf,
    /// The database and its log, as the system knows them.
    files: [(PathBuf, FileId); 2],
    /// The number in the file's header (`PRAGMA user_version`).
    number: i32,
    /// What the last reading of that number came to.
    sound: AtomicBool,
    /// Keeps the log from being folded in and begun anew when all other connections happen to be
    /// closed.
    _keeper: Mutex<SqliteConnection>,
}

/// A file, whatever it is called: its device and number there.
type FileId = (u64, u64);

fn file_id(path: &Path) -> std::io::Result<FileId> {
    std::fs::metadata(path).map(|file| (file.dev(), file.ino()))
}

impl Guard {
    /// Begins to guard the database in this file, which is open already. If this process has it
    /// `alone`, it gets a new number.
    ///
    /// # Errors
    /// When it can't be opened or written.
    pub async fn over(database: &Path, alone: bool) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(database)
            .busy_timeout(super::PATIENCE)
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
            if tries > TRIES {
                return Err(Error::internal(
                    "the database's log can't be folded in: another process holds it",
                ));
            }
            keeper
                .execute("PRAGMA wal_checkpoint(PASSIVE)")
                .await
                .map_err(Error::internal)?;
            tokio::time::sleep(PAUSE).await;
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

    /// Whether what is written still reaches the database at its place. Costs two system calls.
    pub fn holds(&self) -> bool {
        self.held() && self.in_place()
    }

    /// What the last [`Self::look`] came to.
    pub fn held(&self) -> bool {
        self.sound.load(Ordering::Acquire)
    }

    fn in_place(&self) -> bool {
        self.files
            .iter()
            .all(|(path, id)| file_id(path).is_ok_and(|found| found == *id))
    }

    /// Reads the file itself. Gives what [`Self::holds`] says from now on.
    pub async fn look(&self) -> bool {
        let sound = self.in_place()
            && on_disk(&self.database)
                .await
                .is_ok_and(|number| number == self.number);
        self.sound.store(sound, Ordering::Release);
        sound
    }
}

/// The number in the file, past its log and past all that other connections remember.
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
