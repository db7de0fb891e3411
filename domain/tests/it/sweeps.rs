//! What no message tells of is found all the same, and soon: whatever the bus, the database and
//! other sockets do.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    Domain, Result,
    live::{Bus, InboxRegistration, Inlet, Outlet, Relay, Tail, Transport},
    notifications::LAZY_FROM,
};
use sea_orm::{ConnectionTrait, TransactionTrait};
use shared::{ArtworkId, dto::Viewer, text::CritiqueBody};
use testing::{Database, Postgres, Proxy};
use tokio::time::{sleep, timeout};

use crate::{
    buses::{registration, registration_of, sign_in},
    nodes::{migrated, node, node_at, person, work},
};

/// A way to other nodes that is always broken.
struct NoWay;

#[async_trait]
impl Transport for NoWay {
    async fn connect(&self) -> Result<(Box<dyn Outlet>, Box<dyn Inlet>)> {
        Err(domain::Error::internal("there is no bus"))
    }

    fn kind(&self) -> &'static str {
        "none"
    }
}

async fn no_ways(database: &Database) -> [Arc<dyn Bus>; 2] {
    let site = migrated(database.url()).await;
    [Relay::start(NoWay, &site), Relay::start(NoWay, &site)]
}

async fn critique(domain: &Domain, critic: &Viewer, on: ArtworkId) {
    let words = CritiqueBody::parse("Mind the edges.").expect("sound");
    domain
        .critiques
        .post(critic, on, &words, None)
        .await
        .expect("posts");
}

/// Waits until this socket knows of the change.
async fn hears(registration: &InboxRegistration, through: u64, bound: Duration) -> Duration {
    let begun = Instant::now();
    while registration.head() < through || matches!(registration.after(through - 1), Tail::Nothing)
    {
        assert!(
            begun.elapsed() < bound,
            "nothing is heard of {through} within {bound:?}"
        );
        let _ = timeout(Duration::from_millis(50), registration.woken()).await;
    }
    begun.elapsed()
}

/// While the bus is down, and all connections die without a word just as the sweep asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_never_returns_does_not_stop_the_sweep() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let proxy = Proxy::to(server.port()).await;
    let through = database.url().replace(
        &format!(":{}/", server.port()),
        &format!(":{}/", proxy.port()),
    );
    let buses = no_ways(&database).await;
    let here = node(&database, &buses[0], LAZY_FROM).await;
    let there = node_at(&through, &buses[1], LAZY_FROM).await;
    let _tasks = there.hub.start();
    let (artist, critic) = (person(&here, "bo").await, person(&here, "ann").await);
    let (on, registration) = (
        work(&here, &artist).await,
        registration(&there, &artist).await,
    );
    critique(&here, &critic, on).await;
    hears(&registration, 1, Duration::from_secs(4)).await;

    let direct = domain::store::connect(database.url())
        .await
        .expect("connects")
        .0;
    for round in 2..4 {
        let lock = direct.begin().await.expect("begins");
        lock.execute_unprepared("LOCK TABLE recipient IN ACCESS EXCLUSIVE MODE")
            .await
            .expect("locks");
        // Long enough for a sweep to have come to it.
        sleep(Duration::from_millis(1_800)).await;
        proxy.strand();
        lock.rollback().await.expect("unlocks");
        critique(&here, &critic, on).await;
        let took = hears(&registration, round, Duration::from_secs(8)).await;
        println!("heard after {took:?}");
    }
    assert!(!there.hub.sweep_is_late());
}

/// Where the sweep can't do its work for long, that is no secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_fails_for_long_is_late_and_recovers() {
    let (domain, proxy, _database, _server) = crate::silence::behind_a_proxy().await;
    let _tasks = domain.hub.start();
    let artist = person(&domain, "bo").await;
    let registration = registration(&domain, &artist).await;
    assert!(!domain.hub.sweep_is_late() && !registration.unverified());
    proxy.cut();
    let begun = Instant::now();
    // Nothing tells of the loss until the next sweep is due.
    while !domain.hub.sweep_is_late() {
        assert!(
            begun.elapsed() < Duration::from_secs(45),
            "it is never late"
        );
        sleep(Duration::from_millis(100)).await;
    }
    assert!(registration.unverified(), "and beats say so");
    assert!(
        domain
            .upkeep
            .tasks()
            .iter()
            .any(|task| task.name == "sweep" && task.late)
    );
    proxy.mend();
    let begun = Instant::now();
    while domain.hub.sweep_is_late() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it stays late");
        sleep(Duration::from_millis(100)).await;
    }
}

/// A tab that comes back reads from the database; the person's other sockets must not have to wait
/// for a message that may never come.
#[tokio::test(flavor = "multi_thread")]
async fn what_one_socket_learns_from_the_database_wakes_the_others() {
    let database = Database::new();
    let buses = no_ways(&database).await;
    let (here, there) = (
        node(&database, &buses[0], LAZY_FROM).await,
        node(&database, &buses[1], LAZY_FROM).await,
    );
    let (artist, critic) = (person(&here, "bo").await, person(&here, "ann").await);
    let on = work(&here, &artist).await;
    // Without its background tasks: only the tab that comes back asks the database.
    let session = sign_in(&there, &artist).await;
    let (stays, comes) = (
        registration_of(&there, &artist, &session),
        registration_of(&there, &artist, &session),
    );
    for way in 1..4_u64 {
        critique(&here, &critic, on).await;
        match way {
            1 => comes.learn_head(way),
            2 => comes.learn(domain::live::InboxHead {
                head: way,
                unseen: 2,
                unread: 2,
            }),
            _ => {
                drop(registration_of(&there, &artist, &session));
                comes.learn_head(way);
            }
        }
        timeout(Duration::from_millis(500), stays.woken())
            .await
            .expect("it is woken");
        assert_eq!(stays.head(), way);
        assert_eq!(stays.after(way - 1), Tail::Missing);
    }
    comes.learn_head(3);
    assert!(
        timeout(Duration::from_millis(50), stays.woken())
            .await
            .is_err(),
        "nothing new wakes nobody"
    );
}
