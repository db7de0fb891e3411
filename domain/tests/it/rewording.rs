//! Editing text that notifications show updates every inbox that shows it, whatever is killed
//! meanwhile.

use std::time::Duration;

use domain::{
    Domain,
    artworks::WordsEdit,
    bus::{Delivery, MemoryBus, Message},
    clock::now,
    notifications::{Filter, LAZY_FROM, Replay},
    policy::Actor,
    store::CACHE_TTL,
};
use sea_orm::ConnectionTrait;
use shared::{
    ArtworkId, UserId,
    dto::InboxPage,
    live::{Applied, Inbox, ServerFrame, State},
    text::CritiqueBody,
};
use testing::Database;
use tokio::time::{sleep, timeout};

use crate::nodes::{actor, alone, fan_out_jobs, finish_fan_out, kill_runners, node, person, work};

async fn page(domain: &Domain, of: UserId) -> InboxPage {
    domain
        .notifications
        .page(&actor(of), Filter::All, None, 100)
        .await
        .expect("a page")
}

/// Creates `count` accounts with ids from `first` on, each with a notification about the work in
/// its inbox.
async fn crowd(
    domain: &Domain,
    first: i64,
    count: i64,
    artist: &Actor,
    on: ArtworkId,
) -> Vec<UserId> {
    let now = now();
    let values = |row: &dyn Fn(i64) -> String| {
        (first..first + count)
            .map(row)
            .collect::<Vec<_>>()
            .join(",")
    };
    let accounts = values(&|id| {
        format!("({id},'f{id}','f{id}','f{id}','F','f{id}@x','f{id}@x','','member',{now})")
    });
    let inboxes = values(&|id| format!("({id},1,1,1,0)"));
    let notifications = values(&|id| {
        format!(
            "({id},'artwork',{},{on},0,'artwork:{on}',1,1,{now})",
            artist.id
        )
    });
    let changes = values(&|id| {
        format!(
            "({id},1,'arrived',(SELECT CAST(id AS TEXT) FROM notification WHERE recipient_id = {id}),1,1,{now})"
        )
    });
    let txn = domain.store.begin().await.expect("begins");
    for statement in [
        format!(
            "INSERT INTO account (id,handle,handle_key,handle_skeleton,display_name,email,email_key,password_hash,role,created_at) VALUES {accounts}"
        ),
        format!("INSERT INTO recipient (account_id,seq,unseen,unread,pruned_seq) VALUES {inboxes}"),
        format!(
            "INSERT INTO notification (recipient_id,kind,actor_id,artwork_id,critique_id,dedupe_key,arrived_seq,changed_seq,created_at) VALUES {notifications}"
        ),
        format!(
            "INSERT INTO inbox_change (recipient_id,seq,what,ids,unseen,unread,created_at) VALUES {changes}"
        ),
    ] {
        txn.db()
            .execute_unprepared(&statement)
            .await
            .expect("inserts");
    }
    txn.commit().await.expect("commits");
    (first..first + count).map(UserId).collect()
}

