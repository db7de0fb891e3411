//! A client that stops reading affects no other client, and catches up after reconnecting.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    site::Site,
    wire::{Heard, Live},
};

/// The server's write timeout, plus a margin.
const BOUND: Duration = Duration::from_secs(14);

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_stops_reading_is_disconnected_alone_and_catches_up_later() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let mut posting = JoinSet::new();
    for critic in 0..3 {
        let ann = ann.clone();
        posting.spawn(async move {
            for n in 0..50 {
                ann.critique(
                    dusk,
                    &format!(
                        "{critic}.{n} {}",
                        "A long excerpt of a critique. ".repeat(8)
                    ),
                )
                .await;
            }
        });
    }
    posting.join_all().await;
    let ids: Vec<i64> = (1..=150).collect();
    let mut start = bo.inbox().await;
    start.next = None;

    let mut handshake = bo.handshake(Some(&start.cursor));
    handshake.buffer = Some(4_096);
    let mut stuck = handshake.open().await.expect("a socket");
    let (mut same, mut other) = (bo.live().await, ann.live().await);
    let critique = ann.artwork(dusk).await.critiques[0].id;
    let mut slowest = Duration::ZERO;
    // Unarchived notifications are sent in full: small requests that cause much traffic.
    let begun = Instant::now();
    for round in 0..60 {
        for word in ["archive", "unarchive"] {
            let asked = Instant::now();
            let counts = bo.mark(word, json!({ "ids": ids })).await;
            same.reach(&counts.cursor).await;
            slowest = slowest.max(asked.elapsed());
        }
        if round % 10 == 0 {
            let asked = Instant::now();
            bo.helpful(critique, round % 20 == 0).await;
            other.change().await;
            slowest = slowest.max(asked.elapsed());
        }
    }
    assert!(
        slowest < Duration::from_secs(2),
        "others waited {slowest:?}"
    );
    // Reads nothing until the server must have given up.
    sleep(BOUND.saturating_sub(begun.elapsed())).await;
    let (mut read, mut ended) = (0, false);
    while !ended {
        match stuck.hear().await {
            Heard::Frame(_) => read += 1,
            Heard::Closed(_) => ended = true,
        }
    }
    assert!(read < 121, "the socket was not cut off: {read} frames");

    let end = bo.inbox().await;
    let mut back = Live::new(start.clone(), bo.socket(Some(&start.cursor)).await);
    back.reach(&end.cursor).await;
    assert_eq!((back.resets, back.changes.len()), (0, 120));
    assert_eq!(
        (back.inbox.unread, &back.inbox.items[..20]),
        (end.unread, &end.items[..20])
    );
}
