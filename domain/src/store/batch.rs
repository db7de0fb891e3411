//! Batches concurrent work of one kind: pieces that arrive while a batch is running form the next
//! one, so that the cost per batch is shared. An idle batcher starts a piece at once.

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use shared::AppError;
use tokio::{sync::oneshot, time::timeout};

use crate::{Error, Result};

/// Maximum pieces per batch, so that the first does not wait long for the last.
const MAX_BATCH: usize = 64;
/// Timeout of a batch of changes, so that a hanging connection does not block the queue.
const CHANGE_TIMEOUT: Duration = Duration::from_secs(15);
/// Timeout of a batch of reads, which is a single query.
const READ_TIMEOUT: Duration = Duration::from_secs(4);

/// Queues pieces of work by key and runs the queued pieces of a key as one batch. Batches of
/// different keys run concurrently.
pub struct Batcher<K, T, R> {
    /// The queue of each key whose task is running.
    queues: Mutex<HashMap<K, Vec<Waiting<T, R>>>>,
    /// The kind of work, for metrics and the log.
    kind: &'static str,
    max_wait: Duration,
    limit: Duration,
    /// The error of the pieces of a batch that timed out.
    timeout_error: fn() -> AppError,
}

struct Waiting<T, R> {
    piece: Arc<T>,
    since: Instant,
    answer: oneshot::Sender<Result<R>>,
}

