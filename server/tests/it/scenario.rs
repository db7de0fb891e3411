//! The central scenario: Ann critiques Bo's work, Cy marks the critique as helpful, and each author
//! is notified once.

use serde_json::json;
use shared::{
    dto::NotificationKind,
    live::{ServerFrame, State},
};

use crate::site::Site;

#[tokio::test]
async fn a_critique_notifies_the_artist_with_author_work_and_link() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let mut bell = bo.live().await;
    let start = bell.inbox.cursor.clone();
    let critique = ann
        .critique(dusk, "The **light** on the left wall is a joy.")
        .await;

    let ServerFrame::Notification {
        cursor,
        unseen,
        unread,
        notification,
    } = bell.change().await
    else {
        panic!("no notification")
    };
    assert_eq!((cursor, unseen, unread), (start.at(start.seq + 1), 1, 1));
    assert_eq!(
        (notification.kind, notification.seq),
        (NotificationKind::Critique, start.seq + 1)
    );
    assert_eq!(
        (
            &*notification.actor.handle,
            &*notification.actor.display_name
        ),
        ("ann", "ann of the Easel")
    );
    assert_eq!(
        (notification.artwork.id, &*notification.artwork.title),
        (dusk, "Dusk")
    );
    assert_eq!(notification.excerpt, "The light on the left wall is a joy.");
    assert_eq!(
        notification.url,
        format!("/artworks/{dusk}#critique-{}", critique.id)
    );
    assert!(!notification.seen && !notification.read && notification.listed());
    assert_eq!(
        bo.page().await.items,
        [notification],
        "REST returns the same notification"
    );
    assert_eq!(bo.inbox().await, bell.inbox);
}

#[tokio::test]
async fn opening_a_notification_leads_to_the_critique_and_marks_it_read_everywhere() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let phone = site.sign_in("bo").await;
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await;
    let mut bell = phone.live().await;
    let id = bell.inbox.items[0].id;

    let opened = bo.get(&format!("/notifications/{id}")).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, &*format!("/artworks/{dusk}#critique-{}", critique.id))
    );
    let ServerFrame::Changed {
        ids,
        state,
        unseen,
        unread,
        ..
    } = bell.change().await
    else {
        panic!("no change")
    };
    assert_eq!(
        (ids, state, unseen, unread),
        (Some(vec![id]), State::Read, 0, 0)
    );
    assert!(bell.inbox.items[0].read);
    let again = bo.get(&format!("/notifications/{id}")).await;
    assert_eq!(again.status, 303);
    assert_eq!(
        bo.inbox().await,
        bell.inbox,
        "opening it again changes nothing"
    );
}

#[tokio::test]
async fn a_helpful_mark_notifies_the_critic() {
    let site = Site::open();
    let (ann, bo, cy) = (
        site.join("ann").await,
        site.join("bo").await,
        site.join("cy").await,
    );
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await;
    let mut bell = ann.live().await;
    cy.helpful(critique.id, true).await;
    let notification = bell.told().await;
    assert_eq!(
        (
            notification.kind,
            &*notification.actor.handle,
            notification.artwork.id
        ),
        (NotificationKind::Helpful, "cy", dusk)
    );
    assert_eq!(
        notification.url,
        format!("/artworks/{dusk}#critique-{}", critique.id)
    );
    assert_eq!((bell.inbox.unseen, bell.inbox.unread), (1, 1));
    let seen = cy.artwork(dusk).await.critiques.remove(0);
    assert_eq!(
        (seen.helpful_count, seen.helpful, seen.editable),
        (1, true, false)
    );
}

#[tokio::test]
async fn own_actions_send_no_notification() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let own = bo.critique(dusk, "A note to myself.").await;
    assert_eq!(
        bo.put(&format!("/api/critiques/{}/helpful", own.id))
            .await
            .status,
        403
    );
    assert_eq!(
        bo.delete(&format!("/api/critiques/{}/helpful", own.id))
            .await
            .status,
        403
    );
    let page = bo.page().await;
    assert_eq!(
        (page.cursor.seq, page.unseen, page.unread, page.items.len()),
        (0, 0, 0, 0)
    );
}

#[tokio::test]
async fn editing_a_critique_updates_its_notification_and_deleting_retracts_it() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await;
    let mut bell = bo.live().await;
    let path = format!("/api/critiques/{}", critique.id);
    let edited = ann.send("PATCH", &path, json!({ "body": "Finer." })).await;
    assert_eq!((edited.status, edited.text.contains("Finer.")), (200, true));
    let ServerFrame::Changed {
        cursor,
        unseen,
        unread,
        state,
        items,
        ..
    } = bell.change().await
    else {
        panic!("no change")
    };
    assert_eq!(
        (cursor.seq, unseen, unread, state, &*items[0].excerpt),
        (2, 1, 1, State::Edited, "Finer.")
    );
    assert!(
        bell.news.is_empty() && bo.inbox().await == bell.inbox,
        "an edit sends no new notification"
    );
    ann.delete_critique(critique.id).await;
    let ServerFrame::Changed {
        cursor,
        unseen,
        unread,
        state,
        ..
    } = bell.change().await
    else {
        panic!("no change")
    };
    assert_eq!(
        (cursor.seq, unseen, unread, state),
        (3, 0, 0, State::Retracted)
    );
    assert!(bell.inbox.items.is_empty());
    assert_eq!(bo.inbox().await, bell.inbox);
    ann.delete(&path).await.problem(404);
    assert_eq!(bo.artwork(dusk).await.critique_count, 0);
    assert_eq!(
        bo.get(&format!("/notifications/{}", 1))
            .await
            .header("location"),
        "/notifications",
        "a retracted notification leads to the list"
    );
}

