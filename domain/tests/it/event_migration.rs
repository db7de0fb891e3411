//! The migration that gives existing notifications their events, on a database with data in it.

use std::time::Duration;

use domain::{
    artworks::{Artworks, Words},
    bus::MemoryBus,
    clock::now,
    notifications::{Filter, LAZY_FROM},
    store::lone_connection,
};
use migration::Schema;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use shared::{ArtworkId, CritiqueId, UserId, dto::NotificationKind, text::CritiqueBody};
use testing::Database;
use tokio::time::timeout;

use crate::{
    events::{count, texts},
    nodes::{actor, node, picture},
};

const FOLLOWERS: i64 = 60;
const WORKS: i64 = 100;
/// The columns of the previous release.
const OLD_COLUMNS: [&str; 14] = [
    "id",
    "recipient_id",
    "kind",
    "actor_id",
    "artwork_id",
    "critique_id",
    "dedupe_key",
    "arrived_seq",
    "changed_seq",
    "created_at",
    "seen_at",
    "read_at",
    "archived_at",
    "retracted_at",
];

async fn run(db: &DatabaseConnection, statement: &str) {
    db.execute_unprepared(statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// All notifications, as the previous release reads them.
async fn old_view(db: &DatabaseConnection) -> Vec<String> {
    let columns = OLD_COLUMNS.map(|column| format!("coalesce(CAST({column} AS TEXT), '-')"));
    let query = format!(
        "SELECT {} FROM notification ORDER BY id",
        columns.join(" || ' ' || ")
    );
    texts(db, &query).await
}

fn values(ids: std::ops::RangeInclusive<i64>, row: impl Fn(i64) -> String) -> String {
    ids.map(row).collect::<Vec<_>>().join(",")
}

/// Fills a database of the previous release. Accounts: 1 `bo`, an artist; 2 `ann` and 3 `cy`,
/// critics; from 4 on bo's followers, each notified of all his works.
async fn fill(db: &DatabaseConnection) {
    let people = 3 + FOLLOWERS;
    let handle = |id: i64| match id {
        1 => "bo".to_owned(),
        2 => "ann".to_owned(),
        3 => "cy".to_owned(),
        id => format!("f{id}"),
    };
    let accounts = values(1..=people, |id| {
        let handle = handle(id);
        format!(
            "('{handle}','{handle}','{handle}','{handle}','{handle}@x','{handle}@x','','member',1)"
        )
    });
    let inboxes = values(1..=people, |id| format!("({id},{WORKS},{WORKS},{WORKS},0)"));
    let works = values(1..=WORKS, |id| {
        format!("(1,'Work {id}','','k','jpg',16,16,'',{id})")
    });
    // Without `id`: the database numbers rows from 1 in this order.
    for statement in [
        format!("INSERT INTO account (handle,handle_key,handle_skeleton,display_name,email,email_key,password_hash,role,created_at) VALUES {accounts}"),
        format!("INSERT INTO recipient (account_id,seq,unseen,unread,pruned_seq) VALUES {inboxes}"),
        format!("INSERT INTO artwork (artist_id,title,description,media_key,media_ext,width,height,placeholder,created_at) VALUES {works}"),
        "INSERT INTO critique (artwork_id,author_id,body,created_at) VALUES (1,2,'One.',5), (1,2,'Two.',6)".into(),
        "INSERT INTO helpful (critique_id,account_id,created_at) VALUES (1,3,7)".into(),
        "INSERT INTO follow (artist_id,follower_id,created_at) VALUES (1,4,1)".into(),
        "UPDATE account SET follower_count = 1 WHERE id = 1".into(),
    ] {
        run(db, &statement).await;
    }
    let insert = "INSERT INTO notification (recipient_id,kind,actor_id,artwork_id,critique_id,dedupe_key,arrived_seq,changed_seq,created_at,read_at,retracted_at)";
    for rows in [
        "SELECT account.id, 'artwork', 1, artwork.id, 0, 'artwork:' || CAST(artwork.id AS TEXT), artwork.id, artwork.id, \
            1000 + account.id, CASE WHEN artwork.id < 10 THEN 9 END, NULL FROM account, artwork WHERE account.id > 3 ORDER BY artwork.id, account.id"
            .to_owned(),
        "VALUES (1,'critique',2,1,1,'critique:1',1,1,5,NULL,NULL), (1,'critique',2,1,2,'critique:2',2,2,6,NULL,NULL)".to_owned(),
        // A helpful mark, and a withdrawn helpful mark.
        "VALUES (2,'helpful',3,1,1,'helpful:1:3',1,1,7,NULL,NULL), (2,'helpful',1,1,2,'helpful:2:1',2,3,8,NULL,50)".to_owned(),
        // A work that was deleted.
        "SELECT id, 'artwork', 1, 999, 0, 'artwork:999', 101, 102, 2000, NULL, 60 + id FROM account WHERE id > 3".to_owned(),
    ] {
        run(db, &format!("{insert} {rows}")).await;
    }
}

#[tokio::test]
async fn existing_notifications_get_events_and_lose_nothing() {
    let database = Database::new();
    let db = lone_connection(database.url()).await.expect("connects");
    let current = Schema::current();
    let place = current
        .names()
        .iter()
        .position(|name| name.ends_with("000012_events"))
        .expect("the migration");
    let before = Schema::current().of_the_first(place);
    before.upgrade(&db).await.expect("migrates");
    fill(&db).await;
    let rows = old_view(&db).await;
    assert_eq!(i64::try_from(rows.len()), Ok(FOLLOWERS * (WORKS + 1) + 4));

    // Killed at several moments.
    for wait in [1, 4, 10, 25, 60] {
        let _ = timeout(Duration::from_millis(wait), current.upgrade(&db)).await;
    }
    current.upgrade(&db).await.expect("migrates");
    assert_eq!(old_view(&db).await, rows, "nothing is lost or changed");
    assert_eq!(
        count(&db, "SELECT COUNT(*) FROM event").await,
        WORKS + 1 + 2 + 2,
        "one event however many people it was told"
    );
    let matching = "SELECT COUNT(*) FROM notification JOIN event ON event.id = event_id AND event.kind = notification.kind \
        AND event.actor_id = notification.actor_id AND event.artwork_id = notification.artwork_id \
        AND event.created_at <= notification.created_at AND event.params = '{}' \
        AND CASE notification.critique_id WHEN 0 THEN subject_type = 'artwork' AND subject_id = notification.artwork_id \
            ELSE subject_type = 'critique' AND subject_id = notification.critique_id END \
        WHERE group_key IS NOT NULL AND routing IS NOT NULL";
    assert_eq!(count(&db, matching).await, FOLLOWERS * (WORKS + 1) + 4);
    let retracted = "SELECT kind || ' ' || CAST(subject_id AS TEXT) || ' ' || CAST(retracted_at AS TEXT) FROM event \
        WHERE retracted_at IS NOT NULL ORDER BY kind";
    assert_eq!(
        texts(&db, retracted).await,
        ["artwork 999 123", "helpful 2 50"],
        "events that were undone in every inbox"
    );
    let old = |kind: &str| {
        format!(
            "SELECT DISTINCT routing FROM notification WHERE kind = '{kind}' AND retracted_at IS NULL"
        )
    };
    let groups =
        "SELECT DISTINCT group_key FROM notification WHERE kind <> 'artwork' ORDER BY group_key";
    assert_eq!(
        texts(&db, groups).await,
        [
            "critique:artwork:1",
            "helpful:critique:1",
            "helpful:critique:2"
        ]
    );

    // The program serves them, and writes new ones alike.
    let domain = node(&database, &MemoryBus::shared(), LAZY_FROM).await;
    let page = async |of: i64| {
        let page = domain
            .notifications
            .page(&actor(UserId(of)), Filter::All, None, 100)
            .await;
        page.expect("a page").items
    };
    let of_bo = page(1).await;
    assert_eq!(of_bo.len(), 2);
    assert_eq!(of_bo[0].kind, NotificationKind::Critique);
    assert_eq!(of_bo[0].actor.handle, "ann");
    assert_eq!(of_bo[0].excerpt, "Two.");
    assert_eq!(
        of_bo[0].url,
        shared::paths::critique(ArtworkId(1), CritiqueId(2), false)
    );
    let of_follower = page(4).await;
    assert_eq!(of_follower.len(), 100);
    assert_eq!(of_follower[0].artwork.title, "Work 100");
    assert_eq!(of_follower[0].url, shared::paths::artwork(ArtworkId(WORKS)));
    assert!(!of_follower[0].read && of_follower[99].read);

    let (bo, ann, cy) = (actor(UserId(1)), actor(UserId(2)), actor(UserId(3)));
    let body = CritiqueBody::parse("Three.").expect("sound");
    domain
        .critiques
        .post(&ann, ArtworkId(1), &body, None)
        .await
        .expect("posts");
    let mut txn = domain.store.begin().await.expect("begins");
    let words = Words::parse("Dusk", "").expect("sound");
    let row = Artworks::insert(&txn, bo.id, &words, &picture(), now())
        .await
        .expect("inserts");
    domain
        .notifications
        .artwork_posted(&mut txn, &row, &bo)
        .await
        .expect("tells");
    txn.commit().await.expect("commits");
    domain
        .critiques
        .set_helpful(&cy, CritiqueId(2), true)
        .await
        .expect("marks");
    for kind in ["critique", "helpful", "artwork"] {
        assert_eq!(
            texts(&db, &old(kind)).await.len(),
            1,
            "old and new notifications of {kind} have the same routing"
        );
    }
    assert_eq!(
        texts(&db, groups).await,
        [
            "critique:artwork:1",
            "helpful:critique:1",
            "helpful:critique:2"
        ],
        "old and new notifications have the same groups"
    );

    // Withdrawing a mark from before and marking again is still the same event.
    let events = count(&db, "SELECT COUNT(*) FROM event").await;
    for helpful in [false, true] {
        domain
            .critiques
            .set_helpful(&cy, CritiqueId(1), helpful)
            .await
            .expect("marks");
    }
    assert_eq!(count(&db, "SELECT COUNT(*) FROM event").await, events);
    assert_eq!(page(2).await.len(), 2);
}

#[tokio::test]
async fn a_node_of_the_previous_release_keeps_reading_and_writing() {
    let database = Database::new();
    let db = lone_connection(database.url()).await.expect("connects");
    Schema::current().upgrade(&db).await.expect("migrates");
    fill(&db).await;
    assert_eq!(
        i64::try_from(old_view(&db).await.len()),
        Ok(FOLLOWERS * (WORKS + 1) + 4),
        "its statements work"
    );
    // It decodes every column that it knows, of rows that new nodes write too.
    let domain = node(&database, &MemoryBus::shared(), LAZY_FROM).await;
    let mut txn = domain.store.begin().await.expect("begins");
    let bo = actor(UserId(1));
    let words = Words::parse("Dusk", "").expect("sound");
    let row = Artworks::insert(&txn, bo.id, &words, &picture(), now())
        .await
        .expect("inserts");
    domain
        .notifications
        .artwork_posted(&mut txn, &row, &bo)
        .await
        .expect("tells");
    txn.commit().await.expect("commits");
    let newest = format!(
        "SELECT kind || ' ' || CAST(actor_id AS TEXT) || ' ' || CAST(critique_id AS TEXT) || ' ' || dedupe_key FROM notification WHERE artwork_id = {}",
        row.id
    );
    assert_eq!(
        texts(&db, &newest).await,
        [format!("artwork 1 0 artwork:{}", row.id)]
    );
}
