//! Nodes on one database detect and report misconfigurations between them.

use std::time::{Duration, Instant};

use serde_json::Value;
use testing::{Redis, free_port};
use tokio::time::sleep;

use crate::{sessions::ENDED, site::Site};

const NOTICED: Duration = Duration::from_secs(12);

/// Waits until readiness warns about this; returns the warning's text.
async fn wait_for_warning(site: &Site, of: &str) -> String {
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

async fn assert_no_warnings(site: &Site) {
    let ready: Value = site.visitor().get("/readyz").await.json();
    assert_eq!(ready["warnings"], serde_json::json!([]), "{ready}");
}

fn doctor(site: &Site) -> String {
    String::from_utf8(site.command(&["doctor"]).stdout).expect("text")
}

#[tokio::test]
async fn several_nodes_on_the_memory_bus_warn_and_bypass_their_caches() {
    let at = format!("127.0.0.1:{}", free_port());
    let one = Site::with(&[("ARTCRITIQUE_METRICS_ADDR", &at)]);
    if !one.on_postgres() {
        return;
    }
    let two = one.beside(&[]);
    for site in [&one, &two] {
        let says = wait_for_warning(site, "nodes").await;
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
        said.contains("WRONG  nodes: 2 running, with the buses memory, memory"),
        "{said}"
    );

    // The sweep delivers notifications within a second, and signing out on one node ends the
    // session on the other.
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
async fn connected_nodes_report_no_warning_even_after_one_dies() {
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
    assert_no_warnings(&one).await;
    assert_no_warnings(&two).await;
    let said = doctor(&one);
    assert!(said.contains("ok     nodes: 2 running"), "{said}");
    two.kill();
    sleep(Duration::from_secs(3)).await;
    assert_no_warnings(&one).await;
}

#[tokio::test]
async fn a_node_with_a_separate_picture_folder_warns() {
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
    let says = wait_for_warning(&two, "pictures").await;
    assert!(says.contains("artcritique media adopt"), "{says}");
    assert_no_warnings(&one).await;
    assert!(
        doctor(&two).contains("WRONG  pictures: the picture folder is not the one"),
        "{}",
        doctor(&two)
    );
    assert!(doctor(&one).contains("ok     pictures: "));
}

/// A copy restored as a new site gets its own identity in everything it shares with the original.
#[tokio::test]
async fn a_backup_restored_as_a_new_site_gets_its_own_identity() {
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
    assert_no_warnings(&site).await;
    bo.get("/api/session").await.problem(401);
    let again = site.command(&["site", "rename"]);
    assert!(
        again.status.success(),
        "{}",
        String::from_utf8_lossy(&again.stderr)
    );
    let says = wait_for_warning(&site, "database").await;
    assert!(says.contains("of another site"), "{says}");
    assert_eq!(
        site.sign_in_status("bo").await,
        503,
        "writes are refused until the restart"
    );
    site.crash();
    assert_eq!(site.sign_in_status("bo").await, 200);
}
