//! Changes made by another process take effect within two seconds, whatever the bus.

use std::{
    io::Write,
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use shared::live::ServerFrame;
use testing::{Redis, execute};
use tokio::time::sleep;

use crate::{
    person::Person,
    sessions::ENDED,
    site::Site,
    wire::{Heard, Socket},
};

const BOUND: Duration = Duration::from_secs(2);

/// Runs a command that reads a password from its input.
fn with_password(site: &Site, words: &[&str], password: &str) -> Output {
    let mut command = site.binary();
    let mut child = command
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    writeln!(child.stdin.take().expect("its input"), "{password}").expect("written");
    child.wait_with_output().expect("ends")
}

async fn hello(socket: &mut Socket) {
    assert!(matches!(socket.frame().await, ServerFrame::Hello { .. }));
}

/// Waits until this person's request gets this status.
async fn wait_for_status(person: &Person, path: &str, status: u16, since: Instant) {
    while person.get(path).await.status != status {
        assert!(
            since.elapsed() < BOUND,
            "{path} is still not answered with {status}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

async fn assert_password_change_takes_effect(site: &Site) {
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let (mut bos, mut anns) = (bo.socket(None).await, ann.socket(None).await);
    hello(&mut bos).await;
    hello(&mut anns).await;
    // Brings the session into the server's cache.
    assert_eq!(bo.get("/api/session").await.status, 200);
    let changed = with_password(site, &["user", "password", "bo"], "a better battery");
    let since = Instant::now();
    assert!(
        changed.status.success(),
        "{}",
        String::from_utf8_lossy(&changed.stderr)
    );
    assert_eq!(bos.end().await.0, ENDED);
    assert!(since.elapsed() < BOUND, "after {:?}", since.elapsed());
    wait_for_status(&bo, "/api/session", 401, since).await;
    assert_eq!(bo.sign_in("a better battery").await.status, 200);
    bo.critique(dusk, "My own.").await;
    assert_eq!(
        ann.get("/api/session").await.status,
        200,
        "other accounts stay signed in"
    );
}

#[tokio::test]
async fn a_password_set_on_the_command_line_ends_sockets_and_sessions() {
    assert_password_change_takes_effect(&Site::open()).await;
}

#[tokio::test]
async fn a_password_set_on_the_command_line_works_over_redis_and_leaves_the_bus_up() {
    let redis = Redis::start();
    let site = Site::with(&[("ARTCRITIQUE_BUS", "redis"), ("REDIS_URL", &redis.url())]);
    assert_password_change_takes_effect(&site).await;
    // A command is not a node whose missing heartbeats would be noticed.
    sleep(Duration::from_secs(2)).await;
    assert_eq!(
        site.visitor().get("/readyz").await.json::<Value>()["bus"],
        "up"
    );
}

#[tokio::test]
async fn works_posted_by_a_command_appear() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let mut socket = bo.socket(None).await;
    hello(&mut socket).await;
    let work = bo.publish("Dusk").await;
    let seeded = site.command(&[
        "seed",
        "--users",
        "3",
        "--artworks",
        "2",
        "--critiques",
        "4",
    ]);
    assert!(
        seeded.status.success(),
        "{}",
        String::from_utf8_lossy(&seeded.stderr)
    );
    let since = Instant::now();
    loop {
        let gallery: Value = bo.get("/api/artworks").await.json();
        if gallery["items"]
            .as_array()
            .is_some_and(|items| items.len() == 3)
        {
            break;
        }
        assert!(since.elapsed() < BOUND, "{gallery}");
        sleep(Duration::from_millis(20)).await;
    }
    bo.artwork(work).await;
}

/// Sessions deleted by an operator with a database shell, or by another program: SQLite reports
/// that the data have changed.
#[tokio::test]
async fn sessions_deleted_in_the_database_end() {
    let site = Site::on_sqlite();
    let bo = site.join("bo").await;
    let mut socket = bo.socket(None).await;
    hello(&mut socket).await;
    assert_eq!(bo.get("/api/session").await.status, 200);
    execute(&site.database_url(), "DELETE FROM session")
        .await
        .expect("deleted");
    let since = Instant::now();
    assert_eq!(socket.end().await.0, ENDED);
    assert!(since.elapsed() < BOUND, "after {:?}", since.elapsed());
    wait_for_status(&bo, "/api/session", 401, since).await;
}

#[tokio::test]
async fn a_running_server_adopts_a_new_epoch_and_resets_every_client() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    ann.critique(dusk, "Fine.").await;
    let before = bo.page().await.cursor;
    let mut socket = bo.socket(Some(&before)).await;
    hello(&mut socket).await;
    let bumped = site.command(&["epoch", "bump"]);
    assert!(
        bumped.status.success(),
        "{}",
        String::from_utf8_lossy(&bumped.stderr)
    );
    let (code, _) = socket.end().await;
    assert_eq!(
        code,
        Some(1012),
        "the close code asks the client to reconnect"
    );
    let ready: Value = site.visitor().get("/readyz").await.json();
    assert_ne!(ready["epoch"], before.epoch, "{ready}");
    assert!(
        String::from_utf8_lossy(&bumped.stdout).contains(ready["epoch"].as_str().expect("text"))
    );
    let mut again = bo.socket(Some(&before)).await;
    hello(&mut again).await;
    let Heard::Frame(frame) = again.hear().await else {
        panic!("closed")
    };
    assert!(matches!(*frame, ServerFrame::Reset { .. }), "{frame:?}");
    assert!(bo.after(&before).await.reset);
    // Live delivery continues.
    ann.critique(dusk, "Fine again.").await;
    while !matches!(again.frame().await, ServerFrame::Notification { .. }) {}
}
