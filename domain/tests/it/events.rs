//! Events: one for each thing that happened, committed with it, routed to its recipients with the
//! reason stored, and retained for as long as something refers to it.

use std::time::{Duration, Instant};

use domain::{
    Domain,
    artworks::Artworks,
    bus::MemoryBus,
    clock::now,
    critiques::Draft,
    notifications::{Filter, LAZY_FROM},
    policy::Actor,
};
use sea_orm::{ConnectionTrait, Statement};
use shared::{
    ArtworkId, CritiqueId, Kind, UserId,
    dto::{InboxPage, Marked, NotificationKind},
    live::State,
    text::CritiqueBody,
};
use tokio::time::sleep;

use crate::{
    followers::Crowd,
    lock_order::{has_row_locks, locking, until_blocked},
    nodes::{actor, alone, finish_fan_out, node, person, picture, run, work},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// The first column of each row, which is text.
pub async fn texts(db: &impl ConnectionTrait, query: &str) -> Vec<String> {
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), query))
        .await
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.iter()
        .map(|row| row.try_get_by_index(0).expect("text"))
        .collect()
}

/// The number in the first row.
pub async fn count(db: &impl ConnectionTrait, query: &str) -> i64 {
    texts(db, &format!("SELECT CAST(({query}) AS TEXT)")).await[0]
        .parse()
        .expect("a number")
}

/// Runs the job that deletes what is past its retention, as these many days later.
async fn retain_after(domain: &Domain, days: i64) {
    for (table, column) in [("inbox_change", "created_at"), ("event", "retracted_at")] {
        let age = format!("UPDATE {table} SET {column} = {column} - {}", days * DAY_MS);
        run(domain, &age).await;
    }
    retain(domain).await;
}

async fn retain(domain: &Domain) {
    let job = "INSERT INTO job (kind, payload, created_at, run_at) VALUES ('retention', '{\"after\":0}', 0, 0)";
    run(domain, job).await;
    let runner = domain.jobs.start();
    let waiting = "SELECT COUNT(*) FROM job WHERE kind = 'retention' AND unique_key IS NULL AND done_at IS NULL";
    let begun = Instant::now();
    while count(domain.store.readers(), waiting).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "it does not end");
        sleep(Duration::from_millis(5)).await;
    }
    runner.stop().await;
}

/// All events: kind, actor, subject, and whether retracted.
async fn events(domain: &Domain) -> Vec<String> {
    let query = "SELECT kind || ' by ' || CAST(actor_id AS TEXT) || ' about ' || subject_type || ' ' || CAST(subject_id AS TEXT) \
        || CASE WHEN retracted_at IS NULL THEN '' ELSE ' retracted' END FROM event ORDER BY id";
    texts(domain.store.readers(), query).await
}

async fn page(domain: &Domain, of: UserId) -> InboxPage {
    domain
        .notifications
        .page(&actor(of), Filter::All, None, 100)
        .await
        .expect("a page")
}

async fn post(domain: &Domain, author: &Actor, on: ArtworkId) -> CritiqueId {
    let body = CritiqueBody::parse("Mind the edges.").expect("sound");
    domain
        .critiques
        .post(author, on, &body, None)
        .await
        .expect("posts")
        .id
}

async fn mark(domain: &Domain, by: &Actor, critique: CritiqueId, helpful: bool) {
    domain
        .critiques
        .set_helpful(by, critique, helpful)
        .await
        .expect("marks");
}

#[tokio::test]
async fn each_notification_stores_its_event_group_and_routing() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann, cy) = (
        person(&domain, "bo").await,
        person(&domain, "ann").await,
        person(&domain, "cy").await,
    );
    domain.follows.set(&cy, "bo", true).await.expect("follows");
    let mut txn = domain.store.begin().await.expect("begins");
    let words = domain::artworks::Words::parse("Dusk", "").expect("sound");
    let row = Artworks::insert(&txn, bo.id, &words, &picture(), now())
        .await
        .expect("inserts");
    domain
        .notifications
        .artwork_posted(&mut txn, &row, &bo)
        .await
        .expect("tells");
    txn.commit().await.expect("commits");
    let on = ArtworkId(row.id);
    let critique = post(&domain, &ann, on).await;
    mark(&domain, &cy, critique, true).await;
    let stored = "SELECT CAST(recipient_id AS TEXT) || ' ' || event.kind || ' ' || group_key || ' ' || routing \
        FROM notification JOIN event ON event.id = event_id AND event.created_at > 0 AND event.params = '{}' \
        AND event.artwork_id = notification.artwork_id ORDER BY notification.id";
    assert_eq!(
        texts(domain.store.readers(), stored).await,
        [
            format!(
                r#"{} artwork artwork:artwork:{on} {{"in_app":{{"deliver":"follows_artist"}}}}"#,
                cy.id
            ),
            format!(
                r#"{} critique critique:artwork:{on} {{"in_app":{{"deliver":"own_artwork"}}}}"#,
                bo.id
            ),
            format!(
                r#"{} helpful helpful:critique:{critique} {{"in_app":{{"deliver":"own_critique"}}}}"#,
                ann.id
            ),
        ]
    );
}

