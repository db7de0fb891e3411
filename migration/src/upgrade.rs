//! Taking turns at the schema, and what can go wrong.

use std::time::Duration;

use sea_orm_migration::sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait, sqlx,
};
use tokio::time::{Instant, sleep};

/// How long a process waits for others that change the schema.
const PATIENCE: Duration = Duration::from_mins(2);
/// Says so this often.
const NOTICE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(50);
/// PostgreSQL's advisory lock for changing this site's schema: any number that nothing else in the
/// database uses.
const LOCK: i64 = 0x6172_7463_7269_7471;

/// Why a database could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A newer program has changed the schema in a way that this one can't run over.
    #[error(
        "the database is newer than this program: ArtCritique {} has brought it to {migration}, and this is ArtCritique {program}, which \
         can't run over that. Start that version or a later one, or restore a backup made before",
        written_by.as_deref().unwrap_or("of a later, unknown version")
    )]
    TooNew {
        /// This program's version.
        program: String,
        /// The first migration that it can't run over.
        migration: String,
        /// The version of the program that wrote the newest migration, where that is recorded.
        written_by: Option<String>,
    },
    /// Another process holds the database.
    #[error(
        "the database's schema has to be brought up to date, but another process has held the database for {} s. Wait until it is done, \
         or stop it, and start again",
        PATIENCE.as_secs()
    )]
    Busy,
    /// The database refused.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Begins a transaction in which no other process changes the schema.
pub async fn in_turn(db: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let mode = (db.get_database_backend() == DbBackend::Sqlite)
        .then_some(SqliteTransactionMode::Immediate);
    let txn = db
        .begin_with_options(TransactionOptions {
            sqlite_transaction_mode: mode,
            ..Default::default()
        })
        .await?;
    if db.get_database_backend() == DbBackend::Postgres {
        // Waits for as long as the connection's lock_timeout; freed by the end of the transaction,
        // however it ends.
        txn.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
            .await?;
        // With much data in it, a statement may take its time. Locks are still given up soon, since
        // requests queue behind them.
        txn.execute_unprepared("SET LOCAL statement_timeout = 0")
            .await?;
    }
    Ok(txn)
}

/// Somebody who waits for another process to let go of the schema.
pub struct Wait {
    begun: Instant,
    said: Instant,
}

impl Wait {
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            said: Instant::now(),
        }
    }

    /// Waits a moment, if that is what the fault asks for.
    ///
    /// # Errors
    /// The fault, if it is another; or [`Fault::Busy`] when it has been long enough.
    pub async fn after(&mut self, fault: Fault) -> Result<(), Fault> {
        if !matches!(&fault, Fault::Database(error) if held(error)) {
            return Err(fault);
        }
        if self.begun.elapsed() > PATIENCE {
            return Err(Fault::Busy);
        }
        if self.said.elapsed() > NOTICE {
            self.said = Instant::now();
            tracing::info!("waiting for another process that brings the schema up to date");
        }
        sleep(PAUSE).await;
        Ok(())
    }
}

/// Whether another process stood in the way: SQLite's `BUSY` and `LOCKED` (5 and 6 in the last
/// byte), or PostgreSQL's lock not available, deadlock and serialization failure (its
/// documentation, appendix A).
fn held(error: &DbErr) -> bool {
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
