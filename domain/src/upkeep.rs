//! Supervision of background tasks: a timeout on their database work, and a record of when each
//! last succeeded.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sea_orm::{DbErr, RuntimeErr};
use tokio::time::{Instant, timeout};

use crate::Result;

/// A task that keeps failing for longer than this is late.
const MAX_FAILING: Duration = Duration::from_secs(5);

/// Runs database work with a timeout. On timeout the work is dropped, and its connection with it.
///
/// # Errors
/// Those of the work; a connection error ([`DbErr::Conn`]) on timeout.
pub async fn within<T>(deadline: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(deadline, work).await.unwrap_or_else(|_| {
        let late = format!("the database took longer than {deadline:?}");
        Err(DbErr::Conn(RuntimeErr::Internal(late)).into())
    })
}

/// The background tasks of this process.
#[derive(Clone, Default)]
pub struct Upkeep(Arc<Mutex<Vec<Task>>>);

/// A task's health.
#[derive(Clone, Copy, Debug)]
pub struct TaskHealth {
    /// Its name.
    pub name: &'static str,
    /// Time since it last succeeded.
    pub age: Duration,
    /// Whether the task is overdue, or has kept failing for more than 5 s.
    pub late: bool,
}

impl Upkeep {
    /// Registers a task, which is late once it has not succeeded for `max_age`.
    pub fn task(&self, name: &'static str, max_age: Duration) -> Task {
        let task = Task(Arc::new(Record {
            name,
            max_age,
            state: Mutex::new(State {
                succeeded_at: Instant::now(),
                failing_since: None,
            }),
        }));
        lock(&self.0).push(task.clone());
        task
    }

    /// The health of all tasks.
    pub fn tasks(&self) -> Vec<TaskHealth> {
        lock(&self.0)
            .iter()
            .map(|task| task.health_at(Instant::now()))
            .collect()
    }
}

/// A background task's record of its successes.
#[derive(Clone)]
pub struct Task(Arc<Record>);

struct Record {
    name: &'static str,
    max_age: Duration,
    state: Mutex<State>,
}

struct State {
    succeeded_at: Instant,
    /// The first failure since the last success.
    failing_since: Option<Instant>,
}

impl Task {
    /// Records the outcome of one run. A failure is logged, and the task is expected to retry.
    pub fn note<T>(&self, outcome: &Result<T>) {
        self.note_at(Instant::now(), outcome);
    }

    fn note_at<T>(&self, now: Instant, outcome: &Result<T>) {
        let mut state = lock(&self.0.state);
        match outcome {
            Ok(_) => {
                *state = State {
                    succeeded_at: now,
                    failing_since: None,
                }
            }
            Err(error) => {
                state.failing_since.get_or_insert(now);
                tracing::warn!(task = self.0.name, %error, "a background task failed and will be retried");
            }
        }
    }

    /// Whether the task is late; see [`TaskHealth::late`].
    pub fn is_late(&self) -> bool {
        self.health_at(Instant::now()).late
    }

    fn health_at(&self, now: Instant) -> TaskHealth {
        let state = lock(&self.0.state);
        let age = now.saturating_duration_since(state.succeeded_at);
        let failing = state
            .failing_since
            .is_some_and(|since| now.saturating_duration_since(since) > MAX_FAILING);
        TaskHealth {
            name: self.0.name,
            age,
            late: failing || age > self.0.max_age,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;

    #[test]
    fn a_task_is_late_after_repeated_failure_or_silence() {
        let task = Upkeep::default().task("sweep", Duration::from_mins(1));
        let begun = Instant::now();
        let after = |secs| begun + Duration::from_secs(secs);
        let late = |secs| task.health_at(after(secs)).late;
        task.note_at(after(20), &Err::<(), _>(Error::internal("no database")));
        assert!(!late(21), "the next round may succeed");
        assert!(late(26));
        task.note_at(after(26), &Err::<(), _>(Error::internal("no database")));
        assert!(late(27), "it counts from the first failure");
        task.note_at(after(28), &Ok(()));
        assert!(!late(29));
        assert!(late(89), "it hangs, or has ended");
    }

    #[tokio::test]
    async fn a_timeout_is_a_transient_error() {
        let answer = within(
            Duration::from_millis(5),
            std::future::pending::<Result<()>>(),
        )
        .await;
        assert!(answer.is_err_and(|error| error.is_transient()));
    }
}