#[tokio::test]
async fn deleting_a_work_retracts_all_its_notifications() {
    let site = Site::open();
    let (ann, bo, cy) = (
        site.join("ann").await,
        site.join("bo").await,
        site.join("cy").await,
    );
    let (dusk, dawn) = (bo.publish("Dusk").await, bo.publish("Dawn").await);
    let critique = ann.critique(dusk, "Fine.").await;
    cy.critique(dusk, "Fine too.").await;
    ann.critique(dawn, "Finer.").await;
    cy.helpful(critique.id, true).await;
    let (mut artist, mut critic) = (bo.live().await, ann.live().await);
    assert_eq!(
        bo.delete(&format!("/api/artworks/{dusk}")).await.status,
        204
    );
    assert!(matches!(
        artist.change().await,
        ServerFrame::Changed {
            state: State::Retracted,
            ..
        }
    ));
    assert!(matches!(
        critic.change().await,
        ServerFrame::Changed {
            state: State::Retracted,
            ..
        }
    ));
    assert_eq!((artist.inbox.unread, artist.inbox.items.len()), (1, 1));
    assert_eq!((critic.inbox.unread, critic.inbox.items.len()), (0, 0));
    assert_eq!(
        (bo.inbox().await, ann.inbox().await),
        (artist.inbox, critic.inbox)
    );
    bo.get(&format!("/api/artworks/{dusk}")).await.problem(404);
}

#[tokio::test]
async fn twenty_helpful_toggles_make_one_notification_and_one_live_frame() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await;
    let mut bell = ann.live().await;
    for _ in 0..10 {
        bo.helpful(critique.id, true).await;
        bo.helpful(critique.id, false).await;
    }
    bo.helpful(critique.id, true).await;
    let end = ann.inbox().await;
    bell.reach(&end.cursor).await;
    assert_eq!(bell.told_once().len(), 1);
    assert_eq!((end.items.len(), end.unseen, end.unread), (1, 1, 1));
    assert_eq!(bell.inbox, end);
    assert_eq!(bo.artwork(dusk).await.critiques[0].helpful_count, 1);
}

#[tokio::test]
async fn helpful_marks_are_idempotent() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await;
    for helpful in [true, true, true] {
        bo.helpful(critique.id, helpful).await;
    }
    assert_eq!(
        (
            ann.page().await.cursor.seq,
            bo.artwork(dusk).await.critiques[0].helpful_count
        ),
        (1, 1)
    );
    for helpful in [false, false] {
        bo.helpful(critique.id, helpful).await;
    }
    assert_eq!(
        (
            ann.page().await.cursor.seq,
            bo.artwork(dusk).await.critiques[0].helpful_count
        ),
        (2, 0)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_marks_and_deletions_are_idempotent() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await.id;
    let all_at_once = |helpful: bool| {
        let mut clicks = tokio::task::JoinSet::new();
        for _ in 0..12 {
            let bo = bo.clone();
            clicks.spawn(async move { bo.helpful(critique, helpful).await });
        }
        clicks.join_all()
    };
    all_at_once(true).await;
    assert_eq!(
        (
            ann.page().await.cursor.seq,
            bo.artwork(dusk).await.critiques[0].helpful_count
        ),
        (1, 1)
    );
    all_at_once(false).await;
    assert_eq!(
        (
            ann.page().await.cursor.seq,
            bo.artwork(dusk).await.critiques[0].helpful_count
        ),
        (2, 0)
    );
    let clicks: tokio::task::JoinSet<_> = (0..8)
        .map(|_| {
            let ann = ann.clone();
            async move {
                ann.delete(&format!("/api/critiques/{critique}"))
                    .await
                    .status
            }
        })
        .collect();
    let mut statuses = clicks.join_all().await;
    statuses.sort_unstable();
    assert_eq!(statuses[..2], [204, 404]);
    assert_eq!(
        (
            bo.page().await.cursor.seq,
            bo.artwork(dusk).await.critique_count
        ),
        (2, 0)
    );
}

#[tokio::test]
async fn watchers_of_a_work_are_told_of_its_changes() {
    let site = Site::open();
    let (ann, bo, cy) = (
        site.join("ann").await,
        site.join("bo").await,
        site.join("cy").await,
    );
    let (dusk, dawn) = (bo.publish("Dusk").await, bo.publish("Dawn").await);
    let mut looking = cy.socket(None).await;
    assert!(matches!(looking.frame().await, ServerFrame::Hello { .. }));
    looking.watch(dusk).await;
    // Posts changes one after another until the watch has taken effect.
    let touched = loop {
        ann.critique(dawn, "Not looked at.").await;
        ann.critique(dusk, "Fine.").await;
        if let Ok(frame) =
            tokio::time::timeout(std::time::Duration::from_millis(300), looking.frame()).await
        {
            break frame;
        }
    };
    assert_eq!(touched, ServerFrame::Artwork { id: dusk });
}
