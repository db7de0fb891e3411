//! The runner: claims due jobs in batches, runs them concurrently, and keeps their leases.

use std::{collections::HashMap, panic::AssertUnwindSafe, time::Duration};

use futures_util::FutureExt;
use tokio::{
    sync::OwnedSemaphorePermit,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    Result, clock,
    entities::job::Model,
    jobs::{
        Jobs, Outcome, Run,
        handlers::Kind,
        lease::{Held, claim, fail_expired, ms, next_due, renew},
        runs::{Active, Runs},
        scheduler,
        settle::End,
    },
    upkeep::within,
};

/// Maximum jobs per claim, so that a claim never holds SQLite's writer for long.
const MAX_CLAIM: usize = 25;
/// Deadline of the runner's statements.
const QUERY_DEADLINE: Duration = Duration::from_secs(10);
/// Interval of attempts to record the end of a run.
const SETTLE_RETRY: Duration = Duration::from_secs(1);
/// Maximum length of a stored error, in characters.
const MAX_ERROR: usize = 500;

/// A running runner. Dropping it stops everything at once, as a crash would: its leases then
/// expire.
pub struct Runner {
    stop: CancellationToken,
    /// Claims jobs and owns their runs.
    dispatcher: JoinSet<()>,
    _helpers: JoinSet<()>,
}

impl Runner {
    /// Claims no more jobs, asks the runs to end, and after [`super::Pace::grace`] cuts off the
    /// remaining ones and releases their leases, so that other nodes go on at once.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.dispatcher.join_next().await;
    }
}

impl Jobs {
    /// Starts to run jobs. A process needs one runner.
    pub fn start(&self) -> Runner {
        let (stop, runs) = (CancellationToken::new(), Runs::default());
        let (mut dispatcher, mut helpers) = (JoinSet::new(), JoinSet::new());
        helpers.spawn(self.clone().keep_leases(runs.clone()));
        helpers.spawn(self.clone().watch_expired());
        helpers.spawn(scheduler::run(self.clone()));
        dispatcher.spawn(self.clone().dispatch(runs, stop.clone()));
        Runner {
            stop,
            dispatcher,
            _helpers: helpers,
        }
    }

    async fn dispatch(self, runs: Runs, stop: CancellationToken) {
        let (inner, mut running, mut turn) = (&self.0, JoinSet::new(), 0);
        let abandon = CancellationToken::new();
        loop {
            let round = self.round(turn, &runs, &stop, &abandon, &mut running).await;
            inner.tasks.claims.note(&round);
            turn = turn.wrapping_add(1);
            while running.try_join_next().is_some() {}
            let Round { idle, blocked } = round.unwrap_or(Round {
                idle: inner.pace.poll,
                blocked: false,
            });
            let next = async {
                sleep(inner.pace.round).await;
                tokio::select! {
                    () = inner.waiting.notified() => {}
                    () = inner.freed.notified(), if blocked => {}
                    () = sleep(idle) => {}
                }
            };
            tokio::select! {
                () = stop.cancelled() => break,
                () = next => {}
            }
        }
        let ended = timeout(inner.pace.grace, async {
            while running.join_next().await.is_some() {}
        });
        if ended.await.is_err() {
            tracing::info!(
                jobs = running.len(),
                "releasing the jobs that have not ended"
            );
            abandon.cancel();
            let released = async { while running.join_next().await.is_some() {} };
            let _ = timeout(SETTLE_RETRY, released).await;
        }
    }

    /// Claims due jobs of the kinds that have free permits, and starts them. `turn` decides which
    /// kind comes first.
    async fn round(
        &self,
        turn: usize,
        runs: &Runs,
        stop: &CancellationToken,
        abandon: &CancellationToken,
        running: &mut JoinSet<()>,
    ) -> Result<Round> {
        let inner = &self.0;
        let kinds: Vec<&Kind> = inner.handlers.kinds().collect();
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        let due = within(QUERY_DEADLINE, next_due(&inner.store, &names)).await?;
        let now = clock::now();
        let mut round = Round {
            idle: inner.pace.poll,
            blocked: false,
        };
        let (mut wanted, mut permits) = (Vec::new(), HashMap::new());
        let mut left = MAX_CLAIM;
        for n in 0..kinds.len() {
            let n = (n + turn) % kinds.len();
            let (kind, Some(due)) = (kinds[n], due[n]) else {
                continue;
            };
            if due > now {
                let wait = Duration::from_millis(u64::try_from(due - now).unwrap_or(0));
                round.idle = round.idle.min(wait);
                continue;
            }
            let mut free: Vec<OwnedSemaphorePermit> = Vec::new();
            while free.len() < left
                && let Ok(permit) = kind.permits.clone().try_acquire_owned()
            {
                free.push(permit);
            }
            if free.is_empty() {
                round.blocked = true;
                continue;
            }
            left -= free.len();
            wanted.push((kind.name, free.len()));
            permits.insert(kind.name, free);
        }
        if wanted.is_empty() {
            return Ok(round);
        }
        let (lease, claimed_at) = (rand::random::<i64>(), Instant::now());
        let claimed = claim(&inner.store, &wanted, lease, inner.pace.lease);
        for job in within(QUERY_DEADLINE, claimed).await? {
            let kind = inner.handlers.get(&job.kind);
            let permit = permits.get_mut(job.kind.as_str()).and_then(Vec::pop);
            if let (Some(kind), Some(permit)) = (kind, permit) {
                let active = runs.begin((job.id, lease), claimed_at, kind.time_limit, stop);
                running.spawn(self.clone().run(job, active, abandon.clone(), permit));
            }
        }
        // More jobs of these kinds may be due.
        round.idle = Duration::ZERO;
        Ok(round)
    }