#[tokio::test]
async fn an_event_that_nobody_hears_of_is_recorded_all_the_same() {
    let (domain, _bus, _database) = alone().await;
    let bo = person(&domain, "bo").await;
    let on = work(&domain, &bo).await;
    let critique = post(&domain, &bo, on).await;
    assert_eq!(
        events(&domain).await,
        [format!("critique by {} about critique {critique}", bo.id)]
    );
    assert_eq!(
        count(
            domain.store.readers(),
            "SELECT (SELECT COUNT(*) FROM inbox_change) + (SELECT COUNT(*) FROM notification)"
        )
        .await,
        0
    );
    let nobody_follows = Crowd::of(0, LAZY_FROM).await;
    let posted = nobody_follows.post().await;
    assert_eq!(
        events(&nobody_follows.domain).await,
        [format!(
            "artwork by {} about artwork {posted}",
            nobody_follows.artist.id
        )]
    );
}

#[tokio::test]
async fn fan_out_of_any_size_is_one_event() {
    for (followers, lazy_from) in [(7, LAZY_FROM), (720, LAZY_FROM), (60, 55)] {
        let crowd = Crowd::of(followers, lazy_from).await;
        let on = crowd.post().await;
        crowd.run_jobs().await;
        crowd
            .domain
            .notifications
            .catch_up(&crowd.followers)
            .await
            .expect("catches up");
        assert_eq!(
            events(&crowd.domain).await,
            [format!("artwork by {} about artwork {on}", crowd.artist.id)]
        );
        let of_event = "SELECT COUNT(*) FROM notification WHERE event_id = (SELECT id FROM event)";
        assert_eq!(
            count(crowd.domain.store.readers(), of_event).await,
            followers
        );
    }
}

#[tokio::test]
async fn twenty_helpful_toggles_are_one_event() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    let critique = post(&domain, &ann, on).await;
    let posted = format!("critique by {} about critique {critique}", ann.id);
    let helpful = format!("helpful by {} about critique {critique}", bo.id);
    for n in 0..20 {
        mark(&domain, &bo, critique, n % 2 == 0).await;
        let retracted = if n % 2 == 0 { "" } else { " retracted" };
        assert_eq!(
            events(&domain).await,
            [posted.clone(), format!("{helpful}{retracted}")]
        );
    }
}

#[tokio::test]
async fn a_rolled_back_post_leaves_no_event() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    let body = CritiqueBody::parse("Never said.").expect("sound");
    let draft = Draft {
        author: ann.viewer,
        artwork: on,
        rendered: domain::markdown::render(body.as_str()),
        body,
        at: now(),
        attempt: None,
    };
    let mut txn = domain.store.begin().await.expect("begins");
    domain
        .critiques
        .post_in(&mut txn, &[draft])
        .await
        .expect("posts");
    drop(txn);
    assert_eq!(events(&domain).await, Vec::<String>::new());
}

