//! Responses that need no database are available while the database hangs.

use std::time::{Duration, Instant};

use testing::{Postgres, Proxy};
use tokio::task::JoinSet;

use crate::{person::Answer, site::Site};

#[tokio::test(flavor = "multi_thread")]
async fn files_pictures_and_health_are_served_while_the_database_hangs() {
    let postgres = Postgres::start(false);
    let url = postgres.create().await;
    let proxy = Proxy::to(postgres.port()).await;
    let url = url.replace(
        &format!(":{}/", postgres.port()),
        &format!(":{}/", proxy.port()),
    );
    let site = Site::with(&[("DATABASE_URL", &url)]);
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let picture = bo.artwork(dusk).await.picture.sources[0].url.clone();
    proxy.stall();
    // As many requests as there are permits for reads, all waiting for the database.
    let mut waiting = JoinSet::new();
    for _ in 0..300 {
        waiting.spawn(bo.request(reqwest::Method::GET, "/notifications").send());
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    for (path, status) in [
        ("/healthz", 200),
        ("/favicon.svg", 200),
        (picture.as_str(), 200),
        ("/pkg/nothing.js", 404),
    ] {
        let begun = Instant::now();
        let answer = Answer::of(bo.request(reqwest::Method::GET, path)).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert!(
            begun.elapsed() < Duration::from_secs(2),
            "{path} after {:?}",
            begun.elapsed()
        );
        assert_eq!(answer.header("set-cookie"), "", "{path}");
    }
    waiting.abort_all();
}
