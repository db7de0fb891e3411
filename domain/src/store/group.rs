//! Group commit for SQLite's one writer: transactions that come at the same time are savepoints of one, which is flushed to the
//! disk once. Each still fails or rolls back alone, and none is acknowledged before the flush.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    ConnAcquireErr, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
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
    outer: DatabaseTransaction,
    members: Vec<oneshot::Sender<Result<(), DbErr>>>,
}

impl Open {
    async fn flush(self) {
        metrics::histogram!("artcritique_commit_group").record(u32::try_from(self.members.len()).unwrap_or(u32::MAX));
        let result = self.outer.commit().await;
        for member in self.members {
            // One that no longer listens has hung up; its change is made all the same.
            let _ = member.send(result.clone());
        }
    }
}

impl Group {
    pub fn new(writer: DatabaseConnection) -> Arc<Self> {
        Arc::new(Self { writer, open: Arc::default(), waiting: AtomicUsize::new(0) })
    }

    /// Waits for a turn and begins a transaction of one's own in it.
    pub async fn begin(self: &Arc<Self>, patience: Duration) -> Result<(DatabaseTransaction, Turn), DbErr> {
        let waiter = Waiter::new(self);
        let open = timeout(patience, self.open.clone().lock_owned())
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        // From here on the turn sees to the flush.
        let turn = Turn { group: self.clone(), open: Some(open) };
        waiter.seated();
        // By itself, since a transaction whose beginning is broken off midway rolls back the one around it.
        tokio::spawn(turn.begin()).await.map_err(|error| DbErr::Custom(error.to_string()))?
    }

    /// Flushes what waits for it, unless somebody is about to take a turn and will.
    fn tidy(self: &Arc<Self>) {
        let group = self.clone();
        tokio::spawn(async move {
            let mut open = group.open.lock().await;
            if group.waiting.load(Ordering::Acquire) == 0
                && let Some(open) = open.take()
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
        metrics::gauge!("artcritique_writers_waiting").increment(1);
        Self { group: group.clone(), seated: false }
    }

    fn seated(mut self) {
        self.seated = true;
    }
}

impl Drop for Waiter {
    fn drop(&mut self) {
        metrics::gauge!("artcritique_writers_waiting").decrement(1);
        if self.group.waiting.fetch_sub(1, Ordering::AcqRel) == 1 && !self.seated {
            // They gave up, and the flush may have been left to them.
            self.group.tidy();
        }
    }
}

/// The right to write, until it is dropped.
pub struct Turn {
    group: Arc<Group>,
    open: Option<OwnedMutexGuard<Option<Open>>>,
}

impl Turn {
    /// The transaction comes first in what is given, to be dropped first: it has to be rolled back before another takes its turn.
    async fn begin(mut self) -> Result<(DatabaseTransaction, Self), DbErr> {
        let open = self.open.as_mut().expect("a turn holds the writer until it ends");
        if open.is_none() {
            let options =
                TransactionOptions { sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate), ..Default::default() };
            **open = Some(Open { outer: self.group.writer.begin_with_options(options).await?, members: Vec::new() });
        }
        let own = open.as_ref().expect("opened above").outer.begin().await?;
        Ok((own, self))
    }

    /// Ends one's own transaction and waits until it is on the disk.
    pub async fn commit(mut self, own: DatabaseTransaction) -> Result<(), DbErr> {
        own.commit().await?;
        let (tell, told) = oneshot::channel();
        let mut open = self.open.take().expect("a turn holds the writer until it ends");
        let members = open.as_mut().map_or(0, |open| {
            open.members.push(tell);
            open.members.len()
        });
        if (members >= MOST || self.group.waiting.load(Ordering::Acquire) == 0)
            && let Some(open) = open.take()
        {
            open.flush().await;
        }
        drop(open);
        told.await.unwrap_or_else(|_| Err(DbErr::Custom("the commit was given up".into())))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // Still here, so it was not committed: others in the group may have left their flush to this turn.
        if self.open.take().is_some() {
            self.group.tidy();
        }
    }
}
