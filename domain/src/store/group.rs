//! Group commit for SQLite's one writer: concurrent changes share one transaction, separated by
//! savepoints and flushed to the disk once. Each change still fails or rolls back alone, and none
//! is acknowledged before the flush.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
};
use tokio::{
    sync::{Mutex, OwnedMutexGuard, oneshot},
    time::timeout,
};

/// Maximum changes per flush, so that the first does not wait long for the last.
const MAX_GROUP: usize = 128;

/// The writer connection, which one [`WriteTurn`] at a time holds.
pub struct Group {
    writer: DatabaseConnection,
    open: Arc<Mutex<Option<Open>>>,
    /// Number of writers waiting for a turn. A writer that commits leaves the flush to the next
    /// one, if any is waiting.
    waiting: AtomicUsize,
}

/// The open SQLite transaction, and the writers that wait for its flush.
struct Open {
    txn: DatabaseTransaction,
    /// One per committed change: reports the outcome of the flush to its writer.
    members: Vec<oneshot::Sender<Result<(), DbErr>>>,
    /// Whether a savepoint separates the latest changes from those of the members. The first writer
    /// needs none.
    has_savepoint: bool,
    /// Whether the latest changes are not committed yet, and so not a member's.
    uncommitted: bool,
}

impl Open {
    /// Begins the transaction, for the first writer's changes.
    async fn begin(writer: &DatabaseConnection) -> Result<Self, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let txn = writer.begin_with_options(options).await?;
        Ok(Self {
            txn,
            members: Vec::new(),
            has_savepoint: false,
            uncommitted: true,
        })
    }

    /// Starts a savepoint for the next changes, after rolling back uncommitted ones. One statement
    /// string, because each call is a round trip to sqlx's SQLite thread.
    ///
    /// # Errors
    /// When the transaction is lost with its savepoints, as when SQLite rolled it back on a full
    /// disk.
    async fn begin_savepoint(&mut self) -> Result<(), DbErr> {
        let step = match (self.has_savepoint, self.uncommitted) {
            (true, true) => "ROLLBACK TO member",
            (true, false) => "RELEASE member; SAVEPOINT member",
            (false, _) => "SAVEPOINT member",
        };
        self.txn.execute_unprepared(step).await?;
        (self.has_savepoint, self.uncommitted) = (true, true);
        Ok(())
    }

    /// Commits the members' changes to the disk and reports the outcome to each.
    async fn flush(mut self) {
        metrics::histogram!("artcritique_commit_group")
            .record(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        let members = std::mem::take(&mut self.members);
        let result = self.commit().await;
        for member in members {
            // The client may have hung up; its change is committed all the same.
            let _ = member.send(result.clone());
        }
    }

    async fn commit(mut self) -> Result<(), DbErr> {
        if self.uncommitted {
            self.begin_savepoint().await?;
        }
        self.txn.commit().await
    }
}

impl Group {
    pub fn new(writer: DatabaseConnection) -> Arc<Self> {
        Arc::new(Self {
            writer,
            open: Arc::default(),
            waiting: AtomicUsize::new(0),
        })
    }

    /// Waits for the writer, then opens a savepoint for the caller's changes.
    pub async fn begin(self: &Arc<Self>, max_wait: Duration) -> Result<WriteTurn, DbErr> {
        let waiter = Waiter::new(self);
        let open = timeout(max_wait, self.open.clone().lock_owned())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        // From here on, dropping the turn triggers the flush.
        let turn = WriteTurn {
            group: self.clone(),
            open: Some(open),
        };
        waiter.admitted();
        // In its own task: a cancelled statement would leave the transaction in an unknown state.
        tokio::spawn(turn.begin())
            .await
            .map_err(|error| DbErr::Custom(error.to_string()))?
    }

    /// A number that changes when another process changes the database (SQLite, "PRAGMA
    /// `data_version`").
    pub async fn version(&self) -> Result<i64, DbErr> {
        let asked = Statement::from_string(DbBackend::Sqlite, "PRAGMA data_version");
        let row = self.writer.query_one_raw(asked).await?;
        row.ok_or_else(|| DbErr::RecordNotFound("data_version".into()))?
            .try_get_by_index(0)
    }

    /// Flushes the members' changes, unless a waiting writer will.
    fn flush_if_unclaimed(self: &Arc<Self>) {
        let group = self.clone();
        tokio::spawn(async move {
            let mut open = group.open.lock().await;
            if group.waiting.load(Ordering::Acquire) == 0
                && let Some(open) = open.take()
                && !open.members.is_empty()
            {
                open.flush().await;
            }
        });
    }
}

/// A writer in the queue, counted until dropped.
struct Waiter {
    group: Arc<Group>,
    admitted: bool,
}

impl Waiter {
    fn new(group: &Arc<Group>) -> Self {
        group.waiting.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!("artcritique_waiting", "of" => "transactions").increment(1);
        Self {
            group: group.clone(),
            admitted: false,
        }
    }

    fn admitted(mut self) {
        self.admitted = true;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        metrics::gauge!("artcritique_waiting", "of" => "transactions").decrement(1);
        if self.group.waiting.fetch_sub(1, Ordering::AcqRel) == 1 && !self.admitted {
            // The last waiting writer gave up, and the flush may have been left to it.
            self.group.flush_if_unclaimed();
        }
    }
}

const HOLDS_WRITER: &str = "a turn holds the writer and its transaction until it ends";

/// A writer's savepoint. It holds the writer until committed or dropped; dropping it rolls back.
pub struct WriteTurn {
    group: Arc<Group>,
    open: Option<OwnedMutexGuard<Option<Open>>>,
}

impl WriteTurn {
    async fn begin(mut self) -> Result<Self, DbErr> {
        let slot = self.open.as_mut().expect(HOLDS_WRITER);
        // Without members, the transaction holds only a rolled-back writer's changes: discard it.
        let mut open = slot.take().filter(|open| !open.members.is_empty());
        if let Some(shared) = &mut open
            && let Err(error) = shared.begin_savepoint().await
        {
            // Dropping the members' senders reports the loss to them.
            tracing::error!(%error, members = shared.members.len(), "a shared transaction failed; its members' changes are lost");
            open = None;
        }
        **slot = Some(match open {
            Some(open) => open,
            None => Open::begin(&self.group.writer).await?,
        });
        Ok(self)
    }

    /// The connection for this writer's changes.
    pub fn db(&self) -> &DatabaseTransaction {
        &self
            .open
            .as_ref()
            .and_then(|slot| slot.as_ref())
            .expect(HOLDS_WRITER)
            .txn
    }

    /// Commits this writer's changes and waits until they are on the disk.
    pub async fn commit(mut self) -> Result<(), DbErr> {
        let (tell, told) = oneshot::channel();
        let mut slot = self.open.take().expect(HOLDS_WRITER);
        let open = slot.as_mut().expect(HOLDS_WRITER);
        open.uncommitted = false;
        open.members.push(tell);
        if (open.members.len() >= MAX_GROUP || self.group.waiting.load(Ordering::Acquire) == 0)
            && let Some(open) = slot.take()
        {
            open.flush().await;
        }
        drop(slot);
        told.await.unwrap_or_else(|_| {
            Err(DbErr::Conn(RuntimeErr::Internal(
                "the transaction was lost".into(),
            )))
        })
    }
}

impl Drop for WriteTurn {
    fn drop(&mut self) {
        // Not committed: other members may have left their flush to this writer.
        if self.open.take().is_some() {
            self.group.flush_if_unclaimed();
        }
    }
}
