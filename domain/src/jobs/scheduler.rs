//! Enqueues the runs of schedules: the last one, in case no node was running at its time, and the
//! next one. Every node does so; the unique key of a run, which stays taken after its completion,
//! makes it one job.

use std::time::Duration;

use sea_orm::{
    ActiveValue::{NotSet, Set},
    EntityTrait,
    sea_query::OnConflict,
};
use tokio::time::sleep;

use crate::{
    Result, Store, clock,
    entities::job::{ActiveModel, Column, Entity},
    jobs::{DONE_RETENTION, Jobs, lease::ms, schedule::Schedule},
    store::change,
    upkeep::within,
};

/// Maximum interval at which the schedules are looked at, so that a change of the clock is noticed.
const MAX_SLEEP: Duration = Duration::from_mins(1);
/// A missed run older than this is not made up for. The rows of completed runs are kept longer.
const MAX_MISSED: Duration = DONE_RETENTION.saturating_sub(Duration::from_hours(24));
const QUERY_DEADLINE: Duration = Duration::from_secs(10);

pub async fn run(jobs: Jobs) {
    let schedules = jobs.0.handlers.schedules();
    // The last run that this node has enqueued, per schedule.
    let mut enqueued = vec![None; schedules.len()];
    loop {
        let now = clock::now();
        let mut wait = MAX_SLEEP;
        for (schedule, enqueued) in schedules.iter().zip(&mut enqueued) {
            let Some(next) = schedule.recurrence.next(now) else {
                continue;
            };
            wait = wait.min(Duration::from_millis(
                u64::try_from(next - now).unwrap_or(0),
            ));
            if *enqueued == Some(next) {
                continue;
            }
            let added = within(QUERY_DEADLINE, add(&jobs.0.store, schedule, now, next)).await;
            match added {
                Ok(()) => {
                    *enqueued = Some(next);
                    jobs.wake();
                }
                Err(error) => {
                    tracing::warn!(kind = schedule.kind, %error, "a scheduled run could not be enqueued");
                    wait = jobs.0.pace.poll;
                }
            }
        }
        sleep(wait + Duration::from_millis(1)).await;
    }
}

/// Enqueues the missed run, if any, and the next one.
async fn add(store: &Store, schedule: &Schedule, now: i64, next: i64) -> Result<()> {
    let missed = schedule
        .recurrence
        .last(now)
        .filter(|last| *last > now - ms(MAX_MISSED));
    let runs: Vec<ActiveModel> = missed
        .into_iter()
        .chain([next])
        .map(|run_at| ActiveModel {
            id: NotSet,
            kind: Set(schedule.kind.into()),
            payload: Set(schedule.payload.clone()),
            unique_key: Set(Some(format!("{}@{run_at}", schedule.kind))),
            created_at: Set(now),
            run_at: Set(run_at),
            ..Default::default()
        })
        .collect();
    change!(store, true, |txn| {
        Entity::insert_many(runs.clone())
            .on_conflict(
                OnConflict::column(Column::UniqueKey)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(txn.db())
            .await?;
        Ok(())
    })
}
