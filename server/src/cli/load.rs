//! A load on the job queue, for load tests.

use std::time::Duration;

use anyhow::bail;
use domain::{
    Domain, Result,
    jobs::{Jobs, Probe},
};
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};

use crate::config::{Config, Switch};

/// Jobs per transaction.
const BATCH: u32 = 10;
/// How long each job waits, in milliseconds.
const WAIT_MS: u64 = 20;

/// Starts to enqueue jobs that do nothing, as many per minute as `ARTCRITIQUE_LOAD_JOBS` says. In
/// this process, since on SQLite another process would compete with the server's writer. Ends when
/// the returned set is dropped.
pub fn start(config: &Config, domain: &Domain) -> anyhow::Result<JoinSet<()>> {
    let mut tasks = JoinSet::new();
    let Some(per_minute) = config.load_jobs else {
        return Ok(tasks);
    };
    if config.allow_mint == Switch::Off {
        bail!(
            "ARTCRITIQUE_LOAD_JOBS is for load tests; set ARTCRITIQUE_ALLOW_MINT=1 if this is one"
        );
    }
    let domain = domain.clone();
    tasks.spawn(async move {
        let mut ticks = interval(Duration::from_mins(1) * BATCH / per_minute);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
        let jobs: Vec<Probe> = (0..BATCH).map(|_| Probe { wait_ms: WAIT_MS }).collect();
        loop {
            ticks.tick().await;
            if let Err(error) = enqueue(&domain, &jobs).await {
                tracing::warn!(%error, "the jobs of the load test could not be enqueued");
            }
        }
    });
    Ok(tasks)
}

async fn enqueue(domain: &Domain, jobs: &[Probe]) -> Result<()> {
    let mut txn = domain.store.begin().await?;
    Jobs::enqueue_all(&mut txn, jobs).await?;
    txn.commit().await
}
