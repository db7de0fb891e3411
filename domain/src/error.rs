use sea_orm::{DbErr, RuntimeErr, sqlx};
use shared::{AppError, Kind};

/// An error of a service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An error to show to the user.
    #[error(transparent)]
    App(#[from] AppError),
    /// The database returned an error or can't be reached.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// The outcome of a commit is unknown: the database's answer was lost.
    #[error("the outcome of a commit is not known: {0}")]
    InDoubt(DbErr),
    /// Pictures could not be stored or read.
    #[error("media: {0}")]
    Media(#[from] object_store::Error),
    /// An internal error, with its context.
    #[error("{0}")]
    Internal(String),
}

/// The result of a service.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An internal error.
    pub fn internal(what: impl std::fmt::Display) -> Self {
        Self::Internal(what.to_string())
    }

    /// The error while the database is unreachable or overloaded; retry after 2 s.
    pub fn busy() -> AppError {
        AppError::new(Kind::Unavailable, "site-busy").retry_in(2)
    }

    /// The error when the outcome of a request is unknown. The request may be retried: forms and
    /// keyed requests carry an idempotency key, and other requests are idempotent.
    pub fn in_doubt() -> AppError {
        AppError::new(Kind::InDoubt, "outcome-unknown").retry_in(2)
    }

    /// As [`Self::in_doubt`], for a request that is not idempotent and has no idempotency key.
    pub fn in_doubt_without_a_key() -> AppError {
        AppError::new(Kind::InDoubt, "outcome-unknown-without-key").retry_in(2)
    }

    /// The error for a request to create something. `named` says whether the request carries an
    /// idempotency key.
    pub(crate) fn of_attempt(self, named: bool) -> Self {
        if self.is_in_doubt() && !named {
            Self::in_doubt_without_a_key().into()
        } else {
            self
        }
    }

    /// Whether the outcome of the change is unknown.
    pub fn is_in_doubt(&self) -> bool {
        matches!(self, Self::InDoubt(_))
            || matches!(self, Self::App(error) if error.kind == Kind::InDoubt)
    }

    /// Clones an in-doubt error.
    pub(crate) fn clone_doubt(&self) -> Self {
        match self {
            Self::InDoubt(error) => Self::InDoubt(error.clone()),
            _ => Self::App(Self::in_doubt()),
        }
    }

    /// Classifies a commit's error: refused or in doubt. A commit is in doubt if PostgreSQL's
    /// answer is lost or reports a lost connection or a server shutdown, or if SQLite reports an
    /// I/O error.
    pub(crate) fn of_commit(error: DbErr) -> Self {
        let doubtful = match &error {
            DbErr::Exec(RuntimeErr::SqlxError(cause))
            | DbErr::Query(RuntimeErr::SqlxError(cause)) => match &**cause {
                // PostgreSQL's codes have five characters; classes 08 and 57 mean that the
                // connection or the server went down. SQLite's are shorter numbers; the low byte of
                // an SQLITE_IOERR is 10.
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

    /// The error while writes fail, as on a full disk; retry after 30 s.
    pub fn unwritable() -> AppError {
        AppError::new(Kind::Unavailable, "site-unwritable").retry_in(30)
    }

    /// The error after the database was replaced under the running server; retry after 30 s.
    pub fn replaced() -> AppError {
        AppError::new(Kind::Unavailable, "database-replaced").retry_in(30)
    }

    /// Whether the transaction is retryable: a serialization failure or a deadlock (PostgreSQL,
    /// appendix A: 40001 and 40P01).
    pub(crate) fn is_retryable(&self) -> bool {
        self.sql_state()
            .is_some_and(|code| matches!(code.as_str(), "40001" | "40P01"))
    }

    /// Whether the error is transient: the database is unreachable or overloaded, rather than
    /// rejecting the request.
    pub(crate) fn is_transient(&self) -> bool {
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
                    || self.is_retryable()
            }
            Self::App(error) => matches!(error.kind, Kind::Unavailable | Kind::InDoubt),
            _ => false,
        }
    }

    /// Whether the text contains a character that the database can't store (PostgreSQL, appendix A:
    /// 22021 and 22P05).
    fn unstorable(&self) -> bool {
        self.sql_state()
            .is_some_and(|code| matches!(code.as_str(), "22021" | "22P05"))
    }

    /// Whether the database or the media store is full or read-only.
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

/// SQLite's primary result code (sqlite.org/rescode.html); `None` for a PostgreSQL code, which has
/// five characters.
fn sqlite_primary_code(code: &str) -> Option<u32> {
    if code.len() == 5 {
        None
    } else {
        code.parse::<u32>().ok().map(|code| code & 0xff)
    }
}

/// Whether the code means that the database is unreachable, overloaded or broken.
fn out_of_reach(code: &str) -> bool {
    match sqlite_primary_code(code) {
        // Busy, locked, out of memory, corrupt, can't open, locking protocol, not a database.
        Some(code) => matches!(code, 5 | 6 | 7 | 11 | 14 | 15 | 26),
        // PostgreSQL, appendix A: connection, resources, shut down or cancelled, system error,
        // internal error; lock not available; missing database, schema or table.
        None => {
            ["08", "53", "57", "58", "XX"]
                .iter()
                .any(|class| code.starts_with(class))
                || matches!(code, "55P03" | "3D000" | "3F000" | "42P01")
        }
    }
}

/// Whether the code means that the database can't be written.
fn cannot_write(code: &str) -> bool {
    match sqlite_primary_code(code) {
        // Read-only, I/O error, full.
        Some(code) => matches!(code, 8 | 10 | 13),
        // Disk full, I/O error, read-only.
        None => matches!(code, "53100" | "58030" | "25006"),
    }
}

/// Whether the cause is a full or read-only file system or an exceeded quota.
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
    /// The error to show to the user; the details go to the log.
    fn from(error: Error) -> Self {
        match error {
            Error::App(error) => error,
            Error::InDoubt(error) => {
                tracing::warn!(%error, "a commit's outcome is unknown");
                Error::in_doubt()
            }
            full if full.full() => {
                tracing::error!(error = %full, "the database or the picture folder can't be written");
                Error::unwritable()
            }
            is_transient if is_transient.is_transient() => {
                tracing::warn!(error = %is_transient, "the database is unreachable or busy");
                Error::busy()
            }
            odd if odd.unstorable() => Self::new(Kind::Malformed, "text-not-storable"),
            fault => {
                tracing::error!(error = %fault, "internal error");
                Self::new(Kind::Internal, "internal")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_codes_are_classified_as_unreachable_or_unwritable() {
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
    fn a_full_disk_is_found_in_the_cause_of_a_media_error() {
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let error = object_store::Error::Generic {
            store: "LocalFileSystem",
            source: Box::new(full),
        };
        let told = AppError::from(Error::Media(error));
        assert_eq!((told.kind, told.retry_after), (Kind::Unavailable, Some(30)));
    }
}
