//! The scheduled jobs that delete what has expired.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    Result, Store,
    accounts::{Recovery, Sessions, Tokens},
    artworks::Artworks,
    clock,
    jobs::{Handlers, Job, Outcome, Recurrence, Run, tidy},
    notifications::Notifications,
    store::change,
};

/// Interval of both jobs.
const INTERVAL: Duration = Duration::from_hours(1);

/// Deletes expired sessions, tokens and mailed links, old records of deleted critiques, completed
/// jobs, old outbox messages and the rows of killed nodes.
#[derive(Serialize, Deserialize)]
struct CleanUp {}

impl Job for CleanUp {
    const KIND: &'static str = "clean_up";
    const CONCURRENCY: usize = 1;
    const TIME_LIMIT: Duration = Duration::from_mins(10);
}

/// Deletes inbox changes, tombstones and retracted events past their retention.
#[derive(Serialize, Deserialize)]
struct Retention {
    /// The id of the last inbox done.
    after: i64,
}

impl Job for Retention {
    const KIND: &'static str = "retention";
    const CONCURRENCY: usize = 1;
    const TIME_LIMIT: Duration = Duration::from_mins(10);
}

/// Registers the jobs of this module and their schedules.
pub fn register(
    handlers: Handlers,
    store: &Store,
    sessions: &Sessions,
    tokens: &Tokens,
    recovery: &Recovery,
    artworks: &Artworks,
    notifications: &Notifications,
) -> Handlers {
    let sessions = sessions.clone();
    let (artworks, cleaned) = (artworks.clone(), store.clone());
    let (notifications, pruned) = (notifications.clone(), store.clone());
    let (tokens, recovery) = (tokens.clone(), recovery.clone());
    let clean_up = move |_: CleanUp, _| {
        clean_up(
            cleaned.clone(),
            sessions.clone(),
            tokens.clone(),
            recovery.clone(),
            artworks.clone(),
        )
    };
    handlers
        .on(clean_up)
        .on(move |job, run| retain(pruned.clone(), notifications.clone(), job, run))
        .every(Recurrence::Every(INTERVAL), &CleanUp {})
        .every(Recurrence::Every(INTERVAL), &Retention { after: 0 })
}

async fn clean_up(
    store: Store,
    sessions: Sessions,
    tokens: Tokens,
    recovery: Recovery,
    artworks: Artworks,
) -> Result<Outcome> {
    let ended = sessions.delete_expired().await?;
    tokens.delete_expired(clock::now()).await?;
    recovery.delete_expired().await?;
    artworks.prune(clock::now()).await?;
    store.tidy_processes().await?;
    let old = tidy(&store, clock::now()).await?;
    if ended > 0 || old > 0 {
        tracing::info!(sessions = ended, jobs = old, "cleaned up");
    }
    Ok(Outcome::Done)
}

async fn retain(
    store: Store,
    notifications: Notifications,
    mut job: Retention,
    run: Run,
) -> Result<Outcome> {
    let mut deleted = 0;
    while !run.should_yield() {
        let (chunk, last) = change!(store, |txn| {
            let (chunk, last) = notifications
                .prune_inboxes(txn, clock::now(), job.after)
                .await?;
            // Without a deletion there is nothing to commit; pruning twice is harmless.
            if let Some(after) = last.filter(|_| chunk > 0) {
                run.checkpoint_in(txn, &Retention { after }).await?;
            }
            Ok((chunk, last))
        })?;
        deleted += chunk;
        let Some(after) = last else {
            while change!(store, |txn| {
                notifications.prune_retracted(txn, clock::now()).await
            })? {}
            if deleted > 0 {
                tracing::info!(changes = deleted, "deleted old inbox changes");
            }
            return Ok(Outcome::Done);
        };
        job.after = after;
    }
    run.checkpoint(&job).await?;
    Ok(Outcome::Again {
        run_at: clock::now(),
    })
}
