//! Notifying many followers through the queue.

use domain::{bus::MemoryBus, jobs::Runner};
use rand::{Rng, SeedableRng, rngs::StdRng};

use super::*;
use crate::followers::Crowd;

async fn until_done(domain: &Domain) {
    let begun = Instant::now();
    while domain.notifications.waiting_jobs().await.expect("a count") > 0 {
        assert!(begun.elapsed() < Duration::from_secs(40), "it does not end");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn until_queue_is_empty(domain: &Domain, kind: &str) {
    let begun = Instant::now();
    let of_kind = async || {
        let figures = domain.jobs.figures().await.expect("figures");
        figures.into_iter().find(|figures| figures.kind == kind)
    };
    while let Some(figures) = of_kind().await {
        assert!(begun.elapsed() < Duration::from_secs(40), "{figures:?}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn followers_are_notified_once_by_runners_that_are_killed_all_the_time() {
    let crowd = Crowd::of(3_300, 10_000).await;
    let other = node(&crowd.database, &MemoryBus::shared(), 10_000).await;
    let nodes = [crowd.domain.clone(), other];
    let work = crowd.post().await;
    let mut dice = StdRng::seed_from_u64(5);
    for round in 0..8 {
        let domain = &nodes[round % 2];
        let runner = domain.jobs.start();
        sleep(Duration::from_millis(dice.random_range(15..90))).await;
        drop(runner);
        domain.jobs.expire_leases().await.expect("expires");
    }
    let _runners: Vec<Runner> = nodes.iter().map(|node| node.jobs.start()).collect();
    until_done(&crowd.domain).await;
    until_queue_is_empty(&crowd.domain, "broadcast").await;
    assert!(crowd.told(work).await.values().all(|count| *count == 1));

    // The same for taking the notifications back.
    let artworks = &crowd.domain.artworks;
    artworks.delete(&crowd.artist, work).await.expect("deletes");
    until_done(&crowd.domain).await;
    until_queue_is_empty(&crowd.domain, "withdrawal").await;
    assert!(crowd.told(work).await.values().all(|count| *count == 0));
}

/// A node of the previous release writes no job.
#[tokio::test(flavor = "multi_thread")]
async fn fan_out_that_an_older_node_left_behind_is_adopted() {
    let crowd = Crowd::of(700, 10_000).await;
    let work = crowd.post().await;
    let txn = crowd.domain.store.begin().await.expect("begins");
    txn.db()
        .execute_unprepared("DELETE FROM job")
        .await
        .expect("deletes");
    txn.commit().await.expect("commits");
    let _runner = crowd.domain.jobs.start();
    until_done(&crowd.domain).await;
    until_queue_is_empty(&crowd.domain, "broadcast").await;
    assert!(crowd.told(work).await.values().all(|count| *count == 1));
}

/// The commit, the bus and the hub wake the runner, whose own poll is seconds away.
#[tokio::test(flavor = "multi_thread")]
async fn a_post_wakes_the_runners_through_the_hub() {
    let crowd = Crowd::of(60, 10_000).await;
    let domain = &crowd.domain;
    let (_hub, _runner) = (domain.hub.start(), domain.jobs.start());
    // Scheduled runs at the start, and a first poll.
    until_queue_is_empty(domain, "broadcast").await;
    sleep(Duration::from_millis(300)).await;
    let mut slowest = Duration::ZERO;
    for _ in 0..3 {
        crowd.post().await;
        let posted = Instant::now();
        until_done(domain).await;
        slowest = slowest.max(posted.elapsed());
    }
    // Three polls would take nine seconds.
    assert!(slowest < Duration::from_millis(2_500), "{slowest:?}");
}
