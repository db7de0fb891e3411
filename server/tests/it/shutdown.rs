//! Graceful shutdown: in-flight requests complete, sockets get a goodbye, and the process exits
//! with success.

use std::time::Duration;

use serde_json::json;
use shared::live::ServerFrame;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    raw::{Raw, status},
    site::Site,
};

const SOON: Duration = Duration::from_secs(6);

#[tokio::test]
async fn sockets_are_told_to_reconnect_and_the_process_exits_cleanly() {
    let mut site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let (mut one, mut two) = (ann.socket(None).await, bo.socket(None).await);
    assert_eq!(
        (
            bo.get("/readyz").await.status,
            bo.get("/healthz").await.status
        ),
        (200, 200)
    );
    ann.critique(dusk, "Just before.").await;
    site.terminate();
    for socket in [&mut one, &mut two] {
        let (code, frames) = socket.end().await;
        assert_eq!(code, Some(1012));
        let Some(ServerFrame::Bye {
            reason,
            retry_after_ms,
        }) = frames.last()
        else {
            panic!("no bye in {frames:?}")
        };
        assert!(!reason.is_empty() && *retry_after_ms > 0);
    }
    let status = site.ended(SOON).await;
    assert!(status.success(), "{status}");
    site.start();
    assert_eq!(bo.page().await.items[0].excerpt, "Just before.");
}

#[tokio::test]
async fn an_in_flight_request_is_answered_before_exit() {
    let mut site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let body = json!({ "body": "Typed slowly." }).to_string();
    let mut slow = Raw::open(site.address).await;
    let head = format!(
        "POST /api/artworks/{dusk}/critiques HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        site.address,
        ann.cookie(),
        body.len()
    );
    slow.send(head.as_bytes()).await;
    slow.send(&body.as_bytes()[..5]).await;
    assert_eq!(bo.get("/readyz").await.status, 200);
    site.terminate();
    let refused = async {
        while reqwest::get(site.url("/readyz"))
            .await
            .is_ok_and(|answer| answer.status() == 200)
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(SOON, refused)
        .await
        .expect("it reports not ready, or refuses connections");
    slow.send(&body.as_bytes()[5..]).await;
    assert_eq!(status(&slow.answer().await), 201);
    assert!(site.ended(SOON).await.success());
    site.start();
    assert_eq!(bo.page().await.items[0].excerpt, "Typed slowly.");
}

#[tokio::test]
async fn idle_connections_do_not_delay_shutdown() {
    let mut site = Site::open();
    let mut idle = Vec::new();
    for _ in 0..5 {
        idle.push(Raw::open(site.address).await);
    }
    assert_eq!(site.visitor().get("/healthz").await.status, 200);
    site.terminate();
    assert!(site.ended(SOON).await.success());
}

/// A client that requests `path` back to back on a kept-alive connection, and opens another when a
/// response announces `Connection: close`. Returns the number of responses, and whether the last
/// one announced it.
async fn keeps_asking(address: std::net::SocketAddr, path: &'static str) -> (usize, bool) {
    let (mut answered, mut told) = (0, false);
    loop {
        let Ok(mut connection) = TcpStream::connect(address).await else {
            return (answered, told);
        };
        for on_this in 0.. {
            let sent = connection
                .write_all(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes())
                .await;
            let mut answer = Vec::new();
            while !answer.ends_with(b"\r\n\r\n") {
                match connection.read_u8().await {
                    Ok(byte) => answer.push(byte),
                    // The listener is gone, and the system dropped connections that were not yet
                    // accepted.
                    Err(_) if on_this == 0 && answer.is_empty() => return (answered, told),
                    Err(error) => panic!(
                        "broken on request {on_this} of a connection: {error}, {sent:?}, {:?}",
                        String::from_utf8_lossy(&answer)
                    ),
                }
            }
            let head = String::from_utf8_lossy(&answer).to_lowercase();
            let (_, length) = head.split_once("content-length: ").expect("a length");
            let (length, _) = length.split_once("\r\n").expect("a header");
            let mut body = vec![0; length.parse().expect("a number")];
            connection
                .read_exact(&mut body)
                .await
                .expect("the whole response");
            answered += 1;
            told = head.contains("connection: close");
            if told {
                break;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_on_kept_alive_connections_are_never_cut_off() {
    for notice in ["0", "1"] {
        let mut site = Site::with(&[("ARTCRITIQUE_DRAIN_NOTICE_SECS", notice)]);
        let address = site.address;
        let clients: tokio::task::JoinSet<_> = ["/healthz", "/"]
            .into_iter()
            .flat_map(|path| (0..12).map(move |_| keeps_asking(address, path)))
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        site.terminate();
        for (answered, told) in clients.join_all().await {
            assert!(
                answered > 1 && told,
                "{answered} responses, the last with Connection: close: {told}"
            );
        }
        assert!(site.ended(SOON).await.success());
    }
}