    /// Runs a job and records how the run ended.
    async fn run(
        self,
        job: Model,
        active: Active,
        abandon: CancellationToken,
        permit: OwnedSemaphorePermit,
    ) {
        let Some(kind) = self.0.handlers.get(&job.kind) else {
            return;
        };
        let tries = u32::try_from(job.tries).unwrap_or(u32::MAX);
        let (held, started) = (active.held, Instant::now());
        let keep = self.0.handlers.keeps_done(kind);
        let run = Run::new(
            held,
            tries,
            keep,
            self.0.store.clone(),
            active.cancelled.clone(),
            kind.time_limit,
        );
        let work = async { (kind.handle)(job.payload, run.clone()).await };
        let work = timeout(kind.time_limit, AssertUnwindSafe(work).catch_unwind());
        let fault = tokio::select! {
            biased;
            ended = work => match ended {
                Ok(Ok(Ok(outcome))) => Ok(outcome),
                Ok(Ok(Err(error))) => Err(error.to_string()),
                Ok(Err(panic)) => Err(format!("the handler panicked: {}", message(&*panic))),
                Err(_) => Err(format!("the run took longer than {:?}", kind.time_limit)),
            },
            () = active.lost.cancelled() => Ok(Outcome::Done),
            () = abandon.cancelled() => {
                let _ = self.0.settler.settle(held, End::Released).await;
                return;
            }
        };
        // Ends whatever the handler has spawned with this token.
        active.cancelled.cancel();
        let now = clock::now();
        let retry_at = now + ms((self.0.pace.backoff)(tries, rand::random()));
        let lost = active.lost.is_cancelled() && !run.completed();
        let (outcome, end) = match fault {
            _ if lost => ("lost", None),
            Ok(Outcome::Done) if run.completed() => ("done", None),
            Ok(Outcome::Done) => ("done", Some(End::Done { keep })),
            Ok(Outcome::Again { run_at }) => ("again", Some(End::Again { run_at })),
            Ok(Outcome::GiveUp(error)) => dead(held, kind, tries, retry_at, error),
            Err(error) if tries >= kind.max_tries => dead(held, kind, tries, retry_at, error),
            Err(error) => {
                tracing::warn!(id = held.0, kind = kind.name, tries, %error, "a job failed and will be retried");
                let error = storable(&error);
                (
                    "failed",
                    Some(End::Failed {
                        run_at: retry_at,
                        error,
                    }),
                )
            }
        };
        let settled = match end {
            Some(end) => self.settle(held, end, &active).await,
            None => !lost,
        };
        let outcome = if settled { outcome } else { "lost" };
        metrics::counter!("artcritique_job_runs_total", "kind" => kind.name, "outcome" => outcome)
            .increment(1);
        metrics::histogram!("artcritique_job_seconds", "kind" => kind.name)
            .record(started.elapsed());
        drop((permit, active));
        self.0.freed.notify_one();
    }

    /// Records the end of a run, trying again while the lease stands.
    async fn settle(&self, held: Held, end: End, active: &Active) -> bool {
        loop {
            match self.0.settler.settle(held, end.clone()).await {
                Ok(settled) => return settled,
                Err(error) if active.lost.is_cancelled() => {
                    tracing::warn!(id = held.0, %error, "the end of a run could not be recorded; the job will run again");
                    return false;
                }
                Err(_) => sleep(SETTLE_RETRY.mul_f64(0.5 + rand::random::<f64>())).await,
            }
        }
    }

    /// Renews the leases of this runner's runs.
    async fn keep_leases(self, runs: Runs) {
        let pace = self.0.pace;
        loop {
            sleep(pace.heartbeat).await;
            let held = runs.held(Instant::now());
            let asked_at = Instant::now();
            let renewed = within(pace.heartbeat, renew(&self.0.store, &held, pace.lease)).await;
            self.0.tasks.leases.note(&renewed);
            runs.note(&held, renewed.ok().as_ref(), asked_at, pace.lease);
        }
    }

    async fn watch_expired(self) {
        loop {
            sleep(self.0.pace.poll.mul_f64(0.5 + rand::random::<f64>())).await;
            let max_tries = |kind: &str| Some(self.0.handlers.get(kind)?.max_tries);
            let failed = fail_expired(&self.0.store, max_tries, self.0.pace.backoff);
            let failed = within(QUERY_DEADLINE, failed).await;
            self.0.tasks.expired.note(&failed);
            if failed.is_ok_and(|tries| tries > 0) {
                self.wake();
            }
        }
    }
}

/// What the dispatcher does after a round.
struct Round {
    /// How long until the next round, unless jobs are announced.
    idle: Duration,
    /// Whether due jobs wait for a permit.
    blocked: bool,
}

/// The end of a job that becomes a dead letter.
fn dead(
    (id, _): Held,
    kind: &Kind,
    tries: u32,
    run_at: i64,
    error: String,
) -> (&'static str, Option<End>) {
    tracing::error!(id, kind = kind.name, tries, %error, "a job has failed for good and is a dead letter; see `artcritique jobs list --dead`");
    let error = storable(&error);
    ("dead", Some(End::Dead { run_at, error }))
}

/// An error as it is stored: bounded, and without the character that PostgreSQL refuses.
fn storable(error: &str) -> String {
    error
        .chars()
        .filter(|c| *c != '\0')
        .take(MAX_ERROR)
        .collect()
}

/// The message of a panic.
fn message(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}
