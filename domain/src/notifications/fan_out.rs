//! The jobs of this room: notifying many followers, and retracting or updating many notifications.
//!
//! How far a job has come is stored in its own table (`broadcast`, `withdrawal`, `rewording`), in
//! the transaction that makes the progress, because nodes of the previous release work through
//! those tables without the queue. A scheduled job enqueues what such a node has left behind.

use std::{collections::HashSet, time::Duration};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use shared::CritiqueId;

use crate::{
    Result, Store, clock,
    entities::{broadcast, job, rewording, withdrawal},
    jobs::{Handlers, Job, Jobs, Outcome, Recurrence, Run, stored_key},
    notifications::{Notifications, compat},
    store::{Txn, change},
};

/// Interval of [`Adoption`].
const ADOPTION_INTERVAL: Duration = Duration::from_mins(5);
/// Rows of a table that [`Adoption`] looks at; the next run continues.
const MAX_ADOPTED: u64 = 1_000;

/// Notifies the followers of an artist of a new artwork.
#[derive(Serialize, Deserialize)]
pub struct Broadcast {
    pub artwork: i64,
}

/// Retracts all notifications about a deleted artwork.
#[derive(Serialize, Deserialize)]
pub struct Withdrawal {
    pub artwork: i64,
}

/// Updates the notifications that show a critique's excerpt or, without a critique, an artwork's
/// title.
#[derive(Serialize, Deserialize)]
pub struct Rewording {
    pub artwork: i64,
    pub critique: Option<CritiqueId>,
}

/// Enqueues unfinished fan-out that has no job, as left by a killed node of the previous release.
#[derive(Serialize, Deserialize)]
struct Adoption {}

// One run of each kind at a time: a step writes some hundred inboxes.
impl Job for Broadcast {
    const KIND: &'static str = "broadcast";
    const CONCURRENCY: usize = 1;

    fn unique_key(&self) -> Option<String> {
        Some(self.artwork.to_string())
    }
}

impl Job for Withdrawal {
    const KIND: &'static str = "withdrawal";
    const CONCURRENCY: usize = 1;

    fn unique_key(&self) -> Option<String> {
        Some(self.artwork.to_string())
    }
}

impl Job for Rewording {
    const KIND: &'static str = "rewording";
    const CONCURRENCY: usize = 1;

    fn unique_key(&self) -> Option<String> {
        Some(match self.critique {
            Some(critique) => format!("{}:{critique}", self.artwork),
            None => self.artwork.to_string(),
        })
    }
}

impl Job for Adoption {
    const KIND: &'static str = "fan_out_adoption";
    const CONCURRENCY: usize = 1;
}

/// Repeats a step, each time in a transaction, until nothing is left to do. The last step completes
/// the job in its own transaction; each other one counts as progress.
macro_rules! in_steps {
    ($notifications:ident, $job:ident, $run:ident, |$txn:ident| $step:expr) => {{
        while !$run.should_yield() {
            let done = change!($notifications.store, |$txn| {
                let done = $step?;
                if done {
                    $run.complete_in($txn).await?;
                } else {
                    $run.checkpoint_in($txn, &$job).await?;
                }
                Ok(done)
            })?;
            if done {
                return Ok(Outcome::Done);
            }
        }
        Ok(Outcome::Again {
            run_at: clock::now(),
        })
    }};
}

/// Registers the jobs of this room.
pub fn register(handlers: Handlers, store: &Store, notifications: &Notifications) -> Handlers {
    let (broadcasts, withdrawals) = (notifications.clone(), notifications.clone());
    let (rewordings, store) = (notifications.clone(), store.clone());
    handlers
        .on(move |job, run| announce(broadcasts.clone(), job, run))
        .on(move |job, run| retract(withdrawals.clone(), job, run))
        .on(move |job, run| update(rewordings.clone(), job, run))
        .on(move |_: Adoption, _| adopt(store.clone()))
        .every(Recurrence::Every(ADOPTION_INTERVAL), &Adoption {})
}

async fn announce(notifications: Notifications, job: Broadcast, run: Run) -> Result<Outcome> {
    in_steps!(notifications, job, run, |txn| notifications
        .broadcast_step(txn, job.artwork)
        .await)
}

async fn retract(notifications: Notifications, job: Withdrawal, run: Run) -> Result<Outcome> {
    in_steps!(notifications, job, run, |txn| notifications
        .withdraw_step(txn, job.artwork)
        .await)
}

async fn update(notifications: Notifications, job: Rewording, run: Run) -> Result<Outcome> {
    in_steps!(notifications, job, run, |txn| notifications
        .reword_step(txn, job.artwork, job.critique)
        .await)
}

async fn adopt(store: Store) -> Result<Outcome> {
    change!(store, |txn| {
        let artworks: Vec<i64> = broadcast::Entity::find()
            .select_only()
            .column(broadcast::Column::ArtworkId)
            .filter(broadcast::Column::DoneAt.is_null())
            .order_by_asc(broadcast::Column::Id)
            .limit(MAX_ADOPTED)
            .into_tuple()
            .all(txn.db())
            .await?;
        enqueue_missing(
            txn,
            artworks.into_iter().map(|artwork| Broadcast { artwork }),
        )
        .await?;
        let withdrawals = withdrawal::Entity::find()
            .limit(MAX_ADOPTED)
            .all(txn.db())
            .await?;
        let withdrawals = withdrawals.into_iter().map(|row| Withdrawal {
            artwork: row.artwork_id,
        });
        enqueue_missing(txn, withdrawals).await?;
        let rewordings = rewording::Entity::find()
            .limit(MAX_ADOPTED)
            .all(txn.db())
            .await?;
        let rewordings = rewordings.into_iter().map(|row| Rewording {
            artwork: row.artwork_id,
            critique: compat::parsed(row.critique_id),
        });
        enqueue_missing(txn, rewordings).await
    })?;
    Ok(Outcome::Done)
}

/// Enqueues those of these jobs that are not in the queue, not even as dead letters.
async fn enqueue_missing<J: Job>(txn: &mut Txn, jobs: impl Iterator<Item = J>) -> Result<()> {
    let jobs: Vec<J> = jobs.collect();
    let known: HashSet<String> = job::Entity::find()
        .select_only()
        .column(job::Column::UniqueKey)
        .filter(job::Column::UniqueKey.is_in(jobs.iter().filter_map(stored_key)))
        .into_tuple()
        .all(txn.db())
        .await?
        .into_iter()
        .collect();
    let missing: Vec<J> = jobs
        .into_iter()
        .filter(|job| stored_key(job).is_none_or(|key| !known.contains(&key)))
        .collect();
    Jobs::enqueue_all(txn, &missing).await
}
