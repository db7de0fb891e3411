//! Work of one kind that comes while more of it is under way, done together: what costs the same for one as for many is paid once,
//! and nobody waits for company that does not come.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use shared::AppError;
use tokio::sync::oneshot;

use crate::{Error, Result};

/// Pieces done at once, at most, so that the first does not wait long for the last.
const MOST: usize = 64;

/// Collects pieces of work, and does at once what has come in the meantime.
pub struct Batcher<T, R> {
    queue: Mutex<Queue<T, R>>,
    patience: Duration,
}

struct Queue<T, R> {
    waiting: Vec<Waiting<T, R>>,
    /// Whether somebody sees to those who wait.
    running: bool,
}

struct Waiting<T, R> {
    piece: Arc<T>,
    since: Instant,
    answer: oneshot::Sender<Result<R>>,
}

impl<T: Send + Sync + 'static, R: Send + 'static> Batcher<T, R> {
    /// A piece that has waited longer than `patience` is not begun.
    pub fn new(patience: Duration) -> Arc<Self> {
        Arc::new(Self { queue: Mutex::new(Queue { waiting: Vec::new(), running: false }), patience })
    }

    /// Has a piece done, with what else waits, by `work`, which is the same for all and answers each in the order they were given. A
    /// batch that fails as a whole is tried again piece by piece, so that none fails for another's sake. One that was begun is ended,
    /// whether anybody still waits for it or not.
    ///
    /// # Errors
    /// Those of the work; [`Error::busy`] if it was not begun in time.
    pub async fn submit<W, F>(self: &Arc<Self>, piece: T, work: W) -> Result<R>
    where
        W: Fn(Vec<Arc<T>>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<Result<R>>>> + Send,
    {
        let (answer, answered) = oneshot::channel();
        metrics::gauge!("artcritique_writers_waiting").increment(1);
        let idle = {
            let mut queue = self.lock();
            queue.waiting.push(Waiting { piece: Arc::new(piece), since: Instant::now(), answer });
            !std::mem::replace(&mut queue.running, true)
        };
        if idle {
            let shift = Shift(self.clone());
            tokio::spawn(async move { shift.run(work).await });
        }
        answered.await.unwrap_or_else(|_| Err(Error::internal("the work was given up")))
    }

    fn lock(&self) -> MutexGuard<'_, Queue<T, R>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be done next; nothing left ends the shift.
    fn next(&self) -> Option<Vec<Waiting<T, R>>> {
        let mut queue = self.lock();
        let (mut batch, mut late) = (Vec::new(), Vec::new());
        let end = queue.waiting.len().min(MOST);
        for waiting in queue.waiting.drain(..end) {
            if waiting.since.elapsed() < self.patience { batch.push(waiting) } else { late.push(waiting) }
        }
        queue.running = end > 0;
        drop(queue);
        metrics::gauge!("artcritique_writers_waiting").decrement(f64::from(u32::try_from(end).unwrap_or(u32::MAX)));
        for waiting in late {
            let _ = waiting.answer.send(Err(Error::busy().into()));
        }
        if !batch.is_empty() {
            metrics::histogram!("artcritique_batch").record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        }
        (end > 0).then_some(batch)
    }
}

/// The time during which somebody sees to those who wait. Ends by itself if the work panics.
struct Shift<T, R>(Arc<Batcher<T, R>>);

impl<T: Send + Sync + 'static, R: Send + 'static> Shift<T, R> {
    async fn run<W, F>(self, work: W)
    where
        W: Fn(Vec<Arc<T>>) -> F,
        F: Future<Output = Result<Vec<Result<R>>>>,
    {
        while let Some(batch) = self.0.next() {
            let pieces: Vec<Arc<T>> = batch.iter().map(|waiting| waiting.piece.clone()).collect();
            if pieces.is_empty() {
                continue;
            }
            match work(pieces).await {
                Ok(results) => batch.into_iter().zip(results).for_each(|(waiting, result)| drop(waiting.answer.send(result))),
                // Where it is not one piece's fault, more tries would only be more of it.
                Err(error) if batch.len() == 1 || error.passing() => {
                    let error = AppError::from(error);
                    for waiting in batch {
                        let _ = waiting.answer.send(Err(error.clone().into()));
                    }
                }
                Err(_) => {
                    for Waiting { piece, answer, .. } in batch {
                        let _ = answer.send(work(vec![piece]).await.and_then(|mut results| results.remove(0)));
                    }
                }
            }
        }
    }
}

impl<T, R> Drop for Shift<T, R> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let mut queue = self.0.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.running = false;
            queue.waiting.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::Kind;
    use tokio::{task::JoinSet, time::sleep};

