//! The lock on the schema, and the errors of an upgrade.

use std::time::Duration;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, sqlx,
};
use tokio::time::{Instant, sleep};

/// Maximum wait for other processes that hold the lock.
const LOCK_TIMEOUT: Duration = Duration::from_mins(2);
/// Interval between log lines while waiting.
const LOG_INTERVAL: Duration = Duration::from_secs(5);
const RETRY_DELAY: Duration = Duration::from_millis(50);
/// PostgreSQL's advisory lock for changing this site's schema: any number that nothing else in the
/// database uses.
const ADVISORY_LOCK: i64 = 0x6172_7463_7269_7471;

/// Why an upgrade failed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A newer program changed the schema in a way that this one can't run with.
    #[error(
        "the database is newer than this program: ArtCritique {} has migrated it to {migration}, and this is ArtCritique {program}, which \
         is incompatible with that schema. Start that version or a later one, or restore a backup made before the migration",
        written_by.as_deref().unwrap_or("of a later, unknown version")
    )]
    TooNew {
        /// This program's version.
        program: String,
        /// The first migration that is incompatible with this program.
        migration: String,
        /// The version of the program that applied the newest migration, if recorded.
        written_by: Option<String>,
    },
    /// Another process has locked the database for too long.
    #[error(
        "the database's schema has to be migrated, but another process has held the lock on it for {} s. Wait until that process is \
         done, or stop it, and start again",
        LOCK_TIMEOUT.as_secs()
    )]
    Busy,
    /// The database returned an error.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Begins a transaction that holds the lock on the schema.
pub async fn begin_locked(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let mode = (db.get_database_backend() == DbBackend::Sqlite)
        .then_some(SqliteTransactionMode::Immediate);
    let txn = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: mode,
            ..Default::default()
        })
        .await?;
    if db.get_database_backend() == DbBackend::Postgres {
        // Waits up to the connection's lock_timeout. The lock is released when the transaction
        // ends, however it ends.
        txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            .await?;
        // A migration of much data may run for long. The lock_timeout still applies, because
        // requests queue behind a statement that waits for a lock.
        txn.execute_unprepared("SET LOCAL statement_timeout = 0")
            .await?;
    }
    Ok(txn)
}

/// Retries while another process holds the lock on the schema.
pub struct Wait {
    begun: Instant,
    logged: Instant,
}

impl Wait {
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            logged: Instant::now(),
        }
    }

    /// Backs off if another process holds the lock.
    ///
    /// # Errors
    /// The fault itself if it is not retryable; [`Fault::Busy`] after the maximum wait.
    pub async fn after(&mut self, fault: Fault) -> Result<(), Fault> {
        if !matches!(&fault, Fault::Database(error) if is_retryable(error)) {
            return Err(fault);
        }
        if self.begun.elapsed() > LOCK_TIMEOUT {
            return Err(Fault::Busy);
        }
        if self.logged.elapsed() > LOG_INTERVAL {
            self.logged = Instant::now();
            tracing::info!("waiting for another process that is migrating the schema");
        }
        sleep(RETRY_DELAY).await;
        Ok(())
    }
}

/// Whether the error is retryable because another process held a lock: SQLite's `BUSY` and `LOCKED`
/// (5 and 6 in the last byte), or PostgreSQL's lock not available, deadlock and serialization
/// failure (its documentation, appendix A).
fn is_retryable(error: &DbErr) -> bool {
    let (DbErr::Conn(RuntimeErr::SqlxError(error))
    | DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))) = error
    else {
        return false;
    };
    let sqlx::Error::Database(error) = &**error else {
        return false;
    };
    let code = error.code().unwrap_or_default();
    match code.parse::<u32>() {
        // PostgreSQL's codes have five characters.
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6),
        _ => matches!(&*code, "55P03" | "40P01" | "40001"),
    }
}
