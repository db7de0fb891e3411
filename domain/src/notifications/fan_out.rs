//! The jobs of this room: notifying many followers, and retracting or updating many notifications.
//!
//! How far a job has come is stored in its own table (`broadcast`, `withdrawal`, `rewording`), in
//! the transaction that makes the progress, because nodes of the previous release work through
//! those tables without the queue. A scheduled job enqueues what such a node has left behind.

use std::{collections::HashSet, time::Duration};

use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
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
/// Rows that [`Adoption`] reads at once.
const PAGE: u64 = 500;

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
    let mut next = Some(0);
    while let Some(after) = next {
        next = adopt_broadcasts(&store, after).await?;
    }
    let mut next = Some(0);
    while let Some(after) = next {
        next = adopt_withdrawals(&store, after).await?;
    }
    let mut next = Some((0, 0));
    while let Some(after) = next {
        next = adopt_rewordings(&store, after).await?;
    }
    Ok(Outcome::Done)
}

async fn adopt_broadcasts(store: &Store, after: i64) -> Result<Option<i64>> {
    let rows = broadcast::Entity::find()
        .filter(broadcast::Column::DoneAt.is_null())
        .filter(broadcast::Column::Id.gt(after))
        .order_by_asc(broadcast::Column::Id)
        .limit(PAGE)
        .all(store.readers())
        .await?;
    let job = |row: broadcast::Model| {
        let artwork = row.artwork_id;
        (row.id, Broadcast { artwork })
    };
    adopt_page(store, rows.into_iter().map(job)).await
}

async fn adopt_withdrawals(store: &Store, after: i64) -> Result<Option<i64>> {
    let rows = withdrawal::Entity::find()
        .filter(withdrawal::Column::ArtworkId.gt(after))
        .order_by_asc(withdrawal::Column::ArtworkId)
        .limit(PAGE)
        .all(store.readers())
        .await?;
    let job = |row: withdrawal::Model| {
        let artwork = row.artwork_id;
        (artwork, Withdrawal { artwork })
    };
    adopt_page(store, rows.into_iter().map(job)).await
}

async fn adopt_rewordings(
    store: &Store,
    (artwork, critique): (i64, i64),
) -> Result<Option<(i64, i64)>> {
    use rewording::Column::{ArtworkId, CritiqueId};
    let of_same_artwork = ArtworkId.eq(artwork).and(CritiqueId.gt(critique));
    let rows = rewording::Entity::find()
        .filter(ArtworkId.gt(artwork).or(of_same_artwork))
        .order_by_asc(ArtworkId)
        .order_by_asc(CritiqueId)
        .limit(PAGE)
        .all(store.readers())
        .await?;
    let job = |row: rewording::Model| {
        let (artwork, critique) = (row.artwork_id, compat::parsed(row.critique_id));
        ((artwork, row.critique_id), Rewording { artwork, critique })
    };
    adopt_page(store, rows.into_iter().map(job)).await
}

/// Enqueues those jobs of a page that have none in the queue. Returns the key of the last one;
/// `None` after the last page.
async fn adopt_page<K, J: Job>(
    store: &Store,
    rows: impl Iterator<Item = (K, J)>,
) -> Result<Option<K>> {
    let (mut keys, jobs): (Vec<K>, Vec<J>) = rows.unzip();
    if !jobs.is_empty() {
        change!(store, |txn| enqueue_missing(txn, &jobs).await)?;
    }
    Ok(keys.pop().filter(|_| jobs.len() as u64 == PAGE))
}

/// Enqueues those of these jobs that are not in the queue, not even as dead letters.
async fn enqueue_missing<J: Job>(txn: &mut Txn, jobs: &[J]) -> Result<()> {
    let known: HashSet<String> = job::Entity::find()
        .select_only()
        .column(job::Column::UniqueKey)
        .filter(job::Column::UniqueKey.is_in(jobs.iter().filter_map(stored_key)))
        .into_tuple()
        .all(txn.db())
        .await?
        .into_iter()
        .collect();
    let missing: Vec<&J> = jobs
        .iter()
        .filter(|job| stored_key(*job).is_none_or(|key| !known.contains(&key)))
        .collect();
    Jobs::enqueue_all(txn, missing).await
}
