//! Notifying many followers through the queue.

use domain::{bus::MemoryBus, jobs::Runner, store::CACHE_TTL};

use super::*;
use crate::{
    events::count,
    followers::Crowd,
    nodes::{kill_runners, run},
};

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
    kill_runners(&nodes, 6).await;
    let _runners: Vec<Runner> = nodes.iter().map(|node| node.jobs.start()).collect();
    until_queue_is_empty(&crowd.domain, "broadcast").await;
    assert!(crowd.told(work).await.values().all(|count| *count == 1));

    // The same for taking the notifications back.
    let artworks = &crowd.domain.artworks;
    artworks.delete(&crowd.artist, work).await.expect("deletes");
    until_queue_is_empty(&crowd.domain, "withdrawal").await;
    // The other node's messages don't arrive here.
    sleep(CACHE_TTL).await;
    assert!(crowd.told(work).await.values().all(|count| *count == 0));
}

/// Waits until a query counts this many rows. Meanwhile every adoption is due at once.
async fn until_adopted(domain: &Domain, query: &str, rows: i64) {
    let begun = Instant::now();
    while count(domain.store.readers(), query).await != rows {
        assert!(begun.elapsed() < Duration::from_secs(40), "it does not end");
        let due = "UPDATE job SET run_at = 0 WHERE kind = 'fan_out_adoption' AND done_at IS NULL";
        run(domain, due).await;
        domain.jobs.wake();
        sleep(Duration::from_millis(20)).await;
    }
}

/// A node of the previous release writes no job.
#[tokio::test(flavor = "multi_thread")]
async fn fan_out_that_an_older_node_left_behind_is_adopted() {
    let crowd = Crowd::of(700, 10_000).await;
    let work = crowd.post().await;
    run(&crowd.domain, "DELETE FROM job").await;
    let _runner = crowd.domain.jobs.start();
    let unfinished = "SELECT COUNT(*) FROM broadcast WHERE done_at IS NULL";
    until_adopted(&crowd.domain, unfinished, 0).await;
    until_queue_is_empty(&crowd.domain, "broadcast").await;
    assert!(crowd.told(work).await.values().all(|count| *count == 1));
}

/// The first pages of the table hold only withdrawals whose jobs are dead letters.
#[tokio::test(flavor = "multi_thread")]
async fn fan_out_beyond_a_page_of_the_table_is_adopted() {
    let crowd = Crowd::of(0, 10_000).await;
    let domain = &crowd.domain;
    let rows = |row: &dyn Fn(i64) -> String, ids: std::ops::Range<i64>| {
        ids.map(row).collect::<Vec<_>>().join(",")
    };
    let withdrawals = rows(&|id| format!("({id})"), 1..1_201);
    run(
        domain,
        &format!("INSERT INTO withdrawal (artwork_id) VALUES {withdrawals}"),
    )
    .await;
    let dead = rows(
        &|id| {
            format!(
                "('withdrawal','{{\"artwork\":{id}}}','withdrawal:{id}',1,1,{})",
                i64::MAX
            )
        },
        1..1_001,
    );
    let insert = "INSERT INTO job (kind,payload,unique_key,created_at,run_at,dead_at) VALUES";
    run(domain, &format!("{insert} {dead}")).await;
    let _runner = domain.jobs.start();
    until_adopted(domain, "SELECT COUNT(*) FROM withdrawal", 1_000).await;
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
        until_queue_is_empty(domain, "broadcast").await;
        slowest = slowest.max(posted.elapsed());
    }
    // Three polls would take nine seconds.
    assert!(slowest < Duration::from_millis(2_500), "{slowest:?}");
}