impl<K, T, R> Batcher<K, T, R>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    T: Send + Sync + 'static,
    R: Send + 'static,
{
    /// A batcher of changes: the outcome of a batch that times out is in doubt. `kind` labels the
    /// metrics. A piece that has waited longer than `max_wait` is not started.
    pub fn of_changes(kind: &'static str, max_wait: Duration) -> Arc<Self> {
        Self::with(kind, max_wait, CHANGE_TIMEOUT, Error::in_doubt)
    }

    /// A batcher of reads: a batch that times out fails with [`Error::busy`].
    pub fn of_reads(kind: &'static str, max_wait: Duration) -> Arc<Self> {
        Self::with(kind, max_wait, READ_TIMEOUT, Error::busy)
    }

    fn with(
        kind: &'static str,
        max_wait: Duration,
        limit: Duration,
        timeout_error: fn() -> AppError,
    ) -> Arc<Self> {
        Arc::new(Self {
            queues: Mutex::default(),
            kind,
            max_wait,
            limit,
            timeout_error,
        })
    }

    /// Runs a piece in a batch with the other queued pieces of its key. `work` must be the same for
    /// all callers; it returns one result per piece, in order. A batch that fails as a whole is
    /// retried piece by piece, so that one piece does not fail the others; a transient error is
    /// returned to all of them instead. A batch that has started runs to its end even if its
    /// callers are gone; a queued piece whose caller is gone is not started.
    ///
    /// # Errors
    /// Those of the work; [`Error::busy`] if the piece was not started in time.
    pub async fn submit<W, F>(self: &Arc<Self>, key: K, piece: T, work: W) -> Result<R>
    where
        W: Fn(Vec<Arc<T>>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<Result<R>>>> + Send,
    {
        let (answer, answered) = oneshot::channel();
        metrics::gauge!("artcritique_waiting", "of" => self.kind).increment(1);
        let waiting = Waiting {
            piece: Arc::new(piece),
            since: Instant::now(),
            answer,
        };
        let idle = match self.lock().entry(key.clone()) {
            Entry::Occupied(mut queue) => {
                queue.get_mut().push(waiting);
                false
            }
            Entry::Vacant(queue) => {
                queue.insert(vec![waiting]);
                true
            }
        };
        if idle {
            let batcher = self.clone();
            tokio::spawn(async move { batcher.run(&key, work).await });
        }
        answered
            .await
            .unwrap_or_else(|_| Err(Error::internal("the batch was cancelled")))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Vec<Waiting<T, R>>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run<W, F>(self: Arc<Self>, key: &K, work: W)
    where
        W: Fn(Vec<Arc<T>>) -> F,
        F: Future<Output = Result<Vec<Result<R>>>>,
    {
        // A panic becomes an error of the batch.
        let work = async |pieces| {
            let Ok(done) = timeout(self.limit, AssertUnwindSafe(work(pieces)).catch_unwind()).await
            else {
                tracing::warn!(of = self.kind, "a batch timed out and was cancelled");
                return Err((self.timeout_error)().into());
            };
            done.unwrap_or_else(|_| Err(Error::internal("the batch panicked")))
        };
        while let Some(batch) = self.next(key) {
            if batch.is_empty() {
                continue;
            }
            match work(batch.iter().map(|waiting| waiting.piece.clone()).collect()).await {
                Ok(results) => batch
                    .into_iter()
                    .zip(results)
                    .for_each(|(waiting, result)| drop(waiting.answer.send(result))),
                // A transient error is not one piece's fault: retrying each piece would add load.
                Err(error) if batch.len() == 1 || error.is_transient() => {
                    let error = AppError::from(error);
                    for waiting in batch {
                        let _ = waiting.answer.send(Err(error.clone().into()));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a batch failed; retrying each item alone");
                    for Waiting { piece, answer, .. } in batch {
                        let _ = answer.send(
                            work(vec![piece])
                                .await
                                .and_then(|mut results| results.remove(0)),
                        );
                    }
                }
            }
        }
    }

    /// The next batch, without abandoned and late pieces. `None` when the queue is empty: the queue
    /// is removed, and the next piece starts a new task.
    fn next(&self, key: &K) -> Option<Vec<Waiting<T, R>>> {
        let drawn: Vec<_> = {
            let mut queues = self.lock();
            let queue = queues.get_mut(key).filter(|queue| !queue.is_empty());
            let drawn = queue.map(|queue| queue.drain(..queue.len().min(MAX_BATCH)).collect());
            if drawn.is_none() {
                queues.remove(key);
            }
            drawn?
        };
        metrics::gauge!("artcritique_waiting", "of" => self.kind)
            .decrement(f64::from(u32::try_from(drawn.len()).unwrap_or(u32::MAX)));
        let (batch, late): (Vec<_>, Vec<_>) = drawn
            .into_iter()
            .filter(|waiting| !waiting.answer.is_closed())
            .partition(|waiting| waiting.since.elapsed() < self.max_wait);
        for waiting in late {
            let _ = waiting.answer.send(Err(Error::busy().into()));
        }
        if !batch.is_empty() {
            metrics::histogram!("artcritique_batch", "of" => self.kind)
                .record(u32::try_from(batch.len()).unwrap_or(u32::MAX));
        }
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use shared::Kind;
    use tokio::{
        task::JoinSet,
        time::{sleep, timeout},
    };

    use super::*;

    /// Doubles a batch of numbers, slowly, and 500 very slowly. 13 fails its whole batch, 7 fails
    /// only itself, 99 panics, and 1000 hangs.
    async fn double(
        numbers: Vec<Arc<i32>>,
        batches: Arc<Mutex<Vec<usize>>>,
    ) -> Result<Vec<Result<i32>>> {
        if numbers.iter().any(|n| **n == 1_000) {
            std::future::pending::<()>().await;
        }
        let slow = numbers.iter().any(|n| **n == 500);
        sleep(Duration::from_millis(if slow { 500 } else { 10 })).await;
        batches
            .lock()
            .expect("no panic holds it")
            .push(numbers.len());
        assert!(!numbers.iter().any(|n| **n == 99), "a fault");
        if numbers.iter().any(|n| **n == 13) {
            return Err(Error::internal("thirteen"));
        }
        let double = |n: &Arc<i32>| {
            if **n == 7 {
                Err(Error::internal("seven"))
            } else {
                Ok(**n * 2)
            }
        };
        Ok(numbers.iter().map(double).collect())
    }

    struct Doubler(Arc<Batcher<bool, i32, i32>>, Arc<Mutex<Vec<usize>>>);

    impl Doubler {
        fn new(max_wait: Duration) -> Self {
            Self(Batcher::of_changes("numbers", max_wait), Arc::default())
        }

        async fn submit(&self, n: i32) -> Result<i32> {
            let batches = self.1.clone();
            self.0
                .submit(n < 0, n, move |numbers| double(numbers, batches.clone()))
                .await
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
    async fn concurrent_pieces_share_batches_and_each_gets_its_own_result() {
        let doubler = Doubler::new(Duration::from_secs(5));
        for (n, answer) in doubler.submit_all(100..380).await {
            assert_eq!(answer.ok(), Some(n * 2));
        }
        let batches = doubler.1.lock().expect("no panic").clone();
        assert_eq!(batches.iter().sum::<usize>(), 280);
        assert!(
            batches.len() <= 6 && batches.iter().all(|size| *size <= MAX_BATCH),
            "{batches:?}"
        );
    }

    #[tokio::test]
    async fn a_failing_piece_does_not_fail_the_others() {
        for (n, answer) in Doubler::new(Duration::from_secs(5)).submit_all(0..20).await {
            assert_eq!(answer.ok(), Some(n * 2).filter(|_| n != 7 && n != 13));
        }
    }

    #[tokio::test]
    async fn pieces_that_waited_too_long_are_rejected_unstarted() {
        let doubler = Doubler::new(Duration::from_millis(200));
        let (first, late) = tokio::join!(doubler.submit(500), async {
            // While the first is running.
            sleep(Duration::from_millis(10)).await;
            doubler.submit(2).await
        });
        assert_eq!(first.ok(), Some(1_000));
        assert!(late.is_err_and(
            |error| matches!(error, Error::App(error) if error.kind == Kind::Unavailable)
        ));
        assert_eq!(
            doubler.1.lock().expect("no panic").iter().sum::<usize>(),
            1,
            "the late one was not begun"
        );
    }

    #[tokio::test]
    async fn a_panic_fails_only_its_own_piece() {
        for (n, answer) in Doubler::new(Duration::from_secs(5))
            .submit_all(90..110)
            .await
        {
            assert_eq!(answer.ok(), Some(n * 2).filter(|_| n != 99));
        }
    }

    #[tokio::test]
    async fn abandoned_pieces_are_not_started() {
        let doubler = Doubler::new(Duration::from_secs(5));
        let first = doubler.submit(500);
        let gone = async {
            // While the first is running.
            sleep(Duration::from_millis(10)).await;
            timeout(Duration::from_millis(10), doubler.submit(2)).await
        };
        let (first, gone) = tokio::join!(first, gone);
        assert!(first.is_ok() && gone.is_err());
        assert_eq!(doubler.submit(3).await.ok(), Some(6));
        assert_eq!(*doubler.1.lock().expect("no panic"), [1, 1]);
    }

    #[tokio::test]
    async fn a_hanging_batch_times_out_and_later_pieces_run() {
        let max_wait = Duration::from_millis(200);
        let doubler = Doubler(
            Batcher::with("numbers", max_wait, max_wait * 3, Error::in_doubt),
            Arc::default(),
        );
        let stuck = async { tokio::join!(doubler.submit(1_000), doubler.submit(1_000)) };
        let next = async {
            // While the first hangs, but so late that its wait is still allowed after the timeout.
            sleep(Duration::from_millis(480)).await;
            doubler.submit(2).await
        };
        let (stuck, next) = tokio::join!(stuck, next);
        assert!(
            [stuck.0, stuck.1]
                .into_iter()
                .all(|stuck| stuck.is_err_and(|error| error.is_in_doubt()))
        );
        assert_eq!(next.ok(), Some(4));
    }

    #[tokio::test]
    async fn a_hanging_batch_does_not_block_other_keys() {
        let batcher = Batcher::<u8, u8, u8>::of_reads("numbers", Duration::from_secs(5));
        let stuck = batcher.submit(1, 1, |_| std::future::pending());
        let other = batcher.submit(2, 2, |pieces: Vec<Arc<u8>>| async move {
            Ok(pieces.iter().map(|n| Ok(**n)).collect())
        });
        tokio::select! {
            _ = stuck => panic!("nothing ends it"),
            other = timeout(Duration::from_secs(5), other) => assert_eq!(other.expect("in time").ok(), Some(2)),
        }
        assert_eq!(batcher.lock().len(), 1, "only the stuck one has a queue");
    }
}
