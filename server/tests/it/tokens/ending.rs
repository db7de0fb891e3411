//! What ends a token, and with it its sockets.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::{dto::Scope, live::ServerFrame};
use testing::Redis;
use tokio::time::sleep;

use crate::{
    person::PASSWORD,
    sessions::ENDED,
    site::Site,
    tokens::{BOUND, Program, assert_invalid, create},
    wire::Handshake,
};

async fn assert_ends_on_both_nodes(site: &Site, other: &Site) {
    let bo = site.join("bo").await;
    let there = bo.at(other.address);
    let created = create(&bo, &[Scope::Read, Scope::Notifications]).await;
    let kept = Program::of(site, &bo, &[Scope::Notifications]).await;
    let (here, far) = (Program::new(site, &created), Program::new(other, &created));
    let (mut one, mut two) = (here.socket().await, far.socket().await);
    let mut open = kept.socket().await;
    // Into the cache of each node.
    assert_eq!(here.get("/api/session").await.status, 200);
    assert_eq!(far.get("/api/session").await.status, 200);
    let path = format!("/api/tokens/{}", created.view.id);
    assert_eq!(there.delete(&path).await.status, 204);
    let since = Instant::now();
    assert_eq!(two.end().await.0, ENDED);
    assert_eq!(one.end().await.0, ENDED);
    assert!(since.elapsed() < BOUND, "after {:?}", since.elapsed());
    assert_invalid(&far.get("/api/session").await);
    while here.get("/api/session").await.status != 401 {
        assert!(since.elapsed() < BOUND, "the other node still accepts it");
        sleep(Duration::from_millis(20)).await;
    }
    let (ann, dusk) = (site.join("ann").await, bo.publish("Dusk").await);
    ann.critique(dusk, "Still there?").await;
    assert!(matches!(
        open.frame().await,
        ServerFrame::Notification { .. }
    ));
}

#[tokio::test]
async fn revoking_a_token_closes_its_sockets_on_every_node() {
    let redis = Redis::start();
    let site = Site::with(&[("ARTCRITIQUE_BUS", "redis"), ("REDIS_URL", &redis.url())]);
    // Several nodes share a PostgreSQL database; SQLite has one node.
    let other = site.on_postgres().then(|| site.beside(&[]));
    assert_ends_on_both_nodes(&site, other.as_ref().unwrap_or(&site)).await;
}

#[tokio::test]
async fn a_token_that_expires_closes_its_sockets() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let at = time::OffsetDateTime::now_utc() + Duration::from_secs(3);
    let at = at
        .format(&time::format_description::well_known::Rfc3339)
        .expect("a time");
    let body = json!({ "name": "short", "scopes": ["read", "notifications"], "expires_at": at });
    let answer = bo.post("/api/tokens", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let program = Program::new(&site, &answer.json());
    let mut socket = program.socket().await;
    let mut watching = Handshake {
        path: "watch",
        ..program.handshake(None)
    }
    .open()
    .await
    .expect("opens");
    let since = Instant::now();
    assert_eq!(socket.end().await.0, ENDED);
    assert_eq!(watching.end().await.0, ENDED);
    assert!(since.elapsed() < Duration::from_secs(4));
    assert_invalid(&program.get("/api/session").await);
    assert_eq!(program.handshake(None).open().await.err(), Some(401));
}

#[tokio::test]
async fn a_changed_password_keeps_tokens_and_a_password_set_by_the_operator_ends_them() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let program = Program::of(&site, &bo, &[Scope::Notifications]).await;
    let fields = [
        ("current_password", PASSWORD),
        ("new_password", "a better battery"),
    ];
    let changed = bo
        .form("/settings", "/actions/change_password", &fields)
        .await;
    assert_eq!(changed.status, 303);
    assert_eq!(program.get("/api/session").await.status, 200);
    let mut socket = program.socket().await;
    let mut child = site
        .binary()
        .args(["user", "password", "bo"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("starts");
    let input = child.stdin.take().expect("its input");
    std::io::Write::write_all(&mut &input, b"the best battery\n").expect("written");
    drop(input);
    assert!(child.wait().expect("ends").success());
    let since = Instant::now();
    assert_eq!(socket.end().await.0, ENDED);
    assert!(since.elapsed() < BOUND, "after {:?}", since.elapsed());
    while program.get("/api/session").await.status != 401 {
        assert!(since.elapsed() < BOUND, "still accepted");
        sleep(Duration::from_millis(20)).await;
    }
}
