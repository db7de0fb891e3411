//! The history of the demo data is consistent: nothing happens before its cause.

use std::collections::HashSet;

use domain::{
    Domain, Store,
    accounts::Passwords,
    artworks::Media,
    bus::MemoryBus,
    channels::mail::{MailSettings, Mailer, SEND_TIMEOUT},
    notifications::{Filter, LAZY_FROM},
    policy::{Actor, Role},
    store,
};
use migration::Schema;
use sea_orm::{ConnectionTrait, Statement};
use shared::{UserId, dto::Viewer};
use testing::Database;

/// A site on an empty database.
async fn site(database: &Database) -> Domain {
    let connection = store::lone_connection(database.url())
        .await
        .expect("connects");
    Schema::current()
        .upgrade(&connection)
        .await
        .expect("migrates");
    connection.close().await.expect("closes");
    let bus = MemoryBus::shared();
    let pools = store::connect(database.url()).await.expect("connects");
    let store = Store::new(pools, bus.clone()).await.expect("a store");
    let media =
        Media::folder(&std::env::temp_dir().join("artcritique-no-pictures")).expect("a folder");
    let passwords = Passwords::cheap().expect("cheap");
    // The demo data sends no mails.
    let mailer = Mailer::new(MailSettings {
        relay: None,
        folder: std::env::temp_dir().join("artcritique-no-mails"),
        from: None,
        origin: "https://art.example".into(),
        timeout: SEND_TIMEOUT,
    });
    Domain::new(store, media, &bus, passwords, mailer, LAZY_FROM)
}

#[tokio::test(flavor = "multi_thread")]
async fn demo_events_never_precede_their_causes() {
    let database = Database::new();
    let domain = site(&database).await;
    let said = demo::plant(&domain, 6, 2, 24, |_| ())
        .await
        .expect("plants");
    assert!(said.contains("2 works, 24 critiques"), "{said}");

    for card in domain
        .artworks
        .page(None, None, 10)
        .await
        .expect("the works")
        .items
    {
        let mut work = domain.artworks.show(None, card.id).await.expect("the work");
        work.critiques.sort_by_key(|critique| critique.id);
        let artist = domain
            .artworks
            .profile(None, &work.artist.handle, None, 10)
            .await
            .expect("the artist");
        assert!(artist.joined_at < work.created_at);
        let words: HashSet<_> = work
            .critiques
            .iter()
            .map(|critique| &critique.body)
            .collect();
        assert_eq!(
            words.len(),
            work.critiques.len(),
            "no two critiques of a work have the same text"
        );
        assert!(
            !work.critiques.is_empty()
                && work
                    .critiques
                    .is_sorted_by_key(|critique| &critique.created_at)
        );
        assert!(
            work.critiques
                .iter()
                .all(|critique| critique.created_at > work.created_at)
        );

        let artist = domain
            .accounts
            .find(&work.artist.handle)
            .await
            .expect("the artist");
        let artist = Actor::of_session(
            Viewer {
                id: UserId(artist.id),
                handle: artist.handle,
                display_name: artist.display_name,
            },
            Role::Member,
        );
        let inbox = domain
            .notifications
            .page(&artist, Filter::All, None, 100)
            .await
            .expect("an inbox")
            .items;
        assert!(
            inbox.is_sorted_by(|newer, older| newer.created_at >= older.created_at),
            "notifications are dated like their events"
        );
        let told = |critique: &shared::dto::Critique| {
            inbox
                .iter()
                .any(|item| item.created_at == critique.created_at)
        };
        assert!(work.critiques.iter().all(told));
    }

    let undated = "SELECT COUNT(*) FROM event LEFT JOIN notification ON event_id = event.id WHERE notification.created_at <> event.created_at";
    let events = "SELECT COUNT(*) FROM event WHERE kind <> 'helpful'";
    for (query, expected) in [(undated, 0), (events, 2 + 24)] {
        let db = domain.store.readers();
        let row = db
            .query_one_raw(Statement::from_string(db.get_database_backend(), query))
            .await
            .expect("counts");
        let count: i64 = row.expect("a row").try_get_by_index(0).expect("a number");
        assert_eq!(count, expected, "{query}");
    }
}
