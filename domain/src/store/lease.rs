//! The right to serve a SQLite database: a lock on a file beside it. The operating system releases
//! the lock when the process ends, however it ends.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{Error, Result};

/// How long a server waits for its predecessor to exit.
const LOCK_TIMEOUT: Duration = Duration::from_secs(3);
/// Between attempts to lock.
const RETRY_INTERVAL: Duration = Duration::from_millis(50);

/// Whether a database may be served by several processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// By this process only, which caches reads and sends no invalidations.
    Alone,
    /// Together with others that exchange messages over a bus.
    WithOthers,
}

/// The right to serve a database, released when dropped.
pub struct Lease {
    _lock: File,
    /// Whether the lease is exclusive.
    pub alone: bool,
}

/// The path of the database's lock file.
fn lock_file(database: &Path) -> PathBuf {
    // One lock per database, whichever path it is opened by.
    let database = database
        .canonicalize()
        .unwrap_or_else(|_| database.to_owned());
    let mut name = database.into_os_string();
    name.push(".lock");
    name.into()
}

fn open(database: &Path) -> Result<File> {
    let path = lock_file(database);
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path);
    opened.map_err(|error| Error::internal(format!("{} can't be opened: {error}", path.display())))
}

fn try_lock(file: &File, sharing: Sharing) -> Result<bool> {
    let tried = match sharing {
        Sharing::Alone => file.try_lock(),
        Sharing::WithOthers => file.try_lock_shared(),
    };
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => {
            Err(Error::internal(format!("the database's lock: {error}")))
        }
    }
}

/// Takes the lease for the database in this file.
///
/// # Errors
/// When another process holds a conflicting lease, or the folder can't be written.
pub fn take(database: &Path, sharing: Sharing) -> Result<Lease> {
    let mut file = open(database)?;
    let begun = Instant::now();
    while !try_lock(&file, sharing)? {
        if begun.elapsed() > LOCK_TIMEOUT {
            let mut process = String::new();
            let named = file
                .read_to_string(&mut process)
                .is_ok_and(|_| !process.trim().is_empty());
            let process = if named {
                format!(" (process {})", process.trim())
            } else {
                String::new()
            };
            return Err(Error::internal(format!(
                "another server{process} has {} open. A SQLite database with the memory bus is for one process: stop that server first, \
                 or use PostgreSQL and a bus for several",
                database.display()
            )));
        }
        std::thread::sleep(RETRY_INTERVAL);
    }
    if sharing == Sharing::Alone {
        // Only for the error message above.
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()));
    }
    Ok(Lease {
        _lock: file,
        alone: sharing == Sharing::Alone,
    })
}

/// Whether a server holds a lease for the database in this file.
///
/// # Errors
/// When the lock can't be checked.
pub fn is_served(database: &Path) -> Result<bool> {
    if !lock_file(database).exists() {
        return Ok(false);
    }
    Ok(!try_lock(&open(database)?, Sharing::Alone)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_is_exclusive_or_shared() {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("site.sqlite");
        assert!(!is_served(&database).expect("looks"));
        let alone = take(&database, Sharing::Alone).expect("the first");
        assert!(is_served(&database).expect("looks"));
        for sharing in [Sharing::Alone, Sharing::WithOthers] {
            let refused = take(&database, sharing).err().expect("refused").to_string();
            assert!(
                refused.contains(&format!("process {}", std::process::id())),
                "{refused}"
            );
        }
        drop(alone);
        let several = [0, 1].map(|_| take(&database, Sharing::WithOthers).expect("together"));
        assert!(take(&database, Sharing::Alone).is_err());
        drop(several);
        assert!(!is_served(&database).expect("looks"));
        take(&database, Sharing::Alone).expect("alone again");
    }
}
