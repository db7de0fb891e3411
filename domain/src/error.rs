use sea_orm::{DbErr, RuntimeErr, sqlx};
use shared::{AppError, Kind};

/// What can go wrong in a service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something to tell the person.
    #[error(transparent)]
    App(#[from] AppError),
    /// The database refused or is out of reach.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The database may have carried this out: its answer to the commit was lost.
    #[error("the outcome of a commit is not known: {0}")]
    InDoubt(DbErr),
    /// Pictures could not be stored or read.
    #[error("media: {0}")]
    Media(#[from] object_store::Error),
    /// A fault of ours, with what was going on.
    #[error("{0}")]
    Internal(String),
}

/// A service's answer.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A fault of ours.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// What to tell somebody while the database is out of reach or too busy.
    pub fn busy() -> AppError {
        let busy = AppError::new(
            Kind::Unavailable,
            "The site is busy for the moment. Nothing was lost; please try again shortly.",
        );
        AppError {
            retry_after: Some(2),
            ..busy
        }
    }

    /// What to tell somebody when nobody knows whether what they asked for was done. It may be
    /// asked for again: forms and keyed requests name their attempt, and everything else comes to
    /// the same if it is done twice.
    pub fn in_doubt() -> AppError {
        let doubt = AppError::new(
            Kind::InDoubt,
            "We can't tell yet whether this was saved. It is safe to try again: nothing will be there twice.",
        );
        AppError {
            retry_after: Some(2),
            ..doubt
        }
    }

    /// The same for a request that does not name its attempt, and would be done twice.
    pub fn in_doubt_without_a_key() -> AppError {
        let doubt = AppError::new(
            Kind::InDoubt,
            "We can't tell yet whether this was saved. Look whether it is there before you try again, and send an Idempotency-Key then.",
        );
        AppError {
            retry_after: Some(2),
            ..doubt
        }
    }

    /// What to tell whoever asked for something to be made, whether or not they named their
    /// attempt.
    pub(crate) fn of_attempt(self, named: bool) -> Self {
        if self.is_in_doubt() && !named {
            Self::in_doubt_without_a_key().into()
        } else {
            self
        }
    }

    /// Whether it is not known if the change was made.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::InDoubt(_))
            || matches!(self, Self::App(error) if error.kind == Kind::InDoubt)
    }

    /// The same doubt once more.
    pub(crate) fn clone_doubt(&self) -> Self {
        match self {
            Self::InDoubt(error) => Self::InDoubt(error.clone()),
            _ => Self::App(Self::in_doubt()),
        }
    }

    /// What a commit that failed so has come to: refused, or nobody knows. PostgreSQL says why it
    /// refuses; where there is no word from it, the commit may have been made. SQLite tells, save
    /// when the disk itself fails.
    pub(crate) fn of_commit(error: DbErr) -> Self {
        let doubtful = match &error {
            DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => match &**cause {
                // PostgreSQL's codes have five characters, and classes 08 and 57 say that the
                // connection or the server went down. SQLite's are shorter numbers; the lowest byte
                // of an SQLITE_IOERR is 10.
                sqlx::Error::Database(cause) => {
                    cause.code().is_some_and(|code| match code.parse::<u32>() {
                        Ok(number) if code.len() < 5 => number & 0xff == 10,
                        _ => code.starts_with("08") || code.starts_with("57"),
                    })
                }
                sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::WorkerCrashed => true,
                _ => false,
            },
            _ => false,
        };
        if doubtful {
            Self::InDoubt(error)
        } else {
            Self::Database(error)
        }
    }

    /// What to tell somebody while nothing can be kept.
    pub fn unwritable() -> AppError {
        let full = AppError::new(
            Kind::Unavailable,
            "The site can't save anything at the moment. Nothing was changed; please try again in a few minutes.",
        );
        AppError {
            retry_after: Some(30),
            ..full
        }
    }

    /// What to tell somebody when the database is no longer the one that was opened.
    pub fn replaced() -> AppError {
        let replaced = AppError::new(
            Kind::Unavailable,
            "The site has lost its database and saves nothing until it is mended. Please try again later.",
        );
        AppError {
            retry_after: Some(30),
            ..replaced
        }
    }

    /// Whether the database gave this up for another transaction's sake: a serialization failure or
    /// a deadlock (PostgreSQL, appendix A: 40001 and 40P01).
    pub(crate) fn worth_another_try(&self) -> bool {
        self.sql_state()
            .is_some_and(|code| matches!(code.as_str(), "40001" | "40P01"))
    }

    /// Whether the database is out of reach or too busy just now, rather than at odds with what was
    /// asked.
    pub(crate) fn passing(&self) -> bool {
        match self {
            Self::InDoubt(_) | Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => true,
            Self::Database(
                DbErr::Exec(RuntimeErr::SqlxError(error))
                | DbErr::Query(RuntimeErr::SqlxError(error)),
            ) => {
                matches!(
                    **error,
                    sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed
                ) || self.sql_state().is_some_and(|code| out_of_reach(&code))
                    || self.worth_another_try()
            }
            Self::App(error) => matches!(error.kind, Kind::Unavailable | Kind::InDoubt),
            _ => false,
        }
    }

    /// Whether the database can't hold a character of what was sent (PostgreSQL, appendix A: 22021
    /// and 22P05).
    fn unstorable(&self) -> bool {
        self.sql_state()
            .is_some_and(|code| matches!(code.as_str(), "22021" | "22P05"))
    }

    /// Whether what was to be kept has no room, or may not be written.
    pub(crate) fn full(&self) -> bool {
        match self {
            Self::Media(error) => has_no_room(error),
            _ => self.sql_state().is_some_and(|code| cannot_write(&code)),
        }
    }

    fn sql_state(&self) -> Option<String> {
        let Self::Database(
            DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)),
        ) = self
        else {
            return None;
        };
        Some(error.as_database_error()?.code()?.into_owned())
    }
}

