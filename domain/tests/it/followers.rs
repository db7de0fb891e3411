//! New works reach followers, few or many: each follower gets one notification, whatever is killed
//! meanwhile.

use std::{collections::HashMap, time::Duration};

use domain::{
    Domain,
    artworks::{Artworks, Words},
    bus::{Delivery, MemoryBus, Message},
    clock::now,
    notifications::Filter,
    policy::Actor,
};
use sea_orm::{ConnectionTrait, DbBackend};
use shared::{ArtworkId, UserId, dto::NotificationKind};
use testing::Database;
use tokio::time::{sleep, timeout};

use crate::nodes::{actor, fan_out_jobs, finish_fan_out, node, person, picture};

/// A site with an artist who has `count` followers.
pub struct Crowd {
    pub domain: Domain,
    pub database: Database,
    pub artist: Actor,
    pub followers: Vec<UserId>,
}

impl Crowd {
    pub async fn of(count: i64, lazy_from: i64) -> Self {
        let database = Database::new();
        let domain = node(&database, &MemoryBus::shared(), lazy_from).await;
        let artist = person(&domain, "bo").await;
        // Bulk inserts, since there may be thousands of followers.
        let txn = domain.store.begin().await.expect("begins");
        // Far above the ids that the database assigns.
        let first = 1_000_000;
        for statement in crowd(first, count, artist.id.0, now())
            .into_iter()
            .filter(|_| count > 0)
        {
            txn.db()
                .execute_unprepared(&statement)
                .await
                .expect("inserts");
        }
        txn.commit().await.expect("commits");
        Self {
            domain,
            database,
            artist,
            followers: (first..first + count).map(UserId).collect(),
        }
    }

    pub async fn post(&self) -> ArtworkId {
        let words = Words::parse("Dusk", "").expect("sound");
        let mut txn = self.domain.store.begin().await.expect("begins");
        let row = Artworks::insert(&txn, self.artist.id, &words, &picture(), now())
            .await
            .expect("inserts");
        self.domain
            .notifications
            .artwork_posted(&mut txn, &row, &self.artist)
            .await
            .expect("tells");
        txn.commit().await.expect("commits");
        ArtworkId(row.id)
    }

    /// Runs the waiting jobs to their end.
    pub async fn run_jobs(&self) {
        finish_fan_out(&self.domain).await;
    }

    /// How many notifications about the work each follower sees.
    pub async fn told(&self, work: ArtworkId) -> HashMap<UserId, usize> {
        let mut told = HashMap::new();
        for follower in &self.followers {
            let page = self
                .domain
                .notifications
                .page(&actor(*follower), Filter::All, None, 50)
                .await
                .expect("a page");
            let about_work = page.items.iter().filter(|item| item.artwork.id == work);
            assert!(
                about_work
                    .clone()
                    .all(|item| item.kind == NotificationKind::Artwork
                        && item.url == format!("/artworks/{work}"))
            );
            assert_eq!(page.unread as usize, page.items.len());
            told.insert(*follower, about_work.count());
        }
        told
    }
}

/// SQL that creates accounts with these ids, each following the artist.
fn crowd(first: i64, count: i64, artist: i64, now: i64) -> Vec<String> {
    let values = |row: &dyn Fn(i64) -> String| {
        (first..first + count)
            .map(row)
            .collect::<Vec<_>>()
            .join(",")
    };
    let accounts = values(&|id| {
        format!("({id},'f{id}','f{id}','f{id}','F','f{id}@x','f{id}@x','','member',{now})")
    });
    let inboxes = values(&|id| format!("({id},0,0,0,0)"));
    let follows = values(&|id| format!("({artist},{id},{now})"));
    vec![
        format!(
            "INSERT INTO account (id,handle,handle_key,handle_skeleton,display_name,email,email_key,password_hash,role,created_at) VALUES {accounts}"
        ),
        format!("INSERT INTO recipient (account_id,seq,unseen,unread,pruned_seq) VALUES {inboxes}"),
        format!("INSERT INTO follow (artist_id,follower_id,created_at) VALUES {follows}"),
        format!("UPDATE account SET follower_count = {count} WHERE id = {artist}"),
    ]
}

#[tokio::test]
async fn few_followers_are_notified_in_the_posting_transaction() {
    let crowd = Crowd::of(7, 1_000).await;
    let work = crowd.post().await;
    assert!(crowd.told(work).await.values().all(|count| *count == 1));
    assert_eq!(fan_out_jobs(&crowd.domain).await, 0);
}

