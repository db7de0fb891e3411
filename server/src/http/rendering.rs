//! Live work first: pages are rendered on all cores but one.
//!
//! Rendering a page takes up to some milliseconds of processor time without a pause. If pages took
//! every thread of the runtime, a critique would wait behind them at each step on its way to the
//! artist's socket: docs/PERFORMANCE.md has figures. So a page waits for a turn at each step of its
//! rendering. While it waits for its data it holds no turn: a slow database does not make pages
//! wait for each other.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    thread::available_parallelism,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures_util::future::BoxFuture;
use tokio::sync::Semaphore;
use tokio_util::sync::PollSemaphore;

/// The turns of one process: as many as there are cores, less one; at least one.
#[derive(Clone)]
pub struct RenderingTurns(Arc<Semaphore>);

impl Default for RenderingTurns {
    fn default() -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        Self::new(cores.saturating_sub(1).max(1))
    }
}

impl RenderingTurns {
    fn new(turns: usize) -> Self {
        Self(Arc::new(Semaphore::new(turns)))
    }

    /// Renders the page, each step in a turn.
    pub async fn render(State(turns): State<Self>, request: Request, next: Next) -> Response {
        turns.take(next.run(request)).await
    }

    fn take<T>(&self, work: impl Future<Output = T> + Send + 'static) -> InTurns<T> {
        InTurns {
            turns: PollSemaphore::new(self.0.clone()),
            work: Box::pin(work),
        }
    }
}

/// Work that waits for a turn before each step and gives it up afterwards.
struct InTurns<T> {
    turns: PollSemaphore,
    work: BoxFuture<'static, T>,
}

impl<T> Future for InTurns<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        let Self { turns, work } = &mut *self;
        let _turn = ready!(turns.poll_acquire(cx));
        work.as_mut().poll(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        thread,
        time::Duration,
    };

    use tokio::{
        sync::Notify,
        task::{JoinSet, yield_now},
        time::timeout,
    };

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn no_more_steps_run_at_once_than_there_are_turns() {
        let turns = RenderingTurns::new(2);
        let (running, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let mut pages = JoinSet::new();
        for _ in 0..16 {
            let (running, most) = (running.clone(), most.clone());
            pages.spawn(turns.take(async move {
                for _ in 0..4 {
                    let now = running.fetch_add(1, Ordering::SeqCst) + 1;
                    most.fetch_max(now, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(1));
                    running.fetch_sub(1, Ordering::SeqCst);
                    yield_now().await;
                }
            }));
        }
        pages.join_all().await;
        assert_eq!(most.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_page_that_waits_for_its_data_holds_no_turn() {
        let turns = RenderingTurns::new(1);
        let data = Arc::new(Notify::new());
        let waiting = tokio::spawn(turns.take({
            let data = data.clone();
            async move { data.notified().await }
        }));
        yield_now().await;
        let other = turns.take(async { "rendered" });
        let rendered = timeout(Duration::from_secs(5), other).await;
        assert_eq!(rendered.expect("not held up"), "rendered");
        data.notify_one();
        waiting.await.expect("ends");
    }

    #[tokio::test]
    async fn a_client_that_hangs_up_while_waiting_takes_no_turn_along() {
        let turns = RenderingTurns::new(1);
        let held = turns.0.clone().acquire_owned().await.expect("open");
        let mut gone = turns.take(async {});
        assert!(
            timeout(Duration::from_millis(10), &mut gone).await.is_err(),
            "it waits"
        );
        drop(held);
        drop(gone);
        let rendered = timeout(Duration::from_secs(5), turns.take(async {})).await;
        assert!(rendered.is_ok());
    }
}