/// SQLite's error code without what extends it (sqlite.org/rescode.html). PostgreSQL's have five
/// characters.
fn of_sqlite(code: &str) -> Option<u32> {
    if code.len() == 5 {
        None
    } else {
        code.parse::<u32>().ok().map(|code| code & 0xff)
    }
}

/// Whether a database that answers with this code is out of reach, too busy, or broken.
fn out_of_reach(code: &str) -> bool {
    match of_sqlite(code) {
        // Busy, locked, out of memory, corrupt, can't be opened, locking protocol, no database.
        Some(code) => matches!(code, 5 | 6 | 7 | 11 | 14 | 15 | 26),
        // PostgreSQL, appendix A: connection, resources, shut down or cancelled, system error,
        // internal error; a lock not to be had; and a database, schema or table that is not there.
        None => {
            ["08", "53", "57", "58", "XX"]
                .iter()
                .any(|class| code.starts_with(class))
                || matches!(code, "55P03" | "3D000" | "3F000" | "42P01")
        }
    }
}

/// Whether a database that answers with this code can't be written.
fn cannot_write(code: &str) -> bool {
    match of_sqlite(code) {
        // Read-only, error of the disk, full.
        Some(code) => matches!(code, 8 | 10 | 13),
        // Disk full, error of the disk, read-only.
        None => matches!(code, "53100" | "58030" | "25006"),
    }
}

/// Whether files can't be written because there is no room for them, or because they may only be
/// read.
fn has_no_room(error: &object_store::Error) -> bool {
    use std::io::ErrorKind;
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && matches!(
                error.kind(),
                ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem
            )
        {
            return true;
        }
        cause = error.source();
    }
    false
}

impl From<Error> for AppError {
    /// What the person is told; the rest goes to the log.
    fn from(error: Error) -> Self {
        match error {
            Error::App(error) => error,
            Error::InDoubt(error) => {
                tracing::warn!(%error, "nobody knows whether a commit was made");
                Error::in_doubt()
            }
            full if full.full() => {
                tracing::error!(error = %full, "nothing can be saved");
                Error::unwritable()
            }
            passing if passing.passing() => {
                tracing::warn!(error = %passing, "the database is out of reach or busy");
                Error::busy()
            }
            odd if odd.unstorable() => Self::new(
                Kind::Malformed,
                "That has a character in it that can't be kept.",
            ),
            fault => {
                tracing::error!(error = %fault, "fault");
                Self::new(
                    Kind::Internal,
                    "Something went wrong on our side. Nothing was changed; please try again.",
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_busy_broken_or_full_is_told_from_one_that_disagrees() {
        for (code, reach, write) in [
            ("5", true, false),
            ("517", true, false),
            ("11", true, false),
            ("26", true, false),
            ("13", false, true),
            ("778", false, true),
            ("1032", false, true),
            ("2067", false, false),
            ("1", false, false),
            ("57P01", true, false),
            ("53300", true, false),
            ("53100", true, true),
            ("25006", false, true),
            ("42P01", true, false),
            ("23505", false, false),
        ] {
            assert_eq!(
                (out_of_reach(code), cannot_write(code)),
                (reach, write),
                "{code}"
            );
        }
    }

    #[test]
    fn a_full_disk_is_found_beneath_what_the_store_says() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(full),
        };
        let told = AppError::from(Error::Media(error));
        assert_eq!((told.kind, told.retry_after), (Kind::Unavailable, Some(30)));
    }
}
