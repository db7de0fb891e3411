//! Nodes over one database notice what is wrong between them, and say so.

use std::time::{Duration, Instant};

use serde_json::Value;
use testing::{Redis, free_port};
use tokio::time::sleep;

use crate::{sessions::ENDED, site::Site};

const NOTICED: Duration = Duration::from_secs(12);

/// Waits until readiness warns of this; gives the sentence.
async fn warned(site: &Site, of: &str) -> String {
    let since = Instant::now();
    loop {
        let ready: Value = site.visitor().get("/readyz").await.json();
        let warnings = ready["warnings"].as_array().expect("warnings").clone();
        if let Some(warning) = warnings.iter().find(|warning| warning["of"] == of) {
            return warning["says"].as_str().expect("a sentence").to_owned();
        }
        assert!(since.elapsed() < NOTICED, "{ready}");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn nothing_is_wrong(site: &Site) {
    let ready: Value = site.visitor().get("/readyz").await.json();
    assert_eq!(ready["warnings"], serde_json::json!([]), "{ready}");
}

fn doctor(site: &Site) -> String {
    String::from_utf8(site.command(&["doctor"]).stdout).expect("text")
}

#[tokio::test]
async fn nodes_with_the_memory_bus_side_by_side_say_so_and_stop_believing_what_they_remember() {
    let at = format!("127.0.0.1:{}", free_port());
    let one = Site::with(&[("ARTCRITIQUE_METRICS_ADDR", &at)]);
    if !one.on_postgres() {
        return;
    }
    let two = one.beside(&[]);
    for site in [&one, &two] {
        let says = warned(site, "nodes").await;
        assert!(
            says.contains("with the bus memory") && says.contains("ARTCRITIQUE_BUS"),
            "{says}"
        );
    }
    let figures = reqwest::get(format!("http://{at}/metrics"))
        .await
        .expect("an answer")
        .text()
        .await
        .expect("text");
    assert!(
        figures.contains("artcritique_nodes_unheard 1")
            && figures.contains(r#"artcritique_warning{of="nodes"} 1"#),
        "{figures}"
    );
    let said = doctor(&one);
    assert!(
        said.contains("WRONG  nodes: 2 run, with the buses memory, memory"),
        "{said}"
    );

    // News takes the sweep's second, and a session that is signed out on one acts through the other
    // no more.
    let (ann, bo) = (one.join("ann").await, one.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let mut there = bo.at(two.address).live().await;
    let since = Instant::now();
    ann.critique(dusk, "Fine.").await;
    there.told().await;
    assert!(
        since.elapsed() < Duration::from_secs(3),
        "after {:?}",
        since.elapsed()
    );
    let elsewhere = bo.at(two.address);
    assert_eq!(elsewhere.get("/api/session").await.status, 200);
    let mut socket = elsewhere.socket(None).await;
    assert_eq!(bo.delete("/api/session").await.status, 204);
    assert_eq!(elsewhere.get("/api/session").await.status, 401, "at once");
    assert_eq!(socket.end().await.0, ENDED);
}

#[tokio::test]
async fn nodes_that_reach_each_other_are_well_and_so_are_those_left_of_them() {
    let redis = Redis::start();
    let settings = [
        ("ARTCRITIQUE_BUS", "redis"),
        ("REDIS_URL", redis.url().leak() as &str),
    ];
    let one = Site::with(&settings);
    if !one.on_postgres() {
        return;
    }
    let mut two = one.beside(&[("ARTCRITIQUE_DATA_DIR", one.data().to_str().expect("text"))]);
    sleep(Duration::from_secs(7)).await;
    nothing_is_wrong(&one).await;
    nothing_is_wrong(&two).await;
    let said = doctor(&one);
    assert!(said.contains("ok     nodes: 2 run"), "{said}");
    two.kill();
    sleep(Duration::from_secs(3)).await;
    nothing_is_wrong(&one).await;
}

#[tokio::test]
async fn pictures_in_a_folder_of_ones_own_are_noticed() {
    let redis = Redis::start();
    let one = Site::with(&[
        ("ARTCRITIQUE_BUS", "redis"),
        ("REDIS_URL", redis.url().leak() as &str),
    ]);
    if !one.on_postgres() {
        return;
    }
    sleep(Duration::from_millis(500)).await;
    let two = one.beside(&[]);
    let says = warned(&two, "pictures").await;
    assert!(says.contains("artcritique media adopt"), "{says}");
    nothing_is_wrong(&one).await;
    assert!(
        doctor(&two).contains("WRONG  pictures: the folder of pictures is not the one"),
        "{}",
        doctor(&two)
    );
    assert!(doctor(&one).contains("ok     pictures: "));
}

/// A copy of a site for trying things is another site, in all that it shares with the first.
#[tokio::test]
async fn a_copy_becomes_a_site_of_its_own() {
    let mut site = Site::on_sqlite();
    let bo = site.join("bo").await;
    let named =
        |site: &Site| String::from_utf8(site.command(&["site", "show"]).stdout).expect("text");
    let before = named(&site);
    let copy = site.folder().join("copy.sqlite");
    let copy = copy.to_str().expect("text");
    assert!(site.command(&["backup", "--out", copy]).status.success());
    site.kill();
    let kept = site.command(&["restore", "--from", copy]);
    assert!(
        kept.status.success(),
        "{}",
        String::from_utf8_lossy(&kept.stderr)
    );
    let restored = named(&site);
    assert_eq!(
        restored.lines().next(),
        before.lines().next(),
        "a restore keeps the site"
    );
    assert_ne!(
        restored.lines().nth(1),
        before.lines().nth(1),
        "under another epoch"
    );
    let made = site.command(&["restore", "--from", copy, "--as-new-site"]);
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    assert_ne!(named(&site).lines().next(), before.lines().next());
    site.start();
    sleep(Duration::from_millis(300)).await;
    nothing_is_wrong(&site).await;
    bo.get("/api/session").await.problem(401);
    let again = site.command(&["site", "rename"]);
    assert!(
        again.status.success(),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
    let says = warned(&site, "database").await;
    assert!(says.contains("of another site"), "{says}");
    assert_eq!(
        site.sign_in_status("bo").await,
        503,
        "nothing more is acknowledged until it is restarted"
    );
    site.crash();
    assert_eq!(site.sign_in_status("bo").await, 200);
}
