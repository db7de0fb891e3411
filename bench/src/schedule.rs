//! A schedule of actions, fixed before the run.
//!
//! A client that waits for each response before it sends the next request goes easy on a slow
//! server and hides how long requests would have waited (coordinated omission). Here each action
//! starts when it is due, and its time counts from then.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{runtime::Handle, task::spawn_blocking};

/// Offsets from a common start, in ascending order.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule(Vec<Duration>);

/// One action of a schedule, completed.
pub struct Turn<T> {
    /// When it was due, after the schedule's start.
    pub offset: Duration,
    pub due: Instant,
    /// When it started; later than due if this process was late itself.
    pub began: Instant,
    pub ended: Instant,
    pub outcome: anyhow::Result<T>,
}

impl Schedule {
    /// Independent arrivals: a Poisson process with `rate` arrivals a second.
    pub fn poisson(rate: f64, length: Duration, seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let mut gap = move || Duration::from_secs_f64(-(1.0 - random.random::<f64>()).ln() / rate);
        let first = gap();
        Self(
            std::iter::successors(Some(first), |last| Some(*last + gap()))
                .take_while(|at| *at < length)
                .collect(),
        )
    }

    /// The number of actions.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Starts each action when it is due, independently of the others; returns all once the last
    /// has ended.
    pub async fn run<T, F>(
        self,
        act: impl Fn(usize) -> F + Send + Sync + 'static,
    ) -> anyhow::Result<Vec<Turn<T>>>
    where
        T: Send + 'static,
        F: Future<Output = anyhow::Result<T>> + Send + 'static,
    {
        let (runtime, act) = (Handle::current(), Arc::new(act));
        // A separate thread, since the runtime's timers may be a millisecond late.
        let pacer = spawn_blocking(move || {
            let start = Instant::now();
            let turns = self.0.into_iter().enumerate().map(|(n, offset)| {
                let (due, act) = (start + offset, act.clone());
                thread::sleep(due.saturating_duration_since(Instant::now()));
                runtime.spawn(async move {
                    let began = Instant::now();
                    let outcome = act(n).await;
                    Turn {
                        offset,
                        due,
                        began,
                        ended: Instant::now(),
                        outcome,
                    }
                })
            });
            turns.collect::<Vec<_>>()
        });
        let mut turns = Vec::new();
        for turn in pacer.await? {
            turns.push(turn.await?);
        }
        Ok(turns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrivals_match_rate_and_length_and_are_reproducible_by_seed() {
        let length = Duration::from_secs(50);
        let schedule = Schedule::poisson(200.0, length, 1);
        assert!(
            (9_500..10_500).contains(&schedule.len()),
            "{} arrivals",
            schedule.len()
        );
        assert!(schedule.0.is_sorted() && schedule.0.last().is_some_and(|last| *last < length));
        assert_eq!(schedule, Schedule::poisson(200.0, length, 1));
        assert_ne!(schedule, Schedule::poisson(200.0, length, 2));
    }

    #[tokio::test]
    async fn a_stalled_action_delays_no_other_and_its_wait_is_counted() {
        let stall = Duration::from_millis(200);
        let schedule = Schedule((0..5).map(Duration::from_millis).collect());
        let act = move |_| async move {
            tokio::time::sleep(stall).await;
            Ok(())
        };
        let (began, turns) = (Instant::now(), schedule.run(act).await.expect("turns"));
        assert!(began.elapsed() < 4 * stall, "the actions run concurrently");
        assert!(turns.iter().all(|turn| turn.ended - turn.due >= stall));
    }
}
