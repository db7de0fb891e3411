//! When things are to happen, fixed before anything does.
//!
//! Who waits for an answer before acting again spares a slow server, and hides how many would have
//! waited (coordinated omission). Here the next act comes when it is due, and its time counts from
//! then.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{runtime::Handle, task::spawn_blocking};

/// Moments after a common start, in ascending order.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule(Vec<Duration>);

/// One act of a schedule.
pub struct Turn<T> {
    /// When it was to happen, after the schedule's start.
    pub offset: Duration,
    pub due: Instant,
    /// When it did; later than due if this process was late itself.
    pub began: Instant,
    pub ended: Instant,
    pub outcome: anyhow::Result<T>,
}

impl Schedule {
    /// Arrivals of people who know nothing of each other: a Poisson process of this rate a second.
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

    /// How many acts there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Begins each act when it is due, however the others fare, and gives them all back when the
    /// last has ended.
    pub async fn run<T, F>(
        self,
        act: impl Fn(usize) -> F + Send + Sync + 'static,
    ) -> anyhow::Result<Vec<Turn<T>>>
    where
        T: Send + 'static,
        F: Future<Output = anyhow::Result<T>> + Send + 'static,
    {
        let (runtime, act) = (Handle::current(), Arc::new(act));
        // A thread of its own, since timers of the runtime may be a millisecond late.
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
    fn arrivals_keep_to_rate_and_length_and_come_again_with_the_seed() {
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
    async fn an_act_that_stalls_neither_delays_the_next_nor_hides_its_own_wait() {
        let stall = Duration::from_millis(200);
        let schedule = Schedule((0..5).map(Duration::from_millis).collect());
        let act = move |_| async move {
            tokio::time::sleep(stall).await;
            Ok(())
        };
        let (began, turns) = (Instant::now(), schedule.run(act).await.expect("turns"));
        assert!(began.elapsed() < 4 * stall, "they ran side by side");
        assert!(turns.iter().all(|turn| turn.ended - turn.due >= stall));
    }
}
