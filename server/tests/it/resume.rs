//! Resuming: all changes made while a client was away arrive, once and in order.

use serde_json::json;
use shared::{
    dto::InboxPage,
    live::{Cursor, ServerFrame},
};

use crate::{person::Person, site::Site};

async fn two(site: &Site) -> (Person, Person, shared::ArtworkId) {
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    (ann, bo, dusk)
}

#[tokio::test]
async fn an_artist_hears_of_a_critique_once_even_if_the_socket_drops() {
    let site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    let mut bell = bo.live().await;
    let mut posted = Vec::new();
    for round in 0..4 {
        posted.push(ann.critique(dusk, &format!("While here {round}.")).await.id);
        bell.told().await;
        bell.cut();
        let at = bell.inbox.cursor.clone();
        for n in 0..3 {
            posted.push(
                ann.critique(dusk, &format!("While away {round}.{n}."))
                    .await
                    .id,
            );
        }
        bell.resume(bo.socket(Some(&at)).await);
        bell.reach(&bo.page().await.cursor).await;
    }
    assert_eq!(bell.told_once().len(), posted.len());
    let told: Vec<_> = bell
        .news
        .iter()
        .map(|notification| notification.url.clone())
        .collect();
    let wanted: Vec<_> = posted
        .iter()
        .map(|id| format!("/artworks/{dusk}#critique-{id}"))
        .collect();
    assert_eq!(told, wanted, "in order");
    assert_eq!(bell.inbox, bo.inbox().await);
}

#[tokio::test]
async fn nothing_is_lost_between_loading_the_page_and_opening_the_socket() {
    let site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    let page = bo.inbox().await;
    ann.critique(dusk, "In between.").await;
    let mut bell = bo.follow(page).await;
    assert_eq!(bell.told().await.excerpt, "In between.");
}

#[tokio::test]
async fn a_socket_opened_during_a_burst_misses_no_critique() {
    let site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    let pouring = tokio::spawn(async move {
        for n in 0..40 {
            ann.critique(dusk, &format!("Critique {n}.")).await;
        }
    });
    for _ in 0..8 {
        let mut bell = bo.live().await;
        let upto = bell.inbox.cursor.at((bell.inbox.cursor.seq + 3).min(40));
        bell.reach(&upto).await;
    }
    pouring.await.expect("all posted");
    let mut bell = bo.live().await;
    bell.reach(&bo.page().await.cursor).await;
    assert_eq!((bell.inbox.cursor.seq, bell.inbox.items.len()), (40, 40));
}

#[tokio::test]
async fn a_socket_without_a_cursor_starts_at_the_head() {
    let site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    ann.critique(dusk, "Before.").await;
    let mut socket = bo.socket(None).await;
    let ServerFrame::Hello {
        cursor,
        unseen,
        unread,
        heartbeat_secs,
    } = socket.frame().await
    else {
        panic!("no hello")
    };
    assert_eq!((cursor.seq, unseen, unread), (1, 1, 1));
    assert!((1..=25).contains(&heartbeat_secs));
    ann.critique(dusk, "After.").await;
    let ServerFrame::Notification {
        cursor,
        notification,
        ..
    } = socket.frame().await
    else {
        panic!("no notification")
    };
    assert_eq!((cursor.seq, &*notification.excerpt), (2, "After."));
}

#[tokio::test]
async fn a_cursor_of_another_epoch_or_ahead_of_the_head_gets_a_reset() {
    let site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    ann.critique(dusk, "Fine.").await;
    let now = bo.page().await;
    for odd in [
        Cursor::new("elsewhere", 0),
        Cursor::new("elsewhere", 1),
        now.cursor.at(2),
        now.cursor.at(i64::MAX as u64),
    ] {
        let mut socket = bo.socket(Some(&odd)).await;
        assert!(
            matches!(socket.frame().await, ServerFrame::Hello { .. }),
            "{odd}"
        );
        let ServerFrame::Reset {
            cursor,
            unseen,
            unread,
            items,
            next,
        } = socket.frame().await
        else {
            panic!("no reset for {odd}")
        };
        assert_eq!(
            (cursor, unseen, unread, items, next),
            (now.cursor.clone(), 1, 1, now.items.clone(), None),
            "{odd}"
        );
        assert_eq!(
            bo.after(&odd).await,
            InboxPage {
                reset: true,
                ..now.clone()
            },
            "{odd}"
        );
    }
}

