//! Which handshakes may open a socket.

use std::time::Duration;

use tokio::time::timeout;

use crate::{raw::Raw, site::Site};

#[tokio::test]
async fn only_pages_of_this_site_may_open_a_socket() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let port = site.address.port();
    let own = site.url("");
    let foreign = [
        "null".to_owned(),
        "http://evil.example".into(),
        format!("{own}.evil.example"),
        format!("{own}@evil.example"),
        format!("{own}/"),
        format!("http://127.0.0.1:{}", port.wrapping_add(1)),
        "http://127.0.0.1".into(),
        format!("https://127.0.0.1:{port}"),
        format!("http://localhost:{port}"),
        format!("http://evil.example:{port}"),
        own.to_uppercase(),
        format!("{own}, {own}"),
    ];
    for origin in foreign {
        assert_eq!(
            bo.handshake(None).origin(Some(&origin)).open().await.err(),
            Some(403),
            "{origin}"
        );
    }
    assert_eq!(
        bo.handshake(None).origin(None).open().await.err(),
        Some(403),
        "no origin at all"
    );
    assert!(bo.handshake(None).open().await.is_ok());
}

#[tokio::test]
async fn a_foreign_origin_is_refused_before_authentication() {
    let site = Site::open();
    let nobody = site.visitor();
    assert_eq!(
        nobody
            .handshake(None)
            .origin(Some("http://evil.example"))
            .open()
            .await
            .err(),
        Some(403)
    );
    assert_eq!(nobody.handshake(None).open().await.err(), Some(401));
}

#[tokio::test]
async fn dns_rebinding_is_refused() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let request = format!(
        "GET /ws/notifications HTTP/1.1\r\nhost: evil.example:{port}\r\norigin: http://evil.example:{port}\r\ncookie: {cookie}\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        port = site.address.port(),
        cookie = bo.cookie()
    );
    let mut raw = Raw::open(site.address).await;
    raw.send(request.as_bytes()).await;
    assert_eq!(raw.status().await, 403);
}

#[tokio::test]
async fn the_subprotocol_is_negotiated() {
    let site = Site::open();
    let bo = site.join("bo").await;
    assert_eq!(
        bo.socket(None).await.protocol.as_deref(),
        Some("artcritique.v1")
    );
    let mut handshake = bo.handshake(None);
    handshake.protocol = Some("other, artcritique.v1".into());
    assert_eq!(
        handshake
            .open()
            .await
            .expect("a socket")
            .protocol
            .as_deref(),
        Some("artcritique.v1")
    );
}

#[tokio::test]
async fn a_plain_request_to_the_socket_address_gets_problem_json() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for path in ["/ws/notifications", "/ws/notifications/"] {
        let request = bo
            .request(reqwest::Method::GET, path)
            .header("origin", site.url(""));
        crate::person::Answer::of(request).await.problem(400);
    }
}

#[tokio::test]
async fn a_trailing_slash_opens_a_socket_too() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let request = format!(
        "GET /ws/notifications/ HTTP/1.1\r\nhost: {host}\r\norigin: http://{host}\r\ncookie: {cookie}\r\n\
         connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        host = site.address,
        cookie = bo.cookie()
    );
    let mut raw = Raw::open(site.address).await;
    raw.send(request.as_bytes()).await;
    assert_eq!(raw.status().await, 101);
}

#[tokio::test]
async fn stalled_handshakes_do_not_block_others() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let mut stalled = Vec::new();
    for n in 0..100 {
        let mut raw = Raw::open(site.address).await;
        let begun = [
            "GET /ws/",
            "GET /ws/notifications HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n",
        ];
        raw.send(begun[n % 2].as_bytes()).await;
        stalled.push(raw);
    }
    // Connections are accepted in order, so by now the server has accepted all of them.
    assert_eq!(site.visitor().get("/healthz").await.status, 200);
    timeout(Duration::from_secs(3), bo.socket(None))
        .await
        .expect("a socket at once");
}
