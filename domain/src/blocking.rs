//! A bounded pool for work that blocks a thread: hashing passwords, decoding pictures.
//!
//! The permit belongs to the work, not to the request that waits for it: a client that hangs up, or
//! a request that times out, frees no permit while its work still runs. Work whose caller
//! leaves before it starts is skipped, and the queue for permits is bounded.

use std::sync::Arc;

use tokio::sync::{Semaphore, oneshot};

use crate::{Error, Result};

/// A pool of permits with a bounded queue. Clones share both.
#[derive(Clone)]
pub struct BlockingPool {
    permits: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl BlockingPool {
    /// A pool that runs up to `permits` pieces of work of weight 1 at a time and queues up to
    /// `queue` callers.
    pub fn new(permits: usize, queue: usize) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(permits)),
            queue: Arc::new(Semaphore::new(queue)),
        }
    }

    /// Runs `work` on a thread that may block, holding `weight` permits until it returns.
    ///
    /// # Errors
    /// [`shared::Kind::Unavailable`] if the queue is full; [`Error::Internal`] if the work panics.
    pub async fn run<T: Send + 'static>(
        &self,
        weight: u32,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T> {
        let queue_permit = self
            .queue
            .clone()
            .try_acquire_owned()
            .map_err(|_| Error::busy())?;
        let permit = self
            .permits
            .clone()
            .acquire_many_owned(weight)
            .await
            .map_err(Error::internal)?;
        drop(queue_permit);
        let (answer, answered) = oneshot::channel();
        tokio::task::spawn_blocking(move || {
            let _permit = permit;
            if !answer.is_closed() {
                let _gone = answer.send(work());
            }
        });
        answered
            .await
            .map_err(|_| Error::internal("work on a blocking thread panicked"))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            atomic::{AtomicUsize, Ordering},
            mpsc,
        },
        time::Duration,
    };

    use shared::Kind;
    use tokio::{task::JoinHandle, time::timeout};

    use super::*;

    /// Counts pieces of work: running now, most at a time, started.
    #[derive(Default)]
    struct Counted {
        running: AtomicUsize,
        most: AtomicUsize,
        begun: AtomicUsize,
    }

    /// Starts work that runs until the sender is dropped.
    fn start(
        pool: &BlockingPool,
        counted: &Arc<Counted>,
    ) -> (JoinHandle<Result<()>>, mpsc::Sender<()>) {
        let (finish, until) = mpsc::channel::<()>();
        let (pool, counted) = (pool.clone(), counted.clone());
        let task = tokio::spawn(async move {
            let work = move || {
                counted.begun.fetch_add(1, Ordering::SeqCst);
                counted.most.fetch_max(
                    counted.running.fetch_add(1, Ordering::SeqCst) + 1,
                    Ordering::SeqCst,
                );
                let _ = until.recv();
                counted.running.fetch_sub(1, Ordering::SeqCst);
            };
            pool.run(1, work).await
        });
        (task, finish)
    }

    async fn eventually(what: &str, holds: impl Fn() -> bool) {
        let wait = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(Duration::from_secs(10), wait)
            .await
            .unwrap_or_else(|_| panic!("{what}"));
    }

    #[tokio::test]
    async fn callers_that_hang_up_free_no_permit_while_their_work_runs() {
        let (pool, counted) = (BlockingPool::new(2, 100), Arc::new(Counted::default()));
        let mut running = Vec::new();
        for _ in 0..30 {
            let (task, finish) = start(&pool, &counted);
            running.push(finish);
            tokio::task::yield_now().await;
            if running.len() > 2 {
                // These wait in the queue when their client hangs up.
                task.abort();
            } else {
                eventually("it begins", || {
                    counted.begun.load(Ordering::SeqCst) == running.len()
                })
                .await;
                task.abort();
            }
        }
        assert_eq!(
            pool.permits.available_permits(),
            0,
            "the work of two clients that hung up still runs"
        );
        running.clear();
        eventually("both end", || pool.permits.available_permits() == 2).await;
        eventually("all have left the queue", || {
            pool.queue.available_permits() == 100
        })
        .await;
        assert_eq!(counted.most.load(Ordering::SeqCst), 2);
        assert_eq!(
            counted.begun.load(Ordering::SeqCst),
            2,
            "nobody waits for the rest, so it is not begun"
        );
    }

    #[tokio::test]
    async fn a_full_queue_rejects_callers_at_once() {
        let (pool, counted) = (BlockingPool::new(1, 1), Arc::new(Counted::default()));
        let (first, finish_first) = start(&pool, &counted);
        eventually("it begins", || counted.begun.load(Ordering::SeqCst) == 1).await;
        let (second, finish_second) = start(&pool, &counted);
        eventually("it waits", || pool.queue.available_permits() == 0).await;
        let refused = pool.run(1, || ()).await;
        assert!(
            matches!(refused, Err(Error::App(error)) if error.kind == Kind::Unavailable && error.retry_after.is_some())
        );
        drop((finish_first, finish_second));
        first.await.expect("joins").expect("is done");
        second.await.expect("joins").expect("is done");
    }

    #[tokio::test]
    async fn work_that_panics_releases_its_permit() {
        let pool = BlockingPool::new(1, 1);
        assert!(pool.run(1, || panic!("on purpose")).await.is_err());
        assert_eq!(pool.run(1, || 7).await.expect("a permit"), 7);
    }
}