#[tokio::test]
async fn an_invalid_cursor_is_refused_before_the_upgrade() {
    let site = Site::open();
    let (_, bo, _) = two(&site).await;
    for bad in [
        "",
        "nonsense",
        "e.",
        "e.-1",
        "e.1.2",
        "%FF.1",
        "e.99999999999999999999",
    ] {
        let mut handshake = bo.handshake(None);
        handshake.query = Some(format!("cursor={bad}"));
        assert_eq!(handshake.open().await.err(), Some(400), "{bad}");
        let answer = bo.get(&format!("/api/notifications?after={bad}")).await;
        assert!(matches!(answer.status, 400 | 422), "{bad}: {}", answer.text);
        answer.problem(answer.status);
    }
}

#[tokio::test]
async fn a_client_more_than_500_changes_behind_gets_a_reset() {
    let site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    for n in 1..=22 {
        ann.critique(dusk, &format!("Critique {n}.")).await;
    }
    let mut bell = bo.live().await;
    let (start, notification) = (bell.inbox.cursor.clone(), bell.inbox.items[0].id);
    for n in 0..502 {
        bo.mark(
            if n % 2 == 0 { "read" } else { "unread" },
            json!({ "ids": [notification] }),
        )
        .await;
    }
    bell.reach(&start.at(start.seq + 502)).await;
    assert_eq!(
        (bell.resets, bell.changes.len()),
        (0, 502),
        "an open socket receives every change"
    );
    let mut far = bo.socket(Some(&start)).await;
    assert!(matches!(far.frame().await, ServerFrame::Hello { .. }));
    let ServerFrame::Reset {
        cursor,
        items,
        next,
        ..
    } = far.frame().await
    else {
        panic!("no reset")
    };
    assert_eq!((cursor.seq, items.len()), (start.seq + 502, 20));
    assert_eq!(next, Some(items[19].id.to_string()));
    let mut nearer = bo.inbox().await;
    nearer.cursor = start.at(start.seq + 2);
    let mut near = bo.follow(nearer).await;
    near.reach(&cursor).await;
    assert_eq!(
        (near.resets, near.changes.len()),
        (0, 500),
        "500 changes are sent one by one"
    );
}

#[tokio::test]
async fn polling_returns_changes_or_304_without_any() {
    let site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    let (one, _) = (
        ann.critique(dusk, "One.").await,
        ann.critique(dusk, "Two.").await,
    );
    let mut inbox = bo.inbox().await;
    let start = inbox.cursor.clone();
    ann.delete_critique(one.id).await;
    ann.critique(dusk, "Three.").await;
    let answer = bo.get(&format!("/api/notifications?after={start}")).await;
    let changes: InboxPage = answer.json();
    assert_eq!(
        (
            changes.items.len(),
            changes.items[0].retracted,
            &*changes.items[1].excerpt
        ),
        (2, true, "Three."),
        "oldest change first"
    );
    assert_eq!(answer.header("cache-control"), "no-store");
    let tag = answer.header("etag").to_owned();
    assert_eq!(tag, format!("\"{}\"", changes.cursor));
    let fresh = inbox.catch_up(changes);
    assert_eq!((fresh.len(), &inbox), (1, &bo.inbox().await));

    let ask = |tag: String| {
        let request = bo
            .request(
                reqwest::Method::GET,
                &format!("/api/notifications?after={}", inbox.cursor),
            )
            .header("if-none-match", tag);
        crate::person::Answer::of(request)
    };
    for same in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}")] {
        let answer = ask(same).await;
        assert_eq!(
            (answer.status, &*answer.text, answer.header("etag")),
            (304, "", &*tag)
        );
    }
    ann.critique(dusk, "Four.").await;
    assert_eq!(ask(tag).await.status, 200);
}

#[tokio::test]
async fn a_new_epoch_resets_every_client() {
    let mut site = Site::open();
    let (ann, bo, dusk) = two(&site).await;
    ann.critique(dusk, "Fine.").await;
    let before = bo.inbox().await;
    site.kill();
    assert!(site.command(&["epoch", "bump"]).status.success());
    site.start();
    let now = bo.page().await;
    assert_ne!(now.cursor.epoch, before.cursor.epoch);
    assert_eq!(
        bo.after(&before.cursor).await,
        InboxPage {
            reset: true,
            ..now.clone()
        }
    );
    let mut bell = bo.follow(before).await;
    while bell.resets == 0 {
        bell.step().await.expect("a reset");
    }
    assert_eq!(bell.inbox, now.into());
    ann.critique(dusk, "Anew.").await;
    assert_eq!(bell.told().await.excerpt, "Anew.");
}