#[tokio::test]
async fn events_of_a_deleted_subject_are_retracted_and_outlive_its_tombstones() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann, cy) = (
        person(&domain, "bo").await,
        person(&domain, "ann").await,
        person(&domain, "cy").await,
    );
    let (dusk, dawn) = (work(&domain, &bo).await, work(&domain, &bo).await);
    let (deleted, kept) = (
        post(&domain, &ann, dusk).await,
        post(&domain, &ann, dusk).await,
    );
    mark(&domain, &cy, deleted, true).await;
    post(&domain, &ann, dawn).await;
    let before = page(&domain, bo.id).await.cursor;
    domain
        .critiques
        .delete(&ann, deleted)
        .await
        .expect("deletes");
    domain.artworks.delete(&bo, dawn).await.expect("deletes");
    let kept = format!("critique by {} about critique {kept}", ann.id);
    let current: Vec<String> = events(&domain)
        .await
        .into_iter()
        .filter(|event| !event.ends_with(" retracted"))
        .collect();
    assert_eq!(current, std::slice::from_ref(&kept));
    let tombstones = domain
        .notifications
        .changes(&bo, &before, 20)
        .await
        .expect("changes")
        .items;
    assert_eq!(tombstones.len(), 2);
    assert!(
        tombstones
            .iter()
            .all(|item| item.retracted && item.actor.handle == "ann"),
        "a client learns what to remove"
    );

    retain_after(&domain, 59).await;
    assert_eq!(events(&domain).await.len(), 4);
    let retracted = "SELECT COUNT(*) FROM notification WHERE retracted_at IS NOT NULL";
    assert_eq!(count(domain.store.readers(), retracted).await, 0);
    retain_after(&domain, 2).await;
    assert_eq!(events(&domain).await, [kept]);
    assert_eq!(page(&domain, bo.id).await.items.len(), 1);
}

#[tokio::test]
async fn outsiders_get_nothing_of_other_peoples_events() {
    let (domain, _bus, _database) = alone().await;
    let (bo, ann, cy) = (
        person(&domain, "bo").await,
        person(&domain, "ann").await,
        person(&domain, "cy").await,
    );
    let on = work(&domain, &bo).await;
    let start = page(&domain, cy.id).await.cursor;
    let critique = post(&domain, &ann, on).await;
    let of_bo = page(&domain, bo.id).await.items[0].id;
    mark(&domain, &bo, critique, true).await;
    let inbox = page(&domain, cy.id).await;
    assert_eq!(
        (inbox.cursor.clone(), inbox.items.len()),
        (start.clone(), 0)
    );
    let changes = domain
        .notifications
        .changes(&cy, &start, 20)
        .await
        .expect("changes");
    assert!(changes.items.is_empty() && !changes.reset);
    let refused = domain
        .notifications
        .open(&cy, of_bo, true)
        .await
        .expect_err("refused");
    assert!(
        matches!(&refused, domain::Error::App(error) if error.kind == Kind::NotFound),
        "{refused:?}"
    );
    domain
        .notifications
        .mark(&cy, &Marked::Ids(vec![of_bo]), State::Read)
        .await
        .expect("changes nothing");
    assert_eq!(page(&domain, bo.id).await.unread, 1);
    let sent = serde_json::to_string(&page(&domain, bo.id).await).expect("JSON");
    assert!(
        !sent.contains("event") && !sent.contains("routing"),
        "{sent}"
    );
}

/// A node of the previous release runs on the migrated database and writes no events.
#[tokio::test]
async fn what_an_older_node_writes_is_served_retracted_and_restored() {
    let (domain, _bus, database) = alone().await;
    let (bo, ann, cy) = (
        person(&domain, "bo").await,
        person(&domain, "ann").await,
        person(&domain, "cy").await,
    );
    let on = work(&domain, &bo).await;
    let critique = post(&domain, &ann, on).await;
    let old_row = |recipient: UserId, kind: &str, actor: UserId, critique: i64, key: &str| {
        format!(
            "INSERT INTO notification (recipient_id,kind,actor_id,artwork_id,critique_id,dedupe_key,arrived_seq,changed_seq,created_at) \
            VALUES ({recipient},'{kind}',{actor},{on},{critique},'{key}',2,2,{})",
            now()
        )
    };
    run(
        &domain,
        &format!(
            "INSERT INTO helpful (critique_id, account_id, created_at) VALUES ({critique}, {}, 1)",
            cy.id
        ),
    )
    .await;
    for row in [
        old_row(
            ann.id,
            "helpful",
            cy.id,
            critique.0,
            &format!("helpful:{critique}:{}", cy.id),
        ),
        old_row(cy.id, "artwork", bo.id, 0, &format!("artwork:{on}")),
    ] {
        run(&domain, &row).await;
    }
    run(
        &domain,
        &format!(
            "UPDATE recipient SET seq = 2, unseen = 1, unread = 1 WHERE account_id IN ({}, {})",
            ann.id, cy.id
        ),
    )
    .await;
    // A fresh node, which has cached nothing.
    let domain = node(&database, &MemoryBus::shared(), LAZY_FROM).await;
    let helpful = page(&domain, ann.id).await.items.remove(0);
    assert_eq!(helpful.kind, NotificationKind::Helpful);
    assert_eq!(helpful.actor.handle, "cy");
    assert_eq!(helpful.url, shared::paths::critique(on, critique, false));
    assert_eq!(helpful.excerpt, "Mind the edges.");
    let posted = page(&domain, cy.id).await.items.remove(0);
    assert_eq!(posted.kind, NotificationKind::Artwork);
    assert_eq!(posted.artwork.title, "Dusk");
    assert_eq!(
        domain
            .notifications
            .open(&cy, posted.id, false)
            .await
            .expect("opens"),
        shared::paths::artwork(on)
    );

    mark(&domain, &cy, critique, false).await;
    assert!(page(&domain, ann.id).await.items.is_empty());
    mark(&domain, &cy, critique, true).await;
    assert_eq!(page(&domain, ann.id).await.items[0].id, helpful.id);
    let restored = format!(
        "SELECT group_key FROM notification JOIN event ON event.id = event_id WHERE notification.id = {}",
        helpful.id
    );
    assert_eq!(
        texts(domain.store.readers(), &restored).await,
        [format!("helpful:critique:{critique}")]
    );
    domain.artworks.delete(&bo, on).await.expect("deletes");
    assert!(page(&domain, cy.id).await.items.is_empty());
}

