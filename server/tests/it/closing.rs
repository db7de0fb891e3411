//! Close codes of sockets, one for each reason.

use shared::live::ServerFrame;
use tokio_tungstenite::tungstenite::Message;

use crate::site::Site;

#[tokio::test]
async fn a_21st_socket_of_one_account_closes_its_oldest() {
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
        assert!(
            matches!(socket.frame().await, ServerFrame::Notification { .. }),
            "the other sockets stay open"
        );
    }
}

#[tokio::test]
async fn a_frame_outside_the_protocol_closes_the_socket() {
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
async fn valid_client_frames_keep_the_socket_open() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let work = bo.publish("Dusk").await;
    let mut socket = bo.socket(None).await;
    let ServerFrame::Hello { cursor, .. } = socket.frame().await else {
        panic!("no hello")
    };
    socket.watch(work).await;
    for said in [
        r#"{"type":"unwatch","artwork_id":1}"#.to_owned(),
        format!(r#"{{"type":"ack","cursor":"{cursor}"}}"#),
    ] {
        socket.say(Message::text(said)).await;
    }
    for unheard in 1..12 {
        socket.watch(shared::ArtworkId(1_000 + unheard)).await;
    }
    ann.critique(work, "Still there?").await;
    assert!(matches!(
        socket.frame().await,
        ServerFrame::Notification { .. }
    ));
}

#[tokio::test]
async fn a_flood_of_frames_closes_the_socket() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for message in [
        Message::text(r#"{"type":"unwatch","artwork_id":1}"#),
        Message::Ping(Vec::new().into()),
    ] {
        let mut socket = bo.socket(None).await;
        for _ in 0..200 {
            socket.say(message.clone()).await;
        }
        let code = socket.end().await.0;
        assert!(matches!(code, Some(4429) | None), "{message:?}: {code:?}");
    }
    let mut socket = bo.socket(None).await;
    for _ in 0..45 {
        socket
            .say(Message::text(r#"{"type":"unwatch","artwork_id":1}"#))
            .await;
    }
    assert_eq!(
        socket.end().await.0,
        Some(4429),
        "the close code arrives, since few frames were left unread"
    );
}

#[tokio::test]
async fn an_oversized_frame_closes_the_socket() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for size in [5_000, 1_000_000] {
        let mut socket = bo.socket(None).await;
        socket.say(Message::text("x".repeat(size))).await;
        let code = socket.end().await.0;
        assert!(matches!(code, Some(4400 | 1009) | None), "{size}: {code:?}");
    }
}

/// RFC 6455, sections 5.5.1 and 7.4: the response to a close frame is a close frame with the same
/// code, or with the code for what is wrong with it.
#[tokio::test]
async fn every_close_frame_is_answered_with_a_close_frame() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let payload = |code: u16, reason: &[u8]| [&code.to_be_bytes(), reason].concat();
    let mut cases = vec![
        (Vec::new(), None),
        (payload(1000, b"done"), Some(1000)),
        (payload(1000, &[b'x'; 123]), Some(1000)),
        (payload(1001, "à bientôt".as_bytes()), Some(1001)),
        (vec![3], Some(1002)),
        (payload(1000, &[0xff, 0xfe]), Some(1007)),
        (
            payload(1000, "é".as_bytes().split_last().expect("two bytes").1),
            Some(1007),
        ),
        (vec![b'x'; 126], Some(1002)),
    ];
    cases.extend(
        [
            1002, 1003, 1007, 1011, 1012, 1013, 3000, 3999, 4000, 4401, 4999,
        ]
        .map(|code| (payload(code, b""), Some(code))),
    );
    cases.extend(
        [
            0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535,
        ]
        .map(|code| (payload(code, b"x"), Some(1002))),
    );
    for (said, expected) in cases {
        let mut socket = bo.handshake(None).open_raw().await;
        assert_eq!(socket.say_close(&said).await, Some(expected), "{said:?}");
    }
}

/// A close frame is answered at any point: as the first frame, between the fragments of a message,
/// after other frames.
#[tokio::test]
async fn a_close_frame_is_answered_after_any_other_frames() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let before: [&[(u8, &[u8])]; 4] = [
        &[],
        &[(0x01, br#"{"type":"wat"#)],
        &[(0x89, b"are you there?")],
        &[(0x81, br#"{"type":"watch","artwork_id":1}"#), (0x8a, b"")],
    ];
    for frames in before {
        let mut socket = bo.handshake(None).open_raw().await;
        for (head, payload) in frames {
            socket.say_frame(*head, payload).await;
        }
        assert_eq!(
            socket.say_close(&1000_u16.to_be_bytes()).await,
            Some(Some(1000)),
            "{frames:?}"
        );
    }
}
