//! Clients that request expensive work and disconnect: the work and its memory stay bounded.

use std::time::Duration;

use serde_json::json;
use shared::dto::Page;
use tokio::time::{sleep, timeout};

use crate::{
    person::{PASSWORD, picture},
    raw::Raw,
    site::Site,
};

/// How much the process may grow, in KB: two pictures of 4 megapixels in processing, plus uploads
/// in flight.
const GROWTH: usize = 250 * 1_024;
/// How many threads the process may add.
const THREADS: usize = 16;

#[tokio::test(flavor = "multi_thread")]
async fn abandoned_uploads_use_bounded_memory_and_threads() {
    let site = Site::open();
    let bo = site.join("bo").await;
    // Enough accounts that the limit per account is not what bounds the work.
    let mut others = Vec::new();
    for n in 0..10 {
        others.push(site.join(&format!("other{n}")).await);
    }
    let image = picture(2_000, 2_000);
    let (memory, threads) = (site.told("VmRSS"), site.told("Threads"));
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..40_usize {
        let body = format!(
            "--x\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nHung up {n}\r\n--x\r\n\
             content-disposition: form-data; name=\"image\"\r\n\r\n"
        );
        let body = [body.as_bytes(), &image, b"\r\n--x--\r\n"].concat();
        let head = format!(
            "POST /api/artworks HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\ncontent-type: multipart/form-data; boundary=x\r\n\
             content-length: {}\r\n\r\n",
            site.address,
            others[n % others.len()].cookie(),
            body.len()
        );
        let address = site.address;
        sending.spawn(async move {
            let mut raw = Raw::open(address).await;
            // Sends as much as the server accepts, then disconnects.
            let _ = timeout(
                Duration::from_secs(2),
                raw.send(&[head.as_bytes(), &body].concat()),
            )
            .await;
            sleep(Duration::from_millis(25) * u32::try_from(n).expect("few")).await;
        });
    }
    sending.join_all().await;
    let (mut most, mut most_threads) = (0, 0);
    // A client that waits is served all the same.
    let waited = tokio::spawn(async move { bo.publish("Waited for").await });
    while !waited.is_finished() {
        (most, most_threads) = (
            most.max(site.told("VmRSS")),
            most_threads.max(site.told("Threads")),
        );
        sleep(Duration::from_millis(20)).await;
    }
    waited.await.expect("is published");
    assert!(
        most.saturating_sub(memory) < GROWTH,
        "{} KB more",
        most.saturating_sub(memory)
    );
    assert!(
        most_threads.saturating_sub(threads) < THREADS,
        "{} threads more",
        most_threads.saturating_sub(threads)
    );
    // Work in progress may have been completed, but most of it must never have started.
    let works = site
        .visitor()
        .get("/api/artworks?limit=48")
        .await
        .json::<Page<shared::dto::ArtworkCard>>()
        .items
        .len();
    assert!(
        works <= 12,
        "{works} works were posted for disconnected clients"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn abandoned_registrations_use_bounded_memory_and_threads() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", "off")]);
    let (memory, threads) = (site.told("VmRSS"), site.told("Threads"));
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..300 {
        let body = json!({ "handle": format!("gone{n}"), "display_name": "Gone", "email": format!("gone{n}@example.org"), "password": PASSWORD });
        let body = body.to_string();
        let head = format!(
            "POST /api/accounts HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            site.address,
            body.len()
        );
        let address = site.address;
        sending.spawn(async move {
            Raw::open(address)
                .await
                .send(format!("{head}{body}").as_bytes())
                .await;
        });
    }
    sending.join_all().await;
    let (mut most, mut most_threads) = (0, 0);
    let bo = crate::person::Person::new("bo", site.address);
    let waited = tokio::spawn(async move { bo.register().await });
    while !waited.is_finished() {
        (most, most_threads) = (
            most.max(site.told("VmRSS")),
            most_threads.max(site.told("Threads")),
        );
        sleep(Duration::from_millis(5)).await;
    }
    waited.await.expect("is registered");
    assert!(
        most.saturating_sub(memory) < GROWTH / 2,
        "{} KB more",
        most.saturating_sub(memory)
    );
    assert!(
        most_threads.saturating_sub(threads) < THREADS,
        "{} threads more",
        most_threads.saturating_sub(threads)
    );
}