    use super::*;

    /// Doubles numbers, slowly and all at once. Thirteen fails whatever it is in, seven only itself, and ninety-nine is a fault.
    async fn double(numbers: Vec<Arc<i32>>, batches: Arc<Mutex<Vec<usize>>>) -> Result<Vec<Result<i32>>> {
        sleep(Duration::from_millis(10)).await;
        batches.lock().expect("no panic holds it").push(numbers.len());
        assert!(!numbers.iter().any(|n| **n == 99), "a fault");
        if numbers.iter().any(|n| **n == 13) {
            return Err(Error::internal("thirteen"));
        }
        let double = |n: &Arc<i32>| if **n == 7 { Err(Error::internal("seven")) } else { Ok(**n * 2) };
        Ok(numbers.iter().map(double).collect())
    }

    struct Doubler(Arc<Batcher<i32, i32>>, Arc<Mutex<Vec<usize>>>);

    impl Doubler {
        fn new(patience: Duration) -> Self {
            Self(Batcher::new(patience), Arc::default())
        }

        async fn submit(&self, n: i32) -> Result<i32> {
            let batches = self.1.clone();
            self.0.submit(n, move |numbers| double(numbers, batches.clone())).await
        }

        async fn submit_all(&self, numbers: impl Iterator<Item = i32>) -> Vec<(i32, Result<i32>)> {
            let mut tasks = JoinSet::new();
            for n in numbers {
                let doubler = Self(self.0.clone(), self.1.clone());
                tasks.spawn(async move { (n, doubler.submit(n).await) });
            }
            tasks.join_all().await
        }
    }

    #[tokio::test]
    async fn what_comes_at_once_is_done_at_once_and_each_has_its_own_answer() {
        let doubler = Doubler::new(Duration::from_secs(5));
        for (n, answer) in doubler.submit_all(100..380).await {
            assert_eq!(answer.ok(), Some(n * 2));
        }
        let batches = doubler.1.lock().expect("no panic").clone();
        assert_eq!(batches.iter().sum::<usize>(), 280);
        assert!(batches.len() <= 6 && batches.iter().all(|size| *size <= MOST), "{batches:?}");
    }

    #[tokio::test]
    async fn none_fails_for_anothers_sake() {
        for (n, answer) in Doubler::new(Duration::from_secs(5)).submit_all(0..20).await {
            assert_eq!(answer.ok(), Some(n * 2).filter(|_| n != 7 && n != 13));
        }
    }

    #[tokio::test]
    async fn one_that_waited_too_long_is_not_begun_and_hears_of_it() {
        let doubler = Doubler::new(Duration::from_millis(2));
        let (first, late) = tokio::join!(doubler.submit(1), async {
            // While the first is being done.
            sleep(Duration::from_millis(1)).await;
            doubler.submit(2).await
        });
        assert_eq!(first.ok(), Some(2));
        assert!(late.is_err_and(|error| matches!(error, Error::App(error) if error.kind == Kind::Unavailable)));
        assert_eq!(doubler.1.lock().expect("no panic").iter().sum::<usize>(), 1, "the late one was not begun");
    }

    #[tokio::test]
    async fn a_panic_ends_a_shift_and_not_the_next() {
        let doubler = Doubler::new(Duration::from_secs(5));
        assert!(doubler.submit(99).await.is_err());
        assert_eq!(doubler.submit(4).await.ok(), Some(8));
    }
}
