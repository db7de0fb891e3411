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
        let busy =
            AppError::new(Kind::Unavailable, "The site is busy for the moment. Nothing was lost; please try again shortly.");
        AppError { retry_after: Some(2), ..busy }
    }

    /// Whether the database gave this up for another transaction's sake: a serialization failure or a deadlock
    /// (PostgreSQL, appendix A: 40001 and 40P01).
    pub(crate) fn worth_another_try(&self) -> bool {
        self.sql_state().is_some_and(|code| matches!(code.as_str(), "40001" | "40P01"))
    }

    /// Whether the database is out of reach or too busy just now, rather than at odds with what was asked.
    pub(crate) fn passing(&self) -> bool {
        match self {
            Self::Database(DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) => true,
            Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) => {
                matches!(**error, sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed)
                    // Classes 08, 53 and 57 (connection, resources, shut down or cancelled), a lock not to be had, and SQLite's busy.
                    || self.sql_state().is_some_and(|code| {
                        ["08", "53", "57"].iter().any(|class| code.starts_with(class) && code.len() == 5) || code == "55P03" || code == "5"
                    })
                    || self.worth_another_try()
            }
            Self::App(error) => error.kind == Kind::Unavailable,
            _ => false,
        }
    }

    /// Whether the database can't hold a character of what was sent (PostgreSQL, appendix A: 22021 and 22P05).
    fn unstorable(&self) -> bool {
        self.sql_state().is_some_and(|code| matches!(code.as_str(), "22021" | "22P05"))
    }

    fn sql_state(&self) -> Option<String> {
        let Self::Database(DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = self else {
            return None;
        };
        Some(error.as_database_error()?.code()?.into_owned())
    }
}

impl From<Error> for AppError {
    /// What the person is told; the rest goes to the log.
    fn from(error: Error) -> Self {
        match error {
            Error::App(error) => error,
            passing if passing.passing() => {
                tracing::warn!(error = %passing, "the database is out of reach or busy");
                Error::busy()
            }
            odd if odd.unstorable() => Self::new(Kind::Malformed, "That has a character in it that can't be kept."),
            fault => {
                tracing::error!(error = %fault, "fault");
                Self::new(Kind::Internal, "Something went wrong on our side. Nothing was changed; please try again.")
            }
        }
    }
}
