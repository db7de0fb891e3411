use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sea_orm::{
    EntityTrait, QueryFilter,
    sea_query::{CaseStatement, Expr, ExprTrait},
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{
    Error, Result, Store,
    entities::job::{Column, Entity},
    jobs::{
        Job,
        lease::{Held, held_by},
        settle,
    },
    store::{Txn, change},
};

/// How long a long job runs before other jobs of its kind get their turn.
const MAX_SLICE: Duration = Duration::from_secs(2);

/// One run of a job, as its handler sees it. Cloning it shares the run.
#[derive(Clone)]
pub struct Run(Arc<Inner>);

struct Inner {
    held: Held,
    tries: u32,
    keep_done: bool,
    store: Store,
    cancelled: CancellationToken,
    /// When a long job should yield.
    yield_at: Instant,
    /// Whether the handler has completed the job in a transaction of its own.
    completed: AtomicBool,
}

impl Run {
    pub(super) fn new(
        held: Held,
        tries: u32,
        keep_done: bool,
        store: Store,
        cancelled: CancellationToken,
        time_limit: Duration,
    ) -> Self {
        Self(Arc::new(Inner {
            held,
            tries,
            keep_done,
            store,
            cancelled,
            yield_at: Instant::now() + (time_limit / 2).min(MAX_SLICE),
            completed: AtomicBool::new(false),
        }))
    }

    /// The id of the job.
    pub fn id(&self) -> i64 {
        self.0.held.0
    }

    /// The number of this try since the job last made progress, from 1 on.
    pub fn tries(&self) -> u32 {
        self.0.tries
    }

    /// Whether the run should end early: its lease or its time limit has expired, or the node is
    /// shutting down. A handler that does not look is cut off at its next await a little later.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.is_cancelled()
    }

    /// Resolves when the run should end early; see [`Self::is_cancelled`].
    pub async fn cancelled(&self) {
        self.0.cancelled.cancelled().await;
    }

    /// Whether a job that stores checkpoints should return [`super::Outcome::Again`]: the run
    /// should end early, or it has run for two seconds (less if its time limit is short), and other
    /// jobs of its kind get their turn.
    pub fn should_yield(&self) -> bool {
        self.is_cancelled() || Instant::now() >= self.0.yield_at
    }

    /// Stores how far the job has come, as part of a transaction that makes the same progress: the
    /// next run begins with this payload and has all its tries. If the job was enqueued again
    /// meanwhile, the newer payload is kept.
    ///
    /// # Errors
    /// When the lease is lost or the database refuses. Roll the transaction back.
    pub async fn checkpoint_in(&self, txn: &Txn, job: &impl Job) -> Result<()> {
        let payload = serde_json::to_string(job).map_err(Error::internal)?;
        let payload = CaseStatement::new()
            .case(
                Expr::col(Column::Rerun).eq(true),
                Expr::col(Column::Payload),
            )
            .finally(payload);
        let stored = Entity::update_many()
            .col_expr(Column::Payload, payload.into())
            .col_expr(Column::Tries, Expr::value(1))
            .filter(held_by([self.0.held]))
            .exec(txn.db())
            .await?;
        self.still_ours(stored.rows_affected > 0)
    }

    /// As [`Self::checkpoint_in`], in a transaction of its own.
    ///
    /// # Errors
    /// As [`Self::checkpoint_in`].
    pub async fn checkpoint(&self, job: &impl Job) -> Result<()> {
        change!(self.0.store, true, |txn| self.checkpoint_in(txn, job).await)
    }

    /// Completes the job as part of a transaction, so that its effect and its completion commit
    /// together. Return [`super::Outcome::Done`] after the commit.
    ///
    /// # Errors
    /// When the lease is lost or the database refuses. Roll the transaction back.
    pub async fn complete_in(&self, txn: &mut Txn) -> Result<()> {
        let completed = settle::complete(txn.db(), self.0.held, self.0.keep_done).await?;
        self.still_ours(completed)?;
        self.0.completed.store(true, Ordering::Release);
        Ok(())
    }

    /// Whether [`Self::complete_in`] has succeeded.
    pub(super) fn completed(&self) -> bool {
        self.0.completed.load(Ordering::Acquire)
    }

    fn still_ours(&self, ours: bool) -> Result<()> {
        if ours {
            Ok(())
        } else {
            Err(Error::internal(format!(
                "the lease of job {} is lost",
                self.id()
            )))
        }
    }
}
