use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;

use crate::{
    Error, Result,
    jobs::{Job, Recurrence, Run, schedule::Schedule},
};

/// How a successful run of a job ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The job is complete.
    Done,
    /// The job has made progress and goes on at this time, in milliseconds since 1970, with all its
    /// tries.
    Again {
        /// When the job is due again.
        run_at: i64,
    },
    /// The job can't succeed: it becomes a dead letter without further tries.
    GiveUp(String),
}

type Handle = Arc<dyn Fn(String, Run) -> BoxFuture<'static, Result<Outcome>> + Send + Sync>;

/// A kind of job and how this node runs it.
pub struct Kind {
    pub name: &'static str,
    pub max_tries: u32,
    pub time_limit: Duration,
    pub keep_done: bool,
    /// One permit per concurrent run.
    pub permits: Arc<Semaphore>,
    pub handle: Handle,
}

/// The kinds of jobs that this node runs, and their schedules. Jobs of other kinds, as of a newer
/// release, are left to the nodes that know them.
#[derive(Default)]
pub struct Handlers {
    kinds: BTreeMap<&'static str, Kind>,
    schedules: Vec<Schedule>,
}

impl Handlers {
    /// Registers the handler of a kind of job. A run may be cut off at any await and started again,
    /// so its effect must be idempotent, or commit together with the job's completion
    /// ([`Run::complete_in`]).
    #[must_use]
    pub fn on<J, F>(mut self, handler: impl Fn(J, Run) -> F + Send + Sync + 'static) -> Self
    where
        J: Job,
        F: Future<Output = Result<Outcome>> + Send + 'static,
    {
        let handler = Arc::new(handler);
        let handle: Handle = Arc::new(move |payload, run| {
            let handler = handler.clone();
            Box::pin(async move {
                let job = serde_json::from_str(&payload).map_err(|error| {
                    Error::internal(format!("the payload can't be decoded: {error}"))
                })?;
                handler(job, run).await
            })
        });
        self.kinds.insert(
            J::KIND,
            Kind {
                name: J::KIND,
                max_tries: J::MAX_TRIES,
                time_limit: J::TIME_LIMIT,
                keep_done: J::KEEP_DONE,
                permits: Arc::new(Semaphore::new(J::CONCURRENCY)),
                handle,
            },
        );
        self
    }

    /// Registers a schedule: this job runs once per period, whatever the number of nodes.
    ///
    /// # Panics
    /// When the job can't be serialised, as a map whose keys are not text.
    #[must_use]
    pub fn every<J: Job>(mut self, recurrence: Recurrence, job: &J) -> Self {
        self.schedules.push(Schedule {
            kind: J::KIND,
            payload: serde_json::to_string(job).expect("a scheduled job is plain data"),
            recurrence,
        });
        self
    }

    pub(super) fn get(&self, kind: &str) -> Option<&Kind> {
        self.kinds.get(kind)
    }

    /// Whether the row of a completed job of this kind is kept, so that its unique key stays taken.
    pub(super) fn keeps_done(&self, kind: &Kind) -> bool {
        let scheduled = |schedule: &Schedule| schedule.kind == kind.name;
        kind.keep_done || self.schedules.iter().any(scheduled)
    }

    pub(super) fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.values()
    }

    pub(super) fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }
}
