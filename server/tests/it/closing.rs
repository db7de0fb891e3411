//! Why sockets are closed, each reason with its code.

use shared::live::ServerFrame;
use tokio_tungstenite::tungstenite::Message;

use crate::site::Site;

#[tokio::test]
async fn the_twenty_first_socket_of_a_person_closes_the_oldest() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let mut others = ann.socket(None).await;
    let mut sockets = Vec::new();
    for _ in 0..20 {
        let mut socket = bo.socket(None).await;
        assert!(matches!(socket.frame().await, ServerFrame::Hello { .. }));
        sockets.push(socket);
    }
    let mut last = bo.socket(None).await;
    assert_eq!(sockets.remove(0).end().await.0, Some(4409));
    assert!(matches!(last.frame().await, ServerFrame::Hello { .. }));
    assert!(matches!(others.frame().await, ServerFrame::Hello { .. }));
    let work = bo.publish("Dusk").await;
    ann.critique(work, "Heard by all.").await;
    for socket in sockets.iter_mut().chain([&mut last]) {
        assert!(matches!(socket.frame().await, ServerFrame::Notification { .. }), "the rest live on");
    }
}

#[tokio::test]
async fn a_frame_that_is_not_in_the_protocol_closes_the_socket() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let odd = [
        Message::text("hello"),
        Message::text("{}"),
        Message::text("[]"),
        Message::text(r#"{"type":"confetti"}"#),
        Message::text(r#"{"type":"watch"}"#),
        Message::text(r#"{"type":"watch","artwork_id":"many"}"#),
        Message::text(r#"{"type":"ack","cursor":"nonsense"}"#),
        Message::binary(br#"{"type":"watch","artwork_id":1}"#.as_slice()),
    ];
    for message in odd {
        let mut socket = bo.socket(None).await;
        socket.say(message.clone()).await;
        assert_eq!(socket.end().await.0, Some(4400), "{message:?}");
    }
}

#[tokio::test]
async fn what_is_in_the_protocol_keeps_it_open() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let work = bo.publish("Dusk").await;
    let mut socket = bo.socket(None).await;
    let ServerFrame::Hello { cursor, .. } = socket.frame().await else { panic!("no hello") };
    socket.watch(work).await;
    for said in [r#"{"type":"unwatch","artwork_id":1}"#.to_owned(), format!(r#"{{"type":"ack","cursor":"{cursor}"}}"#)] {
        socket.say(Message::text(said)).await;
    }
    for unheard in 1..12 {
        socket.watch(shared::ArtworkId(1_000 + unheard)).await;
    }
    ann.critique(work, "Still there?").await;
    assert!(matches!(socket.frame().await, ServerFrame::Notification { .. }));
}

#[tokio::test]
async fn a_flood_of_frames_closes_the_socket() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for message in [Message::text(r#"{"type":"unwatch","artwork_id":1}"#), Message::Ping(Vec::new().into())] {
        let mut socket = bo.socket(None).await;
        for _ in 0..200 {
            socket.say(message.clone()).await;
        }
        let code = socket.end().await.0;
        assert!(matches!(code, Some(4429) | None), "{message:?}: {code:?}");
    }
    let mut socket = bo.socket(None).await;
    for _ in 0..45 {
        socket.say(Message::text(r#"{"type":"unwatch","artwork_id":1}"#)).await;
    }
    assert_eq!(socket.end().await.0, Some(4429), "told why, since little of it was left unread");
}

#[tokio::test]
async fn a_frame_that_is_too_large_closes_the_socket() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for size in [5_000, 1_000_000] {
        let mut socket = bo.socket(None).await;
        socket.say(Message::text("x".repeat(size))).await;
        let code = socket.end().await.0;
        assert!(matches!(code, Some(4400 | 1009) | None), "{size}: {code:?}");
    }
}

#[tokio::test]
async fn a_client_that_closes_properly_is_answered() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let mut socket = bo.socket(None).await;
    assert!(matches!(socket.frame().await, ServerFrame::Hello { .. }));
    socket.say(Message::Close(None)).await;
    socket.end().await;
}