/// Works that a node of the previous release has posted are broadcast without an event.
#[tokio::test]
async fn a_broadcast_of_an_older_node_gets_its_event_when_it_is_delivered() {
    for lazy_from in [LAZY_FROM, 55] {
        let crowd = Crowd::of(60, lazy_from).await;
        let on = crowd.post().await;
        run(&crowd.domain, "DELETE FROM event").await;
        crowd.run_jobs().await;
        crowd
            .domain
            .notifications
            .catch_up(&crowd.followers)
            .await
            .expect("catches up");
        assert_eq!(
            events(&crowd.domain).await,
            [format!("artwork by {} about artwork {on}", crowd.artist.id)]
        );
        let of_event = "SELECT COUNT(*) FROM notification WHERE event_id = (SELECT id FROM event)";
        assert_eq!(count(crowd.domain.store.readers(), of_event).await, 60);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_restored_while_it_is_about_to_be_deleted_stays() {
    let (domain, _bus, _database) = alone().await;
    if !has_row_locks(&domain) {
        return;
    }
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    post(&domain, &ann, on).await;
    run(&domain, "UPDATE event SET retracted_at = 1").await;
    let restoring = locking(&domain, "UPDATE event SET retracted_at = NULL").await;
    let retaining = {
        let domain = domain.clone();
        tokio::spawn(async move { retain(&domain).await })
    };
    until_blocked(&domain).await;
    restoring.commit().await.expect("commits");
    retaining.await.expect("it ends");
    assert_eq!(events(&domain).await.len(), 1);
}

#[tokio::test]
async fn retracting_many_notifications_of_one_inbox_takes_several_bounded_frames() {
    const COUNT: i64 = 1_100;
    let (domain, _bus, _database) = alone().await;
    let (bo, ann) = (person(&domain, "bo").await, person(&domain, "ann").await);
    let on = work(&domain, &bo).await;
    let rows: Vec<String> = (1..=COUNT)
        .map(|n| {
            format!(
                "({},'critique',{},{on},{n},'critique:{n}',{n},{n},{})",
                bo.id,
                ann.id,
                now()
            )
        })
        .collect();
    run(
        &domain,
        &format!(
            "INSERT INTO notification (recipient_id,kind,actor_id,artwork_id,critique_id,dedupe_key,arrived_seq,changed_seq,created_at) VALUES {}",
            rows.join(",")
        ),
    )
    .await;
    let counted = format!(
        "UPDATE recipient SET seq = {COUNT}, unseen = {COUNT}, unread = {COUNT} WHERE account_id = {}",
        bo.id
    );
    run(&domain, &counted).await;
    domain.artworks.delete(&bo, on).await.expect("deletes");
    finish_fan_out(&domain).await;

    let frames = "SELECT ids FROM inbox_change WHERE what = 'retracted' ORDER BY seq";
    let ids: Vec<usize> = texts(domain.store.readers(), frames)
        .await
        .iter()
        .map(|ids| {
            serde_json::from_str::<Vec<serde_json::Value>>(ids)
                .expect("ids")
                .len()
        })
        .collect();
    assert_eq!(ids, [500, 500, 100]);
    let counts = domain.notifications.counts(bo.id).await.expect("counts");
    assert_eq!((counts.unseen, counts.unread), (0, 0));
    assert!(page(&domain, bo.id).await.items.is_empty());
}
