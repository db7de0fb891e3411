//! A site of one or more nodes that share a database.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::{
    Domain, SiteId, Store,
    accounts::{NewAccount, Passwords},
    artworks::{
        Artworks, Words,
        media::{Media, Stored},
    },
    bus::{Bus, MemoryBus},
    channels::mail::{MailSettings, Mailer, SEND_TIMEOUT},
    clock::now,
    critiques::{ListCursor, Start},
    notifications::LAZY_FROM,
    policy::{Actor, Role},
    store::{self, Identity},
};
use migration::Schema;
use sea_orm::ConnectionTrait;
use shared::{
    ArtworkId, UserId,
    dto::{Critique, CritiqueSort, Viewer},
};
use testing::Database;
use tokio::{task::JoinSet, time::sleep};

/// Migrates a database; returns the id of its site.
pub async fn migrated(url: &str) -> SiteId {
    let connection = store::lone_connection(url).await.expect("connects");
    Schema::current()
        .upgrade(&connection)
        .await
        .expect("migrates");
    let identity = Identity::read(&connection).await.expect("an identity");
    connection.close().await.expect("closes");
    identity.site
}

/// A node on this database, which it migrates first.
pub async fn node(database: &Database, bus: &Arc<dyn Bus>, lazy_from: i64) -> Domain {
    node_at(database.url(), bus, lazy_from).await
}

/// As [`node`], at the database's URL or that of a proxy to it.
pub async fn node_at(url: &str, bus: &Arc<dyn Bus>, lazy_from: i64) -> Domain {
    node_with_mail(url, bus, lazy_from, mail()).await
}

/// Mails that go to a folder.
pub fn mail() -> MailSettings {
    MailSettings {
        relay: None,
        folder: std::env::temp_dir().join("artcritique-no-mails"),
        from: None,
        origin: "https://art.example".into(),
        timeout: SEND_TIMEOUT,
    }
}

/// As [`node_at`], with these settings of mail.
pub async fn node_with_mail(
    url: &str,
    bus: &Arc<dyn Bus>,
    lazy_from: i64,
    mail: MailSettings,
) -> Domain {
    migrated(url).await;
    let pools = store::connect(url).await.expect("connects");
    let store = Store::new(pools, bus.clone()).await.expect("a store");
    let media =
        Media::folder(&std::env::temp_dir().join("artcritique-no-pictures")).expect("a folder");
    Domain::new(
        store,
        media,
        bus,
        Passwords::cheap().expect("cheap"),
        Mailer::new(mail),
        lazy_from,
    )
}

/// A site of one node, with its bus and database.
pub async fn alone() -> (Domain, Arc<dyn Bus>, Database) {
    let (database, bus) = (Database::new(), MemoryBus::shared());
    (node(&database, &bus, LAZY_FROM).await, bus, database)
}

/// Registers an account; returns the actor of its browser.
pub async fn person(domain: &Domain, handle: &str) -> Actor {
    let new = NewAccount::parse(
        handle,
        handle,
        &format!("{handle}@example.org"),
        "correct horse",
    )
    .expect("sound");
    domain
        .accounts
        .register(new, None)
        .await
        .expect("registers")
        .actor()
}

/// The actor of a person's browser, where the person's name does not matter.
pub fn actor(id: UserId) -> Actor {
    let viewer = Viewer {
        id,
        handle: String::new(),
        display_name: String::new(),
    };
    Actor::of_session(viewer, Role::Member)
}

/// Inserts a work by this artist without notifying followers.
pub async fn work(domain: &Domain, artist: &Actor) -> ArtworkId {
    let txn = domain.store.begin().await.expect("begins");
    let row = Artworks::insert(
        &txn,
        artist.id,
        &Words::parse("Dusk", "").expect("sound"),
        &picture(),
        now(),
    )
    .await
    .expect("inserts");
    txn.commit().await.expect("commits");
    ArtworkId(row.id)
}

/// All critiques of a work, newest first.
pub async fn critiques(domain: &Domain, on: ArtworkId) -> Vec<Critique> {
    let (mut all, mut start) = (Vec::new(), Start::First);
    loop {
        let page = domain
            .critiques
            .page(None, on, CritiqueSort::Newest, start, 100)
            .await
            .expect("a page");
        all.extend(page.items);
        let Some(next) = page.next else { return all };
        start = Start::After(ListCursor::parse(CritiqueSort::Newest, &next).expect("a place"));
    }
}

/// A picture record without stored files.
pub fn picture() -> Stored {
    Stored {
        key: "0".repeat(32),
        ext: "jpg".into(),
        files: vec!["16.jpg".into()],
        width: 16,
        height: 16,
        placeholder: String::new(),
    }
}

/// The jobs in the queue that notify many followers, or retract or update many notifications.
pub async fn fan_out_jobs(domain: &Domain) -> i64 {
    let figures = domain.jobs.figures().await.expect("figures");
    figures
        .iter()
        .filter(|kind| matches!(kind.kind.as_str(), "broadcast" | "withdrawal" | "rewording"))
        .map(|kind| kind.waiting + kind.running + kind.dead)
        .sum()
}

/// Runs the queue until no such job is left.
pub async fn finish_fan_out(domain: &Domain) {
    let runner = domain.jobs.start();
    let begun = Instant::now();
    while fan_out_jobs(domain).await > 0 {
        assert!(begun.elapsed() < Duration::from_secs(40), "it does not end");
        sleep(Duration::from_millis(5)).await;
    }
    runner.stop().await;
}

/// Runs the queue on these nodes, each in two processes that are killed partway through their work,
/// again and again. Their leases have then expired.
pub async fn kill_runners(nodes: &[Domain], rounds: u64) {
    let free = "UPDATE job SET lease = NULL, lease_until = NULL, tries = 0, run_at = 0 \
        WHERE kind IN ('broadcast', 'withdrawal', 'rewording')";
    let mut killed = JoinSet::new();
    for (process, domain) in (0..).zip(nodes.iter().cycle().take(2 * nodes.len()).cloned()) {
        killed.spawn(async move {
            for round in 0..rounds {
                let runner = domain.jobs.start();
                sleep(Duration::from_millis(15 + 11 * ((process + round) % 5))).await;
                drop(runner);
                run(&domain, free).await;
            }
        });
    }
    killed.join_all().await;
    run(&nodes[0], free).await;
}

/// Runs an SQL statement.
pub async fn run(domain: &Domain, statement: &str) {
    let txn = domain.store.begin().await.expect("begins");
    txn.db()
        .execute_unprepared(statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
    txn.commit().await.expect("commits");
}