#[tokio::test]
async fn following_is_idempotent_reversible_and_refused_for_oneself() {
    let crowd = Crowd::of(0, 1_000).await;
    let ann = person(&crowd.domain, "ann").await;
    let follows = &crowd.domain.follows;
    for (follow, followers) in [(true, 1), (true, 1), (false, 0), (false, 0), (true, 1)] {
        assert_eq!(
            follows.set(&ann, "Bo", follow).await.expect("follows"),
            followers
        );
    }
    assert!(
        follows.set(&crowd.artist, "bo", true).await.is_err(),
        "oneself"
    );
    assert!(follows.set(&ann, "nobody", true).await.is_err());
    crowd.post().await;
    let page = crowd
        .domain
        .notifications
        .page(&ann, Filter::All, None, 10)
        .await
        .expect("a page");
    let item = &page.items[0];
    assert_eq!(
        (
            item.kind,
            item.actor.handle.as_str(),
            item.artwork.title.as_str()
        ),
        (NotificationKind::Artwork, "bo", "Dusk")
    );
}

#[tokio::test]
async fn very_many_followers_are_notified_lazily_and_cost_the_post_one_row() {
    let crowd = Crowd::of(600, 500).await;
    let mut live = MemoryBus::shared().subscribe();
    let first = crowd.post().await;
    let second = crowd.post().await;
    assert_eq!(fan_out_jobs(&crowd.domain).await, 0, "no job is queued");
    // Connected followers are caught up in a batch, the others when they open their inbox.
    crowd
        .domain
        .notifications
        .catch_up(&crowd.followers[..300])
        .await
        .expect("caught up");
    crowd
        .domain
        .notifications
        .catch_up(&crowd.followers[..10])
        .await
        .expect("caught up");
    for work in [first, second] {
        assert!(crowd.told(work).await.values().all(|count| *count == 1));
    }
    let page = crowd
        .domain
        .notifications
        .page(&actor(crowd.followers[599]), Filter::All, None, 10)
        .await
        .expect("a page");
    assert_eq!(
        page.items
            .iter()
            .map(|item| item.artwork.id)
            .collect::<Vec<_>>(),
        [second, first],
        "in order"
    );
    let late = person(&crowd.domain, "late").await;
    crowd
        .domain
        .follows
        .set(&late, "bo", true)
        .await
        .expect("follows");
    let page = crowd
        .domain
        .notifications
        .page(&late, Filter::All, None, 10)
        .await
        .expect("a page");
    assert!(
        page.items.is_empty(),
        "a new follower is not notified of earlier works"
    );
    let quiet = timeout(Duration::from_millis(1), live.next()).await;
    assert!(!matches!(
        quiet,
        Ok(Some(Delivery::Own(Message::JobsWaiting)))
    ));
}

#[tokio::test]
async fn deleting_a_work_retracts_its_notifications_delivered_or_pending() {
    for lazy_from in [10_000, 1_000] {
        let crowd = Crowd::of(1_100, lazy_from).await;
        let work = crowd.post().await;
        crowd.run_jobs().await;
        crowd
            .domain
            .notifications
            .catch_up(&crowd.followers[..700])
            .await
            .expect("caught up");
        crowd
            .domain
            .artworks
            .delete(&crowd.artist, work)
            .await
            .expect("deletes");
        crowd.run_jobs().await;
        assert!(crowd.told(work).await.values().all(|count| *count == 0));
        let counts = crowd
            .domain
            .notifications
            .counts(crowd.followers[0])
            .await
            .expect("counts");
        assert_eq!((counts.unread, counts.unseen, counts.cursor.seq), (0, 0, 2));
    }
}

/// PostgreSQL draws ids before the commit: a lower id must not become visible after a higher one,
/// since a catch-up marks everything up to the newest as delivered.
#[tokio::test(flavor = "multi_thread")]
async fn overlapping_lazy_broadcasts_are_all_delivered() {
    let crowd = Crowd::of(60, 55).await;
    let (domain, artist) = (&crowd.domain, &crowd.artist);
    if domain.store.readers().get_database_backend() == DbBackend::Sqlite {
        // There is one writer: nothing overlaps.
        return;
    }
    let words = Words::parse("Dawn", "").expect("valid");
    let mut slow = domain.store.begin().await.expect("begins");
    let row = Artworks::insert(&slow, artist.id, &words, &picture(), now())
        .await
        .expect("inserts");
    let posted = domain
        .notifications
        .artwork_posted(&mut slow, &row, artist)
        .await;
    posted.expect("writes the broadcast");

    let (fast, ()) = tokio::join!(crowd.post(), async {
        sleep(Duration::from_millis(300)).await;
        let caught_up = domain.notifications.catch_up(&crowd.followers).await;
        caught_up.expect("catches up meanwhile");
        slow.commit().await.expect("commits");
    });
    let caught_up = domain.notifications.catch_up(&crowd.followers).await;
    caught_up.expect("catches up");
    for work in [ArtworkId(row.id), fast] {
        assert!(
            crowd.told(work).await.values().all(|count| *count == 1),
            "{work}"
        );
    }
}
