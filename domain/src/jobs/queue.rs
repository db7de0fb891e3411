//! Adding jobs to the queue.

use std::collections::HashSet;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    Insert,
    sea_query::{Expr, ExprTrait, OnConflict},
};

use crate::{
    Error, Result,
    bus::Message,
    clock,
    entities::job::{ActiveModel, Column, Entity},
    jobs::Job,
    store::Txn,
};

/// Jobs per statement.
const CHUNK: usize = 100;
/// A job due within this many milliseconds is announced to the runners; they find later ones when
/// they poll.
const ANNOUNCE_WITHIN_MS: i64 = 3_000;

/// The unique key of a job as stored: keys of different kinds never collide.
pub fn key<J: Job>(job: &J) -> Option<String> {
    job.unique_key().map(|key| format!("{}:{key}", J::KIND))
}

fn row<J: Job>(job: &J, now: i64, run_at: i64) -> Result<ActiveModel> {
    Ok(ActiveModel {
        id: NotSet,
        kind: Set(J::KIND.into()),
        payload: Set(serde_json::to_string(job).map_err(Error::internal)?),
        unique_key: Set(key(job)),
        created_at: Set(now),
        run_at: Set(run_at),
        ..Default::default()
    })
}

/// What enqueuing does to a job with the same unique key: the newer payload replaces the older, a
/// running job runs again afterwards, a dead letter is revived, and a completed job stays complete.
/// A failed job keeps its tries and its backoff.
fn on_conflict() -> OnConflict {
    OnConflict::column(Column::UniqueKey)
        .values([
            (Column::Payload, Expr::cust("excluded.payload")),
            (Column::Rerun, Expr::cust("job.lease IS NOT NULL")),
            (
                Column::RunAt,
                Expr::cust(
                    "CASE WHEN job.dead_at IS NOT NULL OR (job.tries = 0 AND excluded.run_at < job.run_at) \
                     THEN excluded.run_at ELSE job.run_at END",
                ),
            ),
            (
                Column::Tries,
                Expr::cust("CASE WHEN job.dead_at IS NOT NULL THEN 0 ELSE job.tries END"),
            ),
            (Column::DeadAt, Expr::cust("NULL")),
        ])
        .action_and_where(Expr::col((Entity, Column::DoneAt)).is_null())
        .to_owned()
}

pub async fn enqueue<'a, J: Job>(
    txn: &mut Txn,
    jobs: impl IntoIterator<Item = &'a J>,
    run_at: i64,
) -> Result<()> {
    let now = clock::now();
    let jobs: Vec<&J> = jobs.into_iter().collect();
    // One statement can't change a row twice. The last job of a key counts, as it would alone.
    let mut seen = HashSet::new();
    let mut rows = Vec::with_capacity(jobs.len());
    for job in jobs.iter().rev() {
        if key(*job).is_none_or(|key| seen.insert(key)) {
            rows.push(row(*job, now, run_at)?);
        }
    }
    rows.reverse();
    for chunk in rows.chunks(CHUNK) {
        // A completed job with the same key is left alone, so that nothing is inserted.
        Insert::many(chunk.to_vec())
            .on_conflict(on_conflict())
            .exec_without_returning(txn.db())
            .await?;
    }
    if !jobs.is_empty() && run_at <= now + ANNOUNCE_WITHIN_MS {
        txn.publish_once(Message::JobsWaiting);
    }
    Ok(())
}
