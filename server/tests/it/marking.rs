//! Marking notifications as read, unread, seen or archived, and undoing it: on every device, and
//! only those that were meant.

use serde_json::json;
use shared::{
    ArtworkId,
    live::{Inbox, ServerFrame, State},
};

use crate::{person::Person, site::Site};

/// Ann, Bo with this many unread notifications, and the work they are about.
async fn bo_with(site: &Site, unread: usize) -> (Person, Person, ArtworkId) {
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    for n in 1..=unread {
        ann.critique(dusk, &format!("Critique {n}.")).await;
    }
    (ann, bo, dusk)
}

#[tokio::test]
async fn marks_reach_every_device_and_can_be_undone() {
    let site = Site::open();
    let (_, bo, _) = bo_with(&site, 3).await;
    let mut bell = site.sign_in("bo").await.live().await;
    let ids: Vec<_> = bell.inbox.items.iter().map(|item| item.id).collect();
    for (word, counts, listed) in [
        ("seen", (0, 3), 3),
        ("read", (0, 0), 3),
        ("unread", (0, 3), 3),
        ("archive", (0, 0), 0),
        ("unarchive", (0, 3), 3),
    ] {
        let said = bo.mark(word, json!({ "ids": ids })).await;
        bell.change().await;
        assert_eq!((said.unseen, said.unread), counts, "{word}");
        assert_eq!(
            (
                bell.inbox.cursor.clone(),
                bell.inbox.unseen,
                bell.inbox.unread
            ),
            (said.cursor, said.unseen, said.unread),
            "{word}"
        );
        assert_eq!(bell.inbox.items.len(), listed, "{word}");
        assert_eq!(bell.inbox, bo.inbox().await, "{word}");
        let again = bo.mark(word, json!({ "ids": ids })).await;
        assert_eq!(
            again.cursor, bell.inbox.cursor,
            "{word} is idempotent and takes no seq"
        );
    }
}

#[tokio::test]
async fn marking_all_as_read_spares_later_arrivals() {
    let site = Site::open();
    let (ann, bo, dusk) = bo_with(&site, 2).await;
    let shown = bo.page().await.cursor;
    ann.critique(dusk, "Just now.").await;
    let counts = bo.mark("read", json!({ "through": shown })).await;
    assert_eq!((counts.unseen, counts.unread), (1, 1));
    let page = bo.page().await;
    assert_eq!(
        page.items.iter().map(|item| item.read).collect::<Vec<_>>(),
        [false, true, true]
    );
    let unread = bo
        .get("/api/notifications?filter=unread")
        .await
        .json::<shared::dto::InboxPage>();
    assert_eq!(unread.items.len(), 1);
}

#[tokio::test]
async fn a_cursor_ahead_of_the_head_marks_only_existing_notifications() {
    let site = Site::open();
    let (ann, bo, dusk) = bo_with(&site, 1).await;
    let mut bell = bo.live().await;
    let ahead = bell.inbox.cursor.at(1_000);
    bo.mark("read", json!({ "through": ahead })).await;
    bell.change().await;
    ann.critique(dusk, "Later.").await;
    assert!(!bell.told().await.read);
    assert_eq!(bell.inbox.unread, 1);
    assert_eq!(bell.inbox, bo.inbox().await);
}

#[tokio::test]
async fn marks_by_cursor_reach_other_devices_completely() {
    let site = Site::open();
    let (_, bo, _) = bo_with(&site, 3).await;
    let mut bell = bo.live().await;
    let before = bell.inbox.clone();
    let upto = before.cursor.at(2);
    for (word, state) in [
        ("seen", State::Seen),
        ("read", State::Read),
        ("unread", State::Unread),
        ("archive", State::Archived),
    ] {
        bo.mark(word, json!({ "through": upto })).await;
        let ServerFrame::Changed { state: said, .. } = bell.change().await else {
            panic!("no change")
        };
        assert_eq!(said, state);
        assert_eq!(
            bell.inbox,
            bo.inbox().await,
            "{word}: frames and list agree"
        );
    }
    bo.post("/api/notifications/unarchive", json!({ "through": upto }))
        .await
        .problem(422);
    let mut late = bo.follow(before).await;
    late.reach(&bell.inbox.cursor).await;
    assert_eq!(
        late.inbox, bell.inbox,
        "a device that was away reaches the same state"
    );
}

#[tokio::test]
async fn an_archived_notification_stays_archived_through_retraction_and_return() {
    let site = Site::open();
    let (ann, bo, dusk) = bo_with(&site, 1).await;
    let critique = bo.artwork(dusk).await.critiques.remove(0).id;
    let (mut bell, away) = (ann.live().await, ann.inbox().await);
    bo.helpful(critique, true).await;
    let notification = bell.told().await.id;
    ann.mark("archive", json!({ "ids": [notification] })).await;
    bo.helpful(critique, false).await;
    bo.helpful(critique, true).await;
    let end = ann.inbox().await;
    bell.reach(&end.cursor).await;
    assert_eq!(
        (bell.inbox.items.len(), bell.inbox.unread),
        (0, 0),
        "the notification stays archived"
    );
    assert_eq!(bell.inbox, end);
    let mut back = ann.follow(away.clone()).await;
    back.reach(&end.cursor).await;
    assert_eq!(back.inbox, end, "over the socket");
    let mut polled = away;
    polled.catch_up(ann.after(&polled.cursor).await);
    assert_eq!(polled, end, "by polling");
}

#[tokio::test]
async fn inbox_pages_join_without_gaps_or_duplicates() {
    let site = Site::open();
    let (_, bo, _) = bo_with(&site, 7).await;
    let mut inbox: Inbox = bo
        .get("/api/notifications?limit=3")
        .await
        .json::<shared::dto::InboxPage>()
        .into();
    while let Some(next) = inbox.next.clone() {
        assert!(
            inbox.append(
                bo.get(&format!("/api/notifications?limit=3&before={next}"))
                    .await
                    .json()
            )
        );
    }
    assert_eq!(inbox.items, bo.page().await.items);
    assert_eq!(inbox.items.len(), 7);
}
