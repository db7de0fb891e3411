//! Row locks on PostgreSQL are taken in one order: a transaction that waits for a lock holds none
//! that comes later in the order. SQLite has one writer and no row locks.

use std::time::{Duration, Instant};

use domain::{Domain, artworks::WordsEdit, store::Txn};
use sea_orm::{ConnectionTrait, DbBackend};
use tokio::time::sleep;

use crate::{events::count, followers::Crowd, nodes::finish_fan_out};

/// Whether the site's database has row locks.
pub fn has_row_locks(domain: &Domain) -> bool {
    domain.store.readers().get_database_backend() == DbBackend::Postgres
}

/// Begins a transaction that runs this statement, which locks rows.
pub async fn locking(domain: &Domain, statement: &str) -> Txn {
    let txn = domain.store.begin().await.expect("begins");
    txn.db()
        .execute_unprepared(statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    txn
}

/// Waits until a transaction waits for a row lock.
pub async fn until_blocked(domain: &Domain) {
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity \
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let begun = Instant::now();
    while count(domain.store.readers(), waiting).await == 0 {
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing waits");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Locks rows with the statement `first`, runs `work` until it waits for them, and checks that it
/// holds no row that the statement `later` locks.
pub async fn assert_order(
    domain: &Domain,
    first: &str,
    later: &str,
    work: impl Future<Output = ()> + Send + 'static,
) {
    let txn = locking(domain, first).await;
    let working = tokio::spawn(work);
    until_blocked(domain).await;
    let free = txn.db().execute_unprepared(later).await;
    free.unwrap_or_else(|error| panic!("{later}: {error}"));
    drop(txn);
    working.await.expect("it ends");
}

#[tokio::test(flavor = "multi_thread")]
async fn fan_out_locks_the_artwork_first() {
    let crowd = Crowd::of(300, 1_000).await;
    let domain = crowd.domain.clone();
    if !has_row_locks(&domain) {
        return;
    }
    let work = crowd.post().await;
    let artwork = format!("SELECT id FROM artwork WHERE id = {work} FOR UPDATE");
    let finish = |domain: Domain| async move { finish_fan_out(&domain).await };

    let broadcast = format!("SELECT id FROM broadcast WHERE artwork_id = {work} FOR UPDATE NOWAIT");
    assert_order(&domain, &artwork, &broadcast, finish(domain.clone())).await;
    assert!(crowd.told(work).await.values().all(|count| *count == 1));

    let edit = WordsEdit::parse(Some("Dawn"), None).expect("sound");
    let edited = domain.artworks.edit(&crowd.artist, work, &edit, None).await;
    edited.expect("edits");
    let rewording =
        format!("SELECT artwork_id FROM rewording WHERE artwork_id = {work} FOR UPDATE NOWAIT");
    assert_order(&domain, &artwork, &rewording, finish(domain.clone())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_catch_up_locks_the_artworks_first() {
    let crowd = Crowd::of(60, 55).await;
    let domain = crowd.domain.clone();
    if !has_row_locks(&domain) {
        return;
    }
    let work = crowd.post().await;
    let artwork = format!("SELECT id FROM artwork WHERE id = {work} FOR UPDATE");
    let broadcast = format!("SELECT id FROM broadcast WHERE artwork_id = {work} FOR UPDATE NOWAIT");
    let (caught_up, followers) = (domain.clone(), crowd.followers.clone());
    let catch_up = async move {
        let caught_up = caught_up.notifications.catch_up(&followers).await;
        caught_up.expect("catches up");
    };
    assert_order(&domain, &artwork, &broadcast, catch_up).await;
    assert!(crowd.told(work).await.values().all(|count| *count == 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn works_that_are_deleted_while_a_catch_up_waits_are_not_announced() {
    let crowd = Crowd::of(60, 55).await;
    let domain = crowd.domain.clone();
    if !has_row_locks(&domain) {
        return;
    }
    let (work, kept) = (crowd.post().await, crowd.post().await);
    let delete = format!("DELETE FROM artwork WHERE id = {work}");
    let txn = locking(&domain, &delete).await;
    let (caught_up, followers) = (domain.clone(), crowd.followers.clone());
    let catch_up = tokio::spawn(async move { caught_up.notifications.catch_up(&followers).await });
    until_blocked(&domain).await;
    txn.commit().await.expect("commits");
    catch_up.await.expect("it ends").expect("catches up");
    assert!(crowd.told(work).await.values().all(|count| *count == 0));
    assert!(crowd.told(kept).await.values().all(|count| *count == 1));
}
