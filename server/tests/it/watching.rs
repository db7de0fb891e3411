//! Watchers of a work, guests or signed in, are told of its changes within a second; a work that
//! changes continuously costs only a few frames.

use std::time::{Duration, Instant};

use shared::{ArtworkId, live::ServerFrame};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::{
    person::{Answer, Person},
    site::Site,
    wire::{Handshake, Heard, Socket},
};

fn guest(site: &Site) -> Handshake {
    Handshake {
        path: "watch",
        ..site.visitor().handshake(None)
    }
}

/// A guest's socket whose watch on a work has taken effect.
async fn watching(site: &Site, on: ArtworkId, author: &Person) -> Socket {
    let mut socket = guest(site).open().await.expect("a socket");
    assert!(matches!(socket.frame().await, ServerFrame::Beat { .. }));
    socket.watch(on).await;
    loop {
        author.critique(on, "Is anybody there?").await;
        if timeout(Duration::from_millis(300), socket.frame())
            .await
            .is_ok()
        {
            quiet(&mut socket).await;
            return socket;
        }
    }
}

/// Waits until no more frames arrive.
async fn quiet(socket: &mut Socket) {
    while timeout(Duration::from_millis(700), socket.hear())
        .await
        .is_ok()
    {}
}

#[tokio::test]
async fn a_guest_is_told_of_every_change_to_the_watched_work_and_no_other() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let (dusk, dawn) = (bo.publish("Dusk").await, bo.publish("Dawn").await);
    let mut socket = watching(&site, dusk, &ann).await;
    let critique = ann.critique(dawn, "Not looked at.").await;
    bo.helpful(critique.id, true).await;
    assert!(
        timeout(Duration::from_millis(300), socket.hear())
            .await
            .is_err(),
        "changes to other works are not announced"
    );

    let critique = ann.critique(dusk, "One.").await;
    let told = async |socket: &mut Socket, of: &str| {
        let begun = Instant::now();
        let frame = socket.frame().await;
        assert!(
            matches!(frame, ServerFrame::Artwork { id } if id == dusk),
            "{of}: {frame:?}"
        );
        assert!(begun.elapsed() < Duration::from_secs(1), "{of}");
    };
    told(&mut socket, "a critique").await;
    ann.send(
        "PATCH",
        &format!("/api/critiques/{}", critique.id),
        serde_json::json!({ "body": "Two." }),
    )
    .await;
    told(&mut socket, "an edit").await;
    bo.helpful(critique.id, true).await;
    told(&mut socket, "a mark").await;
    ann.delete_critique(critique.id).await;
    told(&mut socket, "a deletion").await;
    bo.send(
        "PATCH",
        &format!("/api/artworks/{dusk}"),
        serde_json::json!({ "title": "Dusk again" }),
    )
    .await;
    told(&mut socket, "a title").await;
    socket
        .say(Message::text(format!(
            r#"{{"type":"unwatch","artwork_id":{dusk}}}"#
        )))
        .await;
    quiet(&mut socket).await;
    ann.critique(dusk, "Three.").await;
    assert!(
        timeout(Duration::from_millis(700), socket.hear())
            .await
            .is_err(),
        "no longer watched"
    );
}

#[tokio::test]
async fn changes_to_a_busy_work_are_coalesced_to_two_a_second() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", "off")]);
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let mut socket = watching(&site, dusk, &ann).await;
    let begun = Instant::now();
    let mut last = begun;
    while begun.elapsed() < Duration::from_secs(2) {
        ann.critique(dusk, "Again and again.").await;
        last = Instant::now();
    }
    let (mut frames, mut heard_at) = (0_u32, Instant::now());
    while let Ok(frame) = timeout(Duration::from_millis(900), socket.frame()).await {
        assert!(matches!(frame, ServerFrame::Artwork { .. }));
        (frames, heard_at) = (frames + 1, Instant::now());
    }
    let most = 2.0 * last.duration_since(begun).as_secs_f64() + 3.0;
    assert!(
        frames >= 2 && f64::from(frames) <= most,
        "{frames} in {:?}",
        last.duration_since(begun)
    );
    assert!(heard_at >= last, "the last change is announced too");
}

#[tokio::test]
async fn guest_sockets_follow_the_same_handshake_and_closing_rules() {
    let mut site = Site::open();
    let ann = site.join("ann").await;
    for origin in [Some("http://evil.example"), None] {
        assert_eq!(
            guest(&site).origin(origin).open().await.err(),
            Some(403),
            "{origin:?}"
        );
    }
    site.visitor().get("/ws/watch").await.problem(403);
    let plain = site
        .visitor()
        .request(reqwest::Method::GET, "/ws/watch")
        .header("origin", format!("http://{}", site.address));
    Answer::of(plain).await.problem(400);
    let mut signed_in = Handshake {
        path: "watch",
        ..ann.handshake(None)
    }
    .open()
    .await
    .expect("a socket");
    assert!(matches!(signed_in.frame().await, ServerFrame::Beat { .. }));
    for odd in [r#"{"type":"watch"}"#, "nonsense", r#"{"type":"confetti"}"#] {
        let mut socket = guest(&site).open().await.expect("a socket");
        socket.say(Message::text(odd)).await;
        assert_eq!(socket.end().await.0, Some(4400), "{odd}");
    }
    let mut socket = guest(&site).open().await.expect("a socket");
    site.terminate();
    let (code, frames) = socket.end().await;
    assert_eq!(
        code,
        Some(1012),
        "the close code asks the client to reconnect"
    );
    assert!(
        frames.iter().all(|frame| matches!(
            frame,
            ServerFrame::Beat { .. } | ServerFrame::Artwork { .. }
        )),
        "{frames:?}"
    );
    site.ended(Duration::from_secs(20)).await;
}

#[tokio::test]
async fn the_guest_socket_limit_spares_signed_in_users() {
    let site = Site::open();
    let ann = site.join("ann").await;
    let mut open = Vec::new();
    let refused = loop {
        match guest(&site).open().await {
            Ok(socket) => open.push(socket),
            Err(status) => break status,
        }
        assert!(open.len() < 300, "no limit");
    };
    assert_eq!((refused, open.len()), (429, 100));
    let mut own = ann.socket(None).await;
    assert!(
        matches!(own.hear().await, Heard::Frame(_)),
        "a signed-in user can still connect"
    );
    drop(open);
}
