//! The job queue: work that is slow or leaves the process, done at least once.
//!
//! A [`Job`] is enqueued in the transaction of the event that asks for it ([`Jobs::enqueue`]) and
//! runs after the commit, on any node. A run owns its job by a lease that heartbeats renew; only
//! the owner of the lease can complete the job, and a job whose lease expires is claimed by another
//! node. A failed try is retried with backoff, and the last failure makes the job a dead letter.
//!
//! This room knows no job of its own. Other rooms define jobs, and `Domain::new` registers their
//! handlers ([`Handlers`]). Start reading at `runner`.

mod admin;
mod backoff;
mod handlers;
mod lease;
mod probe;
mod queue;
mod run;
mod runner;
mod runs;
mod schedule;
mod scheduler;
mod settle;

use std::{sync::Arc, time::Duration};

pub use admin::{Filter, KindFigures, Listed, Page, State, figures, tidy};
pub use backoff::backoff;
pub use handlers::{Handlers, Outcome};
pub use probe::Probe;
pub(crate) use probe::register as register_probe;
pub(crate) use queue::key as stored_key;
pub use run::Run;
pub use runner::Runner;
pub use schedule::Recurrence;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Notify;

use crate::{
    Result, Store,
    jobs::settle::Settler,
    store::Txn,
    upkeep::{Task, Upkeep},
};

/// A job that can be put off. Serialised as JSON, so fields may be added with a default, but an
/// older node must be able to read what a newer one writes.
pub trait Job: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The name of this kind of job in the database, metrics and the command line.
    const KIND: &'static str;
    /// Tries without progress after which the job is a dead letter.
    const MAX_TRIES: u32 = 12;
    /// Maximum runs of this kind at the same time on one node.
    const CONCURRENCY: usize = 8;
    /// Maximum duration of one run. A long job stores checkpoints and returns [`Outcome::Again`]
    /// before.
    const TIME_LIMIT: Duration = Duration::from_mins(1);
    /// Whether the completed job's unique key stays taken for [`DONE_RETENTION`].
    const KEEP_DONE: bool = false;

    /// At most one job of this kind with the same key is in the queue. Enqueuing it again replaces
    /// the payload of a waiting job, has a running job run once more, and revives a dead letter.
    fn unique_key(&self) -> Option<String> {
        None
    }
}

/// How long the rows of completed jobs with [`Job::KEEP_DONE`] are kept.
pub const DONE_RETENTION: Duration = Duration::from_hours(3 * 24);
/// How long dead letters are kept.
pub const DEAD_RETENTION: Duration = Duration::from_hours(30 * 24);

/// The durations of the queue's mechanisms.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a claim lasts without a heartbeat.
    pub lease: Duration,
    /// Interval of heartbeats.
    pub heartbeat: Duration,
    /// Maximum interval at which the database is checked for due jobs and expired leases.
    pub poll: Duration,
    /// Minimum interval between two claims, so that jobs are claimed in batches.
    pub round: Duration,
    /// How long a shutdown waits for runs to end.
    pub grace: Duration,
    /// Maximum random delay of a scheduled run that was missed while no node was up, so that the
    /// missed runs of all schedules do not begin together when a node starts.
    pub missed: Duration,
    /// The delay after a number of failed tries, given a random number in 0..1.
    pub backoff: fn(u32, f64) -> Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(30),
            heartbeat: Duration::from_secs(8),
            poll: Duration::from_secs(3),
            round: Duration::from_millis(20),
            grace: Duration::from_secs(5),
            missed: Duration::from_secs(30),
            backoff,
        }
    }
}

/// The queue and the handlers of its jobs.
#[derive(Clone)]
pub struct Jobs(Arc<Inner>);

struct Inner {
    store: Store,
    handlers: Handlers,
    pace: Pace,
    settler: Settler,
    /// Notified when jobs may be due.
    waiting: Notify,
    /// Notified when a run has ended while jobs of its kind were waiting for it.
    freed: Notify,
    tasks: Tasks,
}

/// The health of the runner's background tasks.
struct Tasks {
    /// Claiming due jobs.
    claims: Task,
    /// Renewing the leases of running jobs.
    leases: Task,
    /// Failing the tries whose lease has expired.
    expired: Task,
    /// Enqueuing scheduled runs.
    schedules: Task,
}

/// How long a background task of the runner may be without success.
const TASK_MAX_AGE: Duration = Duration::from_mins(1);
/// The same for the schedules, which are looked at once a minute.
const SCHEDULES_MAX_AGE: Duration = Duration::from_mins(3);

impl Jobs {
    /// The queue in this database, run by these handlers.
    pub fn new(store: Store, handlers: Handlers, pace: Pace, upkeep: &Upkeep) -> Self {
        Self(Arc::new(Inner {
            settler: Settler::new(store.clone()),
            store,
            handlers,
            pace,
            waiting: Notify::new(),
            freed: Notify::new(),
            tasks: Tasks {
                claims: upkeep.task("jobs", TASK_MAX_AGE),
                leases: upkeep.task("job leases", TASK_MAX_AGE),
                expired: upkeep.task("expired job leases", TASK_MAX_AGE),
                schedules: upkeep.task("job schedules", SCHEDULES_MAX_AGE),
            },
        }))
    }

    /// Enqueues a job, to run once the transaction has committed. If the queue holds a job with the
    /// same unique key, no job is added; see [`Job::unique_key`].
    ///
    /// # Errors
    /// When the job can't be serialised or the database refuses.
    pub async fn enqueue(txn: &mut Txn, job: &impl Job) -> Result<()> {
        queue::enqueue(txn, [job], crate::clock::now()).await
    }

    /// As [`Self::enqueue`], to run no earlier than `run_at`, in milliseconds since 1970.
    ///
    /// # Errors
    /// As [`Self::enqueue`].
    pub async fn enqueue_at(txn: &mut Txn, job: &impl Job, run_at: i64) -> Result<()> {
        queue::enqueue(txn, [job], run_at).await
    }

    /// As [`Self::enqueue`], for many jobs in few statements.
    ///
    /// # Errors
    /// As [`Self::enqueue`].
    pub async fn enqueue_all<'a, J: Job>(
        txn: &mut Txn,
        jobs: impl IntoIterator<Item = &'a J>,
    ) -> Result<()> {
        queue::enqueue(txn, jobs, crate::clock::now()).await
    }

    /// Ends all leases: call it before [`Self::start`] in a process that has the database to
    /// itself, whose predecessor may have been killed.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn expire_leases(&self) -> Result<()> {
        lease::expire_all(&self.0.store).await
    }

    /// Wakes the runner: jobs may be due.
    pub fn wake(&self) {
        self.0.waiting.notify_one();
    }
}
