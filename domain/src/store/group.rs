//! Group commit for SQLite's one writer: changes that come at the same time are one transaction,
//! parted by savepoints and flushed to the disk once. Each still fails or rolls back alone, and
//! none is acknowledged before the flush.

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

/// Transactions in one flush, at most, so that the first does not wait long for the last.
const MOST: usize = 128;

/// The writer, shared by turns.
pub struct Group {
    writer: DatabaseConnection,
    open: Arc<Mutex<Option<Open>>>,
    /// Those who want a turn. Whoever ends a turn leaves the flush to them, if there are any.
    waiting: AtomicUsize,
}

/// A transaction on the disk in the making, and those in it who wait to hear that it is there.
struct Open {
    txn: DatabaseTransaction,
    members: Vec<oneshot::Sender<Result<(), DbErr>>>,
    /// Whether a savepoint parts the latest changes from those of the members: the first to begin
    /// needs none.
    parted: bool,
    /// Whether the latest changes are a member's yet.
    unfinished: bool,
}

impl Open {
    /// Begins with the changes of whoever comes first.
    async fn begin(writer: &DatabaseConnection) -> Result<Self, DbErr> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let txn = writer.begin_with_options(options).await?;
        Ok(Self {
            txn,
            members: Vec::new(),
            parted: false,
            unfinished: true,
        })
    }

    /// Parts the changes to come from the members'. In one step, since each is a hand-over to the
    /// writer's thread. An error says that the transaction is lost, as when SQLite rolled it back
    /// on a full disk: then there is no savepoint to go back to.
    async fn part(&mut self) -> Result<(), DbErr> {
        let step = match (self.parted, self.unfinished) {
            (true, true) => "ROLLBACK TO member",
            (true, false) => "RELEASE member; SAVEPOINT member",
            (false, _) => "SAVEPOINT member",
        };
        self.txn.execute_unprepared(step).await?;
        (self.parted, self.unfinished) = (true, true);
        Ok(())
    }

    /// Writes the members' changes to the disk, and tells them.
    async fn flush(mut self) {
        metrics::histogram!("artcritique_commit_group")
            .record(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        let members = std::mem::take(&mut self.members);
        let result = self.end().await;
        for member in members {
            // One that no longer listens has hung up; its change is made all the same.
            let _ = member.send(result.clone());
        }
    }

    async fn end(mut self) -> Result<(), DbErr> {
        if self.unfinished {
            self.part().await?;
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

    /// Waits for a turn to make changes.
    pub async fn begin(self: &Arc<Self>, patience: Duration) -> Result<WriteTurn, DbErr> {
        let waiter = Waiter::new(self);
        let open = timeout(patience, self.open.clone().lock_owned())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        // From here on the turn sees to the flush.
        let turn = WriteTurn {
            group: self.clone(),
            open: Some(open),
        };
        waiter.seated();
        // By itself: nobody knows how far one was that is broken off midway.
        tokio::spawn(turn.begin())
            .await
            .map_err(|error| DbErr::Custom(error.to_string()))?
    }

    /// A number that is another after another process has changed the database (SQLite, "PRAGMA
    /// `data_version`").
    pub async fn version(&self) -> Result<i64, DbErr> {
        let asked = Statement::from_string(DbBackend::Sqlite, "PRAGMA data_version");
        let row = self.writer.query_one_raw(asked).await?;
        row.ok_or_else(|| DbErr::RecordNotFound("data_version".into()))?
            .try_get_by_index(0)
    }

    /// Flushes what waits for it, unless somebody is about to take a turn and will.
    fn tidy(self: &Arc<Self>) {
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

/// Somebody in the queue, counted for as long as they are.
struct Waiter {
    group: Arc<Group>,
    seated: bool,
}

impl Waiter {
    fn new(group: &Arc<Group>) -> Self {
        group.waiting.fetch_add(1, Ordering::AcqRel);
        metrics::gauge!("artcritique_waiting", "of" => "transactions").increment(1);
        Self {
            group: group.clone(),
            seated: false,
        }
    }

    fn seated(mut self) {
        self.seated = true;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        metrics::gauge!("artcritique_waiting", "of" => "transactions").decrement(1);
        if self.group.waiting.fetch_sub(1, Ordering::AcqRel) == 1 && !self.seated {
            // They gave up, and the flush may have been left to them.
            self.group.tidy();
        }
    }
}

const HELD: &str = "a turn holds the writer and its transaction until it ends";

/// The right to write, until it is dropped.
pub struct WriteTurn {
    group: Arc<Group>,
    open: Option<OwnedMutexGuard<Option<Open>>>,
}

impl WriteTurn {
    async fn begin(mut self) -> Result<Self, DbErr> {
        let slot = self.open.as_mut().expect(HELD);
        // Where whoever began it has given up, there is nothing to keep.
        let mut open = slot.take().filter(|open| !open.members.is_empty());
        if let Some(shared) = &mut open
            && let Err(error) = shared.part().await
        {
            // The members are told so by being let go.
            tracing::error!(%error, members = shared.members.len(), "a transaction is lost with the changes in it");
            open = None;
        }
        **slot = Some(match open {
            Some(open) => open,
            None => Open::begin(&self.group.writer).await?,
        });
        Ok(self)
    }

    /// Where to make one's changes.
    pub fn db(&self) -> &DatabaseTransaction {
        &self
            .open
            .as_ref()
            .and_then(|slot| slot.as_ref())
            .expect(HELD)
            .txn
    }

    /// Ends one's changes and waits until they are on the disk.
    pub async fn commit(mut self) -> Result<(), DbErr> {
        let (tell, told) = oneshot::channel();
        let mut slot = self.open.take().expect(HELD);
        let open = slot.as_mut().expect(HELD);
        open.unfinished = false;
        open.members.push(tell);
        if (open.members.len() >= MOST || self.group.waiting.load(Ordering::Acquire) == 0)
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
        // Still here, so it was not committed: others in the group may have left their flush to
        // this turn.
        if self.open.take().is_some() {
            self.group.tidy();
        }
    }
}
