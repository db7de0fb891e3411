use shared::{AppError, Kind};

/// What can go wrong in a service.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Something to tell the person.
    #[error(transparent)]
    App(#[from] AppError),
    /// The database refused or is out of reach.
    #[error("database: {0}")]
    Database(#[from] sea_orm::DbErr),
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
}

impl From<Error> for AppError {
    /// What the person is told; the rest goes to the log.
    fn from(error: Error) -> Self {
        let busy = |retry_after| Self {
            retry_after: Some(retry_after),
            ..Self::new(Kind::Unavailable, "The site is busy for the moment. Nothing was lost; please try again shortly.")
        };
        match error {
            Error::App(error) => error,
            Error::Database(sea_orm::DbErr::ConnectionAcquire(cause)) => {
                tracing::warn!(%cause, "no database connection to be had");
                busy(2)
            }
            fault => {
                tracing::error!(error = %fault, "fault");
                Self::new(Kind::Internal, "Something went wrong on our side. Nothing was changed; please try again.")
            }
        }
    }
}
