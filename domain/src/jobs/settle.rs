//! The ends of runs, written in batches.

use std::{collections::HashSet, sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, EntityTrait, QueryFilter, QueryResult,
    sea_query::{CaseStatement, Expr, ExprTrait, Query},
};

use crate::{
    Result, Store, clock,
    entities::job::{Column, Entity},
    jobs::lease::{Held, held_by},
    store::{batch::Batcher, change},
};

/// How long a settlement waits for a batch.
const MAX_WAIT: Duration = Duration::from_secs(15);

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The job is complete. Its row is deleted, or kept until [`super::DONE_RETENTION`].
    Done { keep: bool },
    /// The job has made progress and is due again at `run_at`, with all its tries.
    Again { run_at: i64 },
    /// The try failed; the next is due at `run_at`.
    Failed { run_at: i64, error: String },
    /// The job becomes a dead letter; if it was enqueued again meanwhile, it is due at `run_at`
    /// instead.
    Dead { run_at: i64, error: String },
    /// The node is shutting down; the try does not count.
    Released,
}

/// Writes the ends of runs.
#[derive(Clone)]
pub struct Settler {
    store: Store,
    batcher: Arc<Batcher<(), (Held, End), bool>>,
}

impl Settler {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            batcher: Batcher::of_changes("jobs", MAX_WAIT),
        }
    }

    /// Records the end of a run and gives up its lease. Returns false if the lease was lost before.
    ///
    /// # Errors
    /// When the database refuses. The lease then stands until it expires.
    pub async fn settle(&self, held: Held, end: End) -> Result<bool> {
        let store = self.store.clone();
        self.batcher
            .submit((), (held, end), move |ends| settle(store.clone(), ends))
            .await
    }
}

async fn settle(store: Store, ends: Vec<Arc<(Held, End)>>) -> Result<Vec<Result<bool>>> {
    let now = clock::now();
    let settled: Result<Vec<bool>> = change!(store, true, |txn| {
        let done = ends
            .iter()
            .filter(|end| end.1 == End::Done { keep: false })
            .map(|end| end.0);
        let deleted = delete(txn.db(), done).await?;
        let mut settled = Vec::with_capacity(ends.len());
        for end in &ends {
            settled.push(deleted.contains(&end.0) || update(txn.db(), end.0, &end.1, now).await?);
        }
        Ok(settled)
    });
    Ok(settled?.into_iter().map(Ok).collect())
}

/// Completes one job. Returns false if its lease was lost.
pub async fn complete(db: &impl ConnectionTrait, held: Held, keep: bool) -> Result<bool> {
    if !keep && delete(db, [held]).await?.contains(&held) {
        return Ok(true);
    }
    update(db, held, &End::Done { keep }, clock::now()).await
}

/// Deletes completed jobs, unless they were enqueued again meanwhile. Returns the deleted ones.
async fn delete(
    db: &impl ConnectionTrait,
    held: impl IntoIterator<Item = Held>,
) -> Result<HashSet<Held>> {
    let held = held_by(held);
    if held.is_empty() {
        return Ok(HashSet::new());
    }
    let mut delete = Query::delete();
    delete
        .from_table(Entity)
        .cond_where(held)
        .and_where(Expr::col(Column::Rerun).eq(false))
        .returning(Query::returning().columns([Column::Id, Column::Lease]));
    let deleted = db.query_all(&delete).await?;
    let deleted = deleted.iter().map(QueryResult::try_get_many_by_index);
    Ok(deleted.collect::<Result<_, _>>()?)
}

/// Ends a run whose job stays in the table. Returns false if its lease was lost.
async fn update(db: &impl ConnectionTrait, held: Held, end: &End, now: i64) -> Result<bool> {
    let rerun = || Expr::col(Column::Rerun).eq(true);
    let unless_rerun = |value: i64| -> Expr {
        CaseStatement::new()
            .case(rerun(), None::<i64>)
            .finally(value)
            .into()
    };
    let mut update = Entity::update_many()
        .col_expr(Column::Lease, Expr::value(None::<i64>))
        .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
        .filter(held_by([held]));
    update = match end {
        // The deletion did not match: the job was enqueued again, or the lease is lost.
        End::Done { keep: false } => update
            .col_expr(Column::Tries, Expr::value(0))
            .col_expr(Column::RunAt, Expr::value(now))
            .filter(rerun()),
        End::Done { keep: true } => update
            .col_expr(Column::Tries, Expr::value(0))
            .col_expr(Column::RunAt, Expr::value(now))
            .col_expr(Column::DoneAt, unless_rerun(now)),
        End::Again { run_at } => update
            .col_expr(Column::Tries, Expr::value(0))
            .col_expr(Column::RunAt, Expr::value(*run_at)),
        End::Failed { run_at, error } => update
            .col_expr(Column::RunAt, Expr::value(*run_at))
            .col_expr(Column::LastError, Expr::value(error.as_str())),
        End::Dead { run_at, error } => update
            .col_expr(Column::RunAt, Expr::value(*run_at))
            .col_expr(Column::LastError, Expr::value(error.as_str()))
            .col_expr(
                Column::Tries,
                CaseStatement::new()
                    .case(rerun(), 0)
                    .finally(Expr::col(Column::Tries))
                    .into(),
            )
            .col_expr(Column::DeadAt, unless_rerun(now)),
        End::Released => update
            .col_expr(Column::Tries, Expr::col(Column::Tries).sub(1))
            .col_expr(Column::RunAt, Expr::value(now)),
    };
    Ok(update.exec(db).await?.rows_affected > 0)
}
