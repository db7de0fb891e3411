//! Work of one kind that comes while more of it is under way, done together: what costs the same
//! for one as for many is paid once, and nobody waits for company that does not come.

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

/// Pieces done at once, at most, so that the first does not wait long for the last.
const MOST: usize = 64;
/// How long a batch may take before it is given up, so that a connection that hangs is not waited
/// for for ever by all who come after.
const LONGEST: Duration = Duration::from_secs(15);
/// The same for a single query.
const LONGEST_READ: Duration = Duration::from_secs(4);

/// Collects pieces of work by what they need, and does at once what has come for the same in the
/// meantime. What needs something else is done beside it.
pub struct Batcher<K, T, R> {
    /// Who waits, for as long as somebody sees to them.
    queues: Mutex<HashMap<K, Vec<Waiting<T, R>>>>,
    /// What the pieces are, for the figures.
    of: &'static str,
    patience: Duration,
    longest: Duration,
    /// What those hear whose batch was given up.
    given_up: fn() -> AppError,
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
    /// For pieces that change something: it is not known of a batch that was given up whether it
    /// was done. Pieces are counted under the name given. One that has waited longer than
    /// `patience` is not begun.
    pub fn of_changes(of: &'static str, patience: Duration) -> Arc<Self> {
        Self::with(of, patience, LONGEST, Error::in_doubt)
    }

    /// For pieces that only read.
    pub fn of_reads(of: &'static str, patience: Duration) -> Arc<Self> {
        Self::with(of, patience, LONGEST_READ, Error::busy)
    }

    fn with(
        of: &'static str,
        patience: Duration,
        longest: Duration,
        given_up: fn() -> AppError,
    ) -> Arc<Self> {
        Arc::new(Self {
            queues: Mutex::default(),
            of,
            patience,
            longest,
            given_up,
        })
    }

