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
        let (mut wait, mut looked) = (MAX_SLEEP, Ok(()));
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
            let delay = jobs.0.pace.missed.mul_f64(rand::random());
            let runs = runs(schedule, now, next, delay);
            match within(QUERY_DEADLINE, add(&jobs.0.store, runs)).await {
                Ok(()) => {
                    *enqueued = Some(next);
                    jobs.wake();
                }
                Err(error) => {
                    looked = Err(error);
                    wait = jobs.0.pace.poll;
                }
            }
        }
        jobs.0.tasks.schedules.note(&looked);
        sleep(wait + Duration::from_millis(1)).await;
    }
}

/// The missed run, if any, due after `delay`, and the next one, due at its own time. Their unique
/// keys contain the times of the schedule, so that every node makes the same two.
fn runs(schedule: &Schedule, now: i64, next: i64, delay: Duration) -> Vec<ActiveModel> {
    let missed = schedule
        .recurrence
        .last(now)
        .filter(|last| *last > now - ms(MAX_MISSED))
        .map(|last| (last, (now + ms(delay)).min(next)));
    missed
        .into_iter()
        .chain([(next, next)])
        .map(|(of, run_at)| ActiveModel {
            id: NotSet,
            kind: Set(schedule.kind.into()),
            payload: Set(schedule.payload.clone()),
            unique_key: Set(Some(format!("{}@{of}", schedule.kind))),
            created_at: Set(now),
            run_at: Set(run_at),
            ..Default::default()
        })
        .collect()
}

/// Enqueues those of these runs that no node has enqueued before.
async fn add(store: &Store, runs: Vec<ActiveModel>) -> Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Recurrence;

    const HOUR: i64 = 3_600_000;

    /// Unique key and due time of each run.
    fn due(now: i64, delay: Duration) -> Vec<(Option<String>, i64)> {
        let schedule = Schedule {
            kind: "tidy",
            payload: "{}".into(),
            recurrence: Recurrence::Every(Duration::from_hours(1)),
        };
        let next = schedule.recurrence.next(now).expect("a run");
        runs(&schedule, now, next, delay)
            .into_iter()
            .map(|run| (run.unique_key.unwrap(), run.run_at.unwrap()))
            .collect()
    }

    #[test]
    fn a_missed_run_is_delayed_and_keeps_the_key_of_its_time() {
        let now = 100 * HOUR + 1_000;
        let (missed, next) = (
            Some(format!("tidy@{}", 100 * HOUR)),
            Some(format!("tidy@{}", 101 * HOUR)),
        );
        for delay in [0, 20_000] {
            assert_eq!(
                due(now, Duration::from_millis(delay)),
                [
                    (missed.clone(), now + i64::try_from(delay).expect("short")),
                    (next.clone(), 101 * HOUR)
                ]
            );
        }
    }

    #[test]
    fn a_missed_run_is_not_delayed_past_the_next_one() {
        let now = 101 * HOUR - 5_000;
        let due = due(now, Duration::from_secs(20));
        assert_eq!([due[0].1, due[1].1], [101 * HOUR; 2]);
    }
}