#[tokio::test]
async fn an_edited_critique_takes_a_seq_and_arrives_live_replayed_and_fetched() {
    let (domain, bus, _database) = alone().await;
    let (bo, ann, cy) = (
        person(&domain, "bo").await,
        person(&domain, "ann").await,
        person(&domain, "cy").await,
    );
    let on = work(&domain, &bo).await;
    let words = |text: &str| CritiqueBody::parse(text).expect("sound");
    let critique = domain
        .critiques
        .post(&ann, on, &words("Mind the edges."), None)
        .await
        .expect("posts");
    domain
        .critiques
        .set_helpful(&cy, critique.id, true)
        .await
        .expect("marks");
    for (who, words_now) in [(bo.id, "Mind the corners."), (ann.id, "Mind the middle.")] {
        let before: Inbox = page(&domain, who).await.into();
        let mut live = bus.subscribe();
        domain
            .critiques
            .edit(&ann, critique.id, &words(words_now), None)
            .await
            .expect("edits");
        let after = page(&domain, who).await;
        assert_eq!(after.cursor.seq, before.cursor.seq + 1);
        assert_eq!(
            (after.unread, after.items[0].excerpt.as_str()),
            (1, words_now)
        );
        let mut fetched = before.clone();
        fetched.catch_up(
            domain
                .notifications
                .changes(&actor(who), &before.cursor, 20)
                .await
                .expect("changes"),
        );
        assert_eq!(fetched, after.clone().into());
        let mut sent = Vec::new();
        while let Ok(Some(Delivery::Own(message))) =
            timeout(Duration::from_millis(50), live.next()).await
        {
            if let Message::Inbox { user, frame, .. } = message
                && user == who
            {
                sent.push(frame);
            }
        }
        let Replay::Frames(_, replayed) = domain
            .notifications
            .replay(who, &before.cursor)
            .await
            .expect("replays")
        else {
            panic!("a reset for one change");
        };
        assert_eq!(sent, replayed, "live and replayed frames are identical");
        let frame: ServerFrame = serde_json::from_slice(&sent[0]).expect("a frame");
        assert!(
            matches!(&frame, ServerFrame::Changed { state: State::Edited, items, .. } if items == &after.items),
            "{frame:?}"
        );
        let mut applied = before.clone();
        assert_eq!(applied.apply(&frame), Applied::Changed);
        assert_eq!(applied, after.into());
    }
    // An edit that no notification shows does not change any inbox.
    let (seq, long) = (
        page(&domain, bo.id).await.cursor.seq,
        "Mind the middle. ".repeat(20),
    );
    domain
        .critiques
        .edit(&ann, critique.id, &words(&long), None)
        .await
        .expect("edits");
    assert_eq!(page(&domain, bo.id).await.cursor.seq, seq + 1);
    domain
        .critiques
        .edit(
            &ann,
            critique.id,
            &words(&format!("{long} And more.")),
            None,
        )
        .await
        .expect("edits");
    assert_eq!(
        page(&domain, bo.id).await.cursor.seq,
        seq + 1,
        "the excerpt is the same"
    );
    let described = WordsEdit::parse(None, Some("Of dusk.")).expect("sound");
    domain
        .artworks
        .edit(&bo, on, &described, None)
        .await
        .expect("edits");
    assert_eq!(
        page(&domain, bo.id).await.cursor.seq,
        seq + 1,
        "a description appears in no notification"
    );
}

