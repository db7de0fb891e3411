//! Unique keys.

use std::sync::Arc;

use domain::clock::now;
use tokio::sync::Semaphore;

use super::*;

/// A job of which one per key is in the queue.
#[derive(Clone, Serialize, Deserialize)]
struct Keyed {
    key: i64,
    n: i64,
}

impl Job for Keyed {
    const KIND: &'static str = "keyed";
    const MAX_TRIES: u32 = 2;

    fn unique_key(&self) -> Option<String> {
        Some(self.key.to_string())
    }
}

/// As [`Keyed`], but its key stays taken.
#[derive(Clone, Serialize, Deserialize)]
struct Daily {
    n: i64,
}

impl Job for Daily {
    const KIND: &'static str = "daily";
    const KEEP_DONE: bool = true;

    fn unique_key(&self) -> Option<String> {
        Some("2026-11-26".into())
    }
}

/// Handlers that take a permit for each run. Negative numbers fail.
fn handlers(store: &Store, permits: &Arc<Semaphore>) -> Handlers {
    let (store, permits) = (store.clone(), permits.clone());
    let kept = store.clone();
    Handlers::default()
        .on(move |job: Keyed, run| {
            let (store, permits) = (store.clone(), permits.clone());
            async move {
                permits.acquire().await.expect("open").forget();
                if job.n < 0 {
                    return Err(domain::Error::internal("negative"));
                }
                note(&store, job.n, &run).await
            }
        })
        .on(move |job: Daily, _| {
            let store = kept.clone();
            async move { record_alone(&store, job.n).await }
        })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_job_is_not_added_twice_and_runs_with_the_newest_payload() {
    let site = Site::of(1).await;
    let keyed = |key, n| Keyed { key, n };
    site.enqueue(&[keyed(1, 10), keyed(1, 11), keyed(2, 20), keyed(1, 12)])
        .await;
    let mut txn = site.store().begin().await.expect("begins");
    Jobs::enqueue_all(&mut txn, &[keyed(3, 30), keyed(1, 13), keyed(3, 31)])
        .await
        .expect("enqueues");
    txn.commit().await.expect("commits");
    assert_eq!(site.figures().await["keyed"].waiting, 3);
    let permits = Arc::new(Semaphore::new(10));
    let _runner = site.jobs(0, handlers(&site.store(), &permits)).start();
    site.until_empty("keyed").await;
    assert_eq!(site.effects().await, once([13, 20, 31]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_that_is_enqueued_again_runs_once_more() {
    for rounds in 1..3 {
        let site = Site::of(2).await;
        let permits = Arc::new(Semaphore::new(0));
        let _nodes = [0, 1].map(|node| {
            let handlers = handlers(&site.nodes[node].store, &permits);
            site.jobs(node, handlers).start()
        });
        site.enqueue(&[Keyed { key: 1, n: 0 }]).await;
        site.until("keyed", |figures| figures.running == 1).await;
        for n in 1..=rounds {
            site.enqueue(&[Keyed { key: 1, n }]).await;
        }
        let figures = site.figures().await["keyed"].clone();
        assert_eq!((figures.running, figures.waiting), (1, 0), "none is added");
        permits.add_permits(10);
        site.until_empty("keyed").await;
        assert_eq!(site.effects().await, once([0, rounds]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn enqueuing_a_dead_letter_again_revives_it() {
    let site = Site::of(1).await;
    let permits = Arc::new(Semaphore::new(10));
    let _runner = site.jobs(0, handlers(&site.store(), &permits)).start();
    site.enqueue(&[Keyed { key: 1, n: -1 }]).await;
    site.until("keyed", |figures| figures.dead == 1).await;
    site.enqueue(&[Keyed { key: 1, n: 5 }]).await;
    site.until_empty("keyed").await;
    assert_eq!(site.effects().await, once([5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_key_stays_taken_after_completion() {
    let site = Site::of(1).await;
    let permits = Arc::new(Semaphore::new(0));
    let jobs = site.jobs(0, handlers(&site.store(), &permits));
    let _runner = jobs.start();
    site.enqueue(&[Daily { n: 1 }]).await;
    site.until_empty("daily").await;
    site.enqueue(&[Daily { n: 2 }]).await;
    assert!(!site.figures().await.contains_key("daily"));
    assert_eq!(site.effects().await, once([1]));

    // The row goes after its retention, and not before.
    let tidy = async |days: i64| {
        let later = now() + days * 24 * 3_600_000;
        domain::jobs::tidy(&site.store(), later)
            .await
            .expect("tidies")
    };
    assert_eq!(tidy(2).await, 0);
    assert_eq!(tidy(4).await, 1);
    site.enqueue(&[Daily { n: 3 }]).await;
    site.until_empty("daily").await;
    assert_eq!(site.effects().await, once([1, 3]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_earlier_of_two_times_counts_and_no_job_runs_before_its_time() {
    let site = Site::of(1).await;
    let permits = Arc::new(Semaphore::new(10));
    let _runner = site.jobs(0, handlers(&site.store(), &permits)).start();
    let at = async |n, run_at| {
        let mut txn = site.store().begin().await.expect("begins");
        Jobs::enqueue_at(&mut txn, &Keyed { key: 1, n }, run_at)
            .await
            .expect("enqueues");
        txn.commit().await.expect("commits");
    };
    let soon = now() + 600;
    at(1, now() + 3_600_000).await;
    at(2, soon).await;
    at(3, now() + 7_200_000).await;
    site.until_empty("keyed").await;
    assert!(now() >= soon);
    assert_eq!(site.effects().await, once([3]), "with the newest payload");
}
