//! Leases: claiming due jobs, renewing claims, and failing the tries of nodes that died.
//!
//! A lease is a random token. Its end is compared by the database's clock on PostgreSQL, where the
//! nodes' clocks may differ; with SQLite all processes share one.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, LockBehavior, LockType, Query},
};

use crate::{
    Result, Store, clock,
    entities::job::{Column, Entity, Model},
    store::change,
};

/// Jobs per statement.
const BATCH: usize = 100;
/// Expired leases handled per transaction.
const MAX_EXPIRED: u64 = 25;
/// The error of a try whose lease expired.
const EXPIRED: &str = "the lease expired: the node was killed, or it could not reach the database";

/// A job and the lease of one of its runs.
pub type Held = (i64, i64);

/// A duration in milliseconds.
pub fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The current time by the clock that leases are measured with.
fn lease_clock(backend: DbBackend) -> Expr {
    if backend == DbBackend::Postgres {
        Expr::cust("CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)")
    } else {
        Expr::value(clock::now())
    }
}

/// The jobs that no run owns and that are neither complete nor dead.
pub fn waiting() -> Select<Entity> {
    // These conditions are also those of the index `job_due`.
    Entity::find()
        .filter(Column::Lease.is_null())
        .filter(Column::DoneAt.is_null())
        .filter(Column::DeadAt.is_null())
}

/// Matches the jobs that are still under these leases.
pub fn held_by(held: impl IntoIterator<Item = Held>) -> Condition {
    let mut by_lease: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (id, lease) in held {
        by_lease.entry(lease).or_default().push(id);
    }
    by_lease
        .into_iter()
        .fold(Condition::any(), |any, (lease, ids)| {
            any.add(Column::Id.is_in(ids).and(Column::Lease.eq(lease)))
        })
}

/// When the next job of each kind is due: one index look-up per kind, however many jobs wait.
pub async fn next_due(store: &Store, kinds: &[&str]) -> Result<Vec<Option<i64>>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let mut select = Query::select();
    for kind in kinds {
        let first = waiting()
            .select_only()
            .column(Column::RunAt)
            .filter(Column::Kind.eq(*kind))
            .order_by_asc(Column::RunAt)
            .limit(1)
            .into_query();
        select.expr(Expr::SubQuery(None, Box::new(first.into())));
    }
    let row = store.readers().query_one(&select).await?;
    let row = row.ok_or_else(|| crate::Error::internal("a row of due times"))?;
    let due = (0..kinds.len()).map(|n| row.try_get_by_index(n));
    Ok(due.collect::<Result<_, _>>()?)
}

/// Claims due jobs, up to a number for each kind, in one transaction. Each claim begins a try.
/// `tries` of the returned jobs counts it.
pub async fn claim(
    store: &Store,
    wanted: &[(&'static str, usize)],
    lease: i64,
    lease_time: Duration,
) -> Result<Vec<Model>> {
    let now = clock::now();
    change!(store, |txn| {
        let mut claimed = Vec::new();
        for (kind, limit) in wanted {
            // Locked by a statement of its own: as a subquery of the update, PostgreSQL may run it
            // more than once.
            let due = waiting()
                .filter(Column::Kind.eq(*kind))
                .filter(Column::RunAt.lte(now))
                .order_by_asc(Column::RunAt)
                .order_by_asc(Column::Id)
                .limit(*limit as u64)
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
            claimed.extend(due.all(txn.db()).await?);
        }
        if !claimed.is_empty() {
            let until = lease_clock(txn.db().get_database_backend()).add(ms(lease_time));
            Entity::update_many()
                .col_expr(Column::Lease, Expr::value(lease))
                .col_expr(Column::LeaseUntil, until)
                .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
                .col_expr(Column::Rerun, Expr::value(false))
                .filter(Column::Id.is_in(claimed.iter().map(|job| job.id)))
                .exec(txn.db())
                .await?;
        }
        for job in &mut claimed {
            job.tries += 1;
        }
        Ok(claimed)
    })
}

/// Renews leases. Returns those that still stand.
pub async fn renew(store: &Store, held: &[Held], lease_time: Duration) -> Result<HashSet<Held>> {
    let mut standing = HashSet::new();
    for batch in held.chunks(BATCH) {
        // A job that its own handler has locked is skipped. Its lease is read afterwards.
        let kept: Result<Vec<Held>> = change!(store, true, |txn| {
            let free: Vec<i64> = Entity::find()
                .select_only()
                .column(Column::Id)
                .filter(held_by(batch.iter().copied()))
                .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
                .into_tuple()
                .all(txn.db())
                .await?;
            if !free.is_empty() {
                let until = lease_clock(txn.db().get_database_backend()).add(ms(lease_time));
                Entity::update_many()
                    .col_expr(Column::LeaseUntil, until)
                    .filter(Column::Id.is_in(free))
                    .exec(txn.db())
                    .await?;
            }
            Ok(Entity::find()
                .select_only()
                .columns([Column::Id, Column::Lease])
                .filter(held_by(batch.iter().copied()))
                .into_tuple()
                .all(txn.db())
                .await?)
        });
        standing.extend(kept?);
    }
    Ok(standing)
}

/// Ends all leases at once.
pub async fn expire_all(store: &Store) -> Result<()> {
    change!(store, true, |txn| {
        Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::value(0))
            .filter(Column::Lease.is_not_null())
            .exec(txn.db())
            .await?;
        Ok(())
    })
}

/// Fails the tries whose lease has expired: their node was killed, or hangs. `max_tries` knows the
/// maximum of a kind that this node runs. Returns the number of these tries.
pub async fn fail_expired(
    store: &Store,
    max_tries: impl Fn(&str) -> Option<u32>,
    backoff: fn(u32, f64) -> Duration,
) -> Result<usize> {
    let expired = || {
        Entity::find()
            .filter(Column::Lease.is_not_null())
            .filter(
                Expr::col(Column::LeaseUntil)
                    .lte(lease_clock(store.readers().get_database_backend())),
            )
            .order_by_asc(Column::LeaseUntil)
            .limit(MAX_EXPIRED)
    };
    // Usually there is none, and no transaction begins.
    if expired().one(store.readers()).await?.is_none() {
        return Ok(0);
    }
    change!(store, |txn| {
        let jobs = expired()
            .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
            .all(txn.db())
            .await?;
        let now = clock::now();
        for job in &jobs {
            let tries = u32::try_from(job.tries).unwrap_or(u32::MAX);
            // A kind that only newer nodes know is never given up here.
            let dead = !job.rerun && max_tries(&job.kind).is_some_and(|max| tries >= max);
            Entity::update_many()
                .col_expr(Column::Lease, Expr::value(None::<i64>))
                .col_expr(Column::LeaseUntil, Expr::value(None::<i64>))
                .col_expr(
                    Column::RunAt,
                    Expr::value(now + ms(backoff(tries, rand::random()))),
                )
                // A job that was enqueued again meanwhile has all its tries.
                .col_expr(
                    Column::Tries,
                    Expr::value(if job.rerun { 0 } else { job.tries }),
                )
                .col_expr(Column::LastError, Expr::value(EXPIRED))
                .col_expr(Column::DeadAt, Expr::value(dead.then_some(now)))
                .filter(Column::Id.eq(job.id))
                .exec(txn.db())
                .await?;
            tracing::warn!(id = job.id, kind = %job.kind, dead, "{EXPIRED}");
            metrics::counter!("artcritique_job_runs_total", "kind" => job.kind.clone(), "outcome" => "expired")
                .increment(1);
        }
        Ok(jobs.len())
    })
}