#[tokio::test]
async fn archived_notifications_are_updated_and_retracted_ones_return_with_the_new_text() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    let words = |text: &str| CritiqueBody::parse(text).expect("sound");
    let critique = domain
        .critiques
        .post(&ann, on, &words("One."), None)
        .await
        .expect("posts");
    domain
        .critiques
        .set_helpful(&bo, critique.id, true)
        .await
        .expect("marks");
    let notification = page(&domain, bo.id).await.items[0].id;
    domain
        .notifications
        .mark(
            &bo,
            &shared::dto::Marked::Ids(vec![notification]),
            State::Archived,
        )
        .await
        .expect("archives");
    domain
        .critiques
        .set_helpful(&bo, critique.id, false)
        .await
        .expect("takes the mark back");
    let (bos, anns) = (page(&domain, bo.id).await, page(&domain, ann.id).await);
    domain
        .critiques
        .edit(&ann, critique.id, &words("Two."), None)
        .await
        .expect("edits");
    let archived = domain
        .notifications
        .page(&bo, Filter::Archived, None, 10)
        .await
        .expect("a page");
    assert_eq!(
        (archived.cursor.seq, archived.items[0].excerpt.as_str()),
        (bos.cursor.seq + 1, "Two.")
    );
    let mut inbox: Inbox = bos.into();
    inbox.catch_up(
        domain
            .notifications
            .changes(&bo, &inbox.cursor, 20)
            .await
            .expect("changes"),
    );
    assert_eq!(inbox, page(&domain, bo.id).await.into());
    assert_eq!(
        page(&domain, ann.id).await.cursor,
        anns.cursor,
        "a retracted notification is not sent"
    );
    domain
        .critiques
        .set_helpful(&bo, critique.id, true)
        .await
        .expect("marks again");
    assert_eq!(page(&domain, ann.id).await.items[0].excerpt, "Two.");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_updates_a_title_in_many_inboxes_despite_crashes() {
    let database = Database::new();
    let domain = node(&database, &MemoryBus::shared(), LAZY_FROM).await;
    let bo = person(&domain, "bo").await;
    let on = work(&domain, &bo).await;
    let people = crowd(&domain, 1_000_000, 1_150, &bo, on).await;
    let mut before: Vec<Inbox> = Vec::new();
    for who in &people {
        before.push(page(&domain, *who).await.into());
    }
    let edit = async |title: &str| {
        let edit = WordsEdit::parse(Some(title), None).expect("sound");
        domain
            .artworks
            .edit(&bo, on, &edit, None)
            .await
            .expect("edits");
    };
    edit("Dawn").await;
    assert_eq!(fan_out_jobs(&domain).await, 1);
    let other = node(&database, &MemoryBus::shared(), LAZY_FROM).await;
    let nodes = [other, domain.clone()];
    // The title is edited again meanwhile.
    tokio::join!(kill_runners(&nodes, 6), edit("Noon"));
    finish_fan_out(&domain).await;
    // The other node's messages don't arrive here.
    sleep(CACHE_TTL).await;
    for (who, earlier) in people.iter().zip(before) {
        let now: Inbox = page(&domain, *who).await.into();
        assert_eq!(
            (now.items[0].artwork.title.as_str(), now.unread),
            ("Noon", 1),
            "the cached inbox shows it too"
        );
        assert!(
            (2..=3).contains(&now.cursor.seq),
            "at most one change for each edit: {}",
            now.cursor
        );
        let mut fetched = earlier.clone();
        fetched.catch_up(
            domain
                .notifications
                .changes(&actor(*who), &earlier.cursor, 20)
                .await
                .expect("changes"),
        );
        assert_eq!(fetched, now);
        let mut replayed = earlier.clone();
        let Replay::Frames(_, frames) = domain
            .notifications
            .replay(*who, &earlier.cursor)
            .await
            .expect("replays")
        else {
            panic!("a reset for a few changes");
        };
        for frame in frames {
            assert_eq!(
                replayed.apply(&serde_json::from_slice(&frame).expect("a frame")),
                Applied::Changed
            );
        }
        assert_eq!(replayed, now);
    }
    domain.artworks.delete(&bo, on).await.expect("deletes");
    finish_fan_out(&domain).await;
    assert!(page(&domain, people[7]).await.items.is_empty());
}

#[tokio::test]
async fn a_title_edited_during_its_own_update_job_reaches_every_inbox() {
    let (domain, _bus, _database) = alone().await;
    let bo = person(&domain, "bo").await;
    let on = work(&domain, &bo).await;
    let people = crowd(&domain, 1_000_000, 1_450, &bo, on).await;
    let runner = domain.jobs.start();
    for title in ["Dawn", "Noon", "Dusk"] {
        let edit = WordsEdit::parse(Some(title), None).expect("sound");
        domain
            .artworks
            .edit(&bo, on, &edit, None)
            .await
            .expect("edits");
        domain.jobs.wake();
        // The job for this title is under way.
        sleep(Duration::from_millis(25)).await;
    }
    runner.stop().await;
    finish_fan_out(&domain).await;
    for who in people {
        let changes = domain
            .notifications
            .changes(&actor(who), &page(&domain, who).await.cursor.at(1), 20)
            .await
            .expect("changes");
        assert_eq!(changes.items[0].artwork.title, "Dusk");
    }
}