    /// Has a piece done, with what else waits for the same, by `work`, which is the same for all
    /// and answers each in the order they were given. A batch that fails as a whole is tried again
    /// piece by piece, so that none fails for another's sake. One that was begun is ended, whether
    /// anybody still waits for it or not; one that nobody waits for any more is not begun.
    ///
    /// # Errors
    /// Those of the work; [`Error::busy`] if it was not begun in time.
    pub async fn submit<W, F>(self: &Arc<Self>, needs: K, piece: T, work: W) -> Result<R>
    where
        W: Fn(Vec<Arc<T>>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Vec<Result<R>>>> + Send,
    {
        let (answer, answered) = oneshot::channel();
        metrics::gauge!("artcritique_waiting", "of" => self.of).increment(1);
        let waiting = Waiting {
            piece: Arc::new(piece),
            since: Instant::now(),
            answer,
        };
        let idle = match self.lock().entry(needs.clone()) {
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
            tokio::spawn(async move { batcher.run(&needs, work).await });
        }
        answered
            .await
            .unwrap_or_else(|_| Err(Error::internal("the work was given up")))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Vec<Waiting<T, R>>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn run<W, F>(self: Arc<Self>, needs: &K, work: W)
    where
        W: Fn(Vec<Arc<T>>) -> F,
        F: Future<Output = Result<Vec<Result<R>>>>,
    {
        // A panic is an error like others, for those whom it concerns.
        let work = async |pieces| {
            let Ok(done) =
                timeout(self.longest, AssertUnwindSafe(work(pieces)).catch_unwind()).await
            else {
                tracing::warn!(of = self.of, "a batch hung and was given up");
                return Err((self.given_up)().into());
            };
            done.unwrap_or_else(|_| Err(Error::internal("the work panicked")))
        };
        while let Some(batch) = self.next(needs) {
            if batch.is_empty() {
                continue;
            }
            match work(batch.iter().map(|waiting| waiting.piece.clone()).collect()).await {
                Ok(results) => batch
                    .into_iter()
                    .zip(results)
                    .for_each(|(waiting, result)| drop(waiting.answer.send(result))),
                // Where it is not one piece's fault, more tries would only be more of it.
                Err(error) if batch.len() == 1 || error.passing() => {
                    let error = AppError::from(error);
                    for waiting in batch {
                        let _ = waiting.answer.send(Err(error.clone().into()));
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a batch failed; each of it is tried alone");
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

    /// What is to be done next; `None` when nothing is left, and the next to come begins anew.
    fn next(&self, needs: &K) -> Option<Vec<Waiting<T, R>>> {
        let drawn: Vec<_> = {
            let mut queues = self.lock();
            let queue = queues.get_mut(needs).filter(|queue| !queue.is_empty());
            let drawn = queue.map(|queue| queue.drain(..queue.len().min(MOST)).collect());
            if drawn.is_none() {
                queues.remove(needs);
            }
            drawn?
        };
        metrics::gauge!("artcritique_waiting", "of" => self.of)
            .decrement(f64::from(u32::try_from(drawn.len()).unwrap_or(u32::MAX)));
        let (batch, late): (Vec<_>, Vec<_>) = drawn
            .into_iter()
            .filter(|waiting| !waiting.answer.is_closed())
            .partition(|waiting| waiting.since.elapsed() < self.patience);
        for waiting in late {
            let _ = waiting.answer.send(Err(Error::busy().into()));
        }
        if !batch.is_empty() {
            metrics::histogram!("artcritique_batch", "of" => self.of)
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

    /// Doubles numbers, slowly and all at once. Thirteen fails whatever it is in, seven only
    /// itself, ninety-nine is a fault, and a thousand never ends.
    async fn double(
        numbers: Vec<Arc<i32>>,
        batches: Arc<Mutex<Vec<usize>>>,
    ) -> Result<Vec<Result<i32>>> {
        if numbers.iter().any(|n| **n == 1_000) {
            std::future::pending::<()>().await;
        }
        sleep(Duration::from_millis(10)).await;
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
        fn new(patience: Duration) -> Self {
            Self(Batcher::of_changes("numbers", patience), Arc::default())
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
    async fn what_comes_at_once_is_done_at_once_and_each_has_its_own_answer() {
        let doubler = Doubler::new(Duration::from_secs(5));
        for (n, answer) in doubler.submit_all(100..380).await {
            assert_eq!(answer.ok(), Some(n * 2));
        }
        let batches = doubler.1.lock().expect("no panic").clone();
        assert_eq!(batches.iter().sum::<usize>(), 280);
        assert!(
            batches.len() <= 6 && batches.iter().all(|size| *size <= MOST),
            "{batches:?}"
        );
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
    async fn a_panic_concerns_nobody_else() {
        for (n, answer) in Doubler::new(Duration::from_secs(5))
            .submit_all(90..110)
            .await
        {
            assert_eq!(answer.ok(), Some(n * 2).filter(|_| n != 99));
        }
    }

    #[tokio::test]
    async fn what_nobody_waits_for_any_more_is_not_begun() {
        let doubler = Doubler::new(Duration::from_secs(5));
        let first = doubler.submit(1);
        let gone = async {
            sleep(Duration::from_millis(1)).await;
            timeout(Duration::from_millis(2), doubler.submit(2)).await
        };
        let (first, gone) = tokio::join!(first, gone);
        assert!(first.is_ok() && gone.is_err());
        assert_eq!(doubler.submit(3).await.ok(), Some(6));
        assert_eq!(*doubler.1.lock().expect("no panic"), [1, 1]);
    }

    #[tokio::test]
    async fn one_that_hangs_is_given_up_and_those_after_it_are_done() {
        let patience = Duration::from_millis(50);
        let doubler = Doubler(
            Batcher::with("numbers", patience, patience * 3, Error::in_doubt),
            Arc::default(),
        );
        let stuck = async { tokio::join!(doubler.submit(1_000), doubler.submit(1_000)) };
        let next = async {
            // While the first hangs, but with patience left when it is given up.
            sleep(Duration::from_millis(120)).await;
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
    async fn what_needs_something_else_does_not_wait() {
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
