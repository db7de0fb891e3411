//! What is known of background tasks: nothing they await of the database is awaited for ever, and
//! it shows when one of them gets nothing done.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use sea_orm::{DbErr, RuntimeErr};
use tokio::time::{Instant, timeout};

use crate::Result;

/// A task that has failed for this long without a success in between is late.
const GRACE: Duration = Duration::from_secs(5);

/// Awaits the database no longer than this. What is given up is dropped, and its connection with
/// it.
///
/// # Errors
/// Those of the work; as of a database out of reach if it takes too long.
pub async fn within<T>(deadline: Duration, work: impl Future<Output = Result<T>>) -> Result<T> {
    timeout(deadline, work).await.unwrap_or_else(|_| {
        let late = format!("the database took longer than {deadline:?}");
        Err(DbErr::Conn(RuntimeErr::Internal(late)).into())
    })
}

/// The background tasks of this process.
#[derive(Clone, Default)]
pub struct Upkeep(Arc<Mutex<Vec<Task>>>);

/// How a task stands.
#[derive(Clone, Copy, Debug)]
pub struct TaskHealth {
    /// Its name.
    pub name: &'static str,
    /// Time since it last succeeded.
    pub age: Duration,
    /// Whether that is longer than it should be.
    pub late: bool,
}

impl Upkeep {
    /// Enters a task, which is late once it has not succeeded for `patience`.
    pub fn task(&self, name: &'static str, patience: Duration) -> Task {
        let task = Task(Arc::new(Record {
            name,
            patience,
            state: Mutex::new(State {
                succeeded_at: Instant::now(),
                failing_since: None,
            }),
        }));
        lock(&self.0).push(task.clone());
        task
    }

    /// How the tasks stand.
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
    patience: Duration,
    state: Mutex<State>,
}

struct State {
    succeeded_at: Instant,
    /// The first failure since then.
    failing_since: Option<Instant>,
}

impl Task {
    /// Notes what came of a round of the task; a failure is logged, and the task is expected to try
    /// again.
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
                tracing::warn!(task = self.0.name, %error, "a background task failed and will try again");
            }
        }
    }

    /// Whether nothing came of it for too long.
    pub fn is_late(&self) -> bool {
        self.health_at(Instant::now()).late
    }

    fn health_at(&self, now: Instant) -> TaskHealth {
        let state = lock(&self.0.state);
        let age = now.saturating_duration_since(state.succeeded_at);
        let failing = state
            .failing_since
            .is_some_and(|since| now.saturating_duration_since(since) > GRACE);
        TaskHealth {
            name: self.0.name,
            age,
            late: failing || age > self.0.patience,
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
    fn a_task_is_late_when_it_fails_for_long_or_does_nothing_at_all() {
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
    async fn what_never_ends_is_given_up_as_a_passing_fault() {
        let answer = within(
            Duration::from_millis(5),
            std::future::pending::<Result<()>>(),
        )
        .await;
        assert!(answer.is_err_and(|error| error.passing()));
    }
}
