//! The sweep finds changes that no message announced, within seconds, whatever the bus, the
//! database and other sockets do.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use domain::{
    Domain, Result,
    bus::{Bus, Inlet, Outlet, Relay, Transport},
    hub::{InboxRegistration, Tail},
    notifications::LAZY_FROM,
    policy::Actor,
};
use sea_orm::{ConnectionTrait, TransactionTrait};
use shared::{ArtworkId, text::CritiqueBody};
use testing::{Database, Postgres, Proxy};
use tokio::time::{sleep, timeout};

use crate::{
    buses::{registration, registration_of, sign_in},
    nodes::{migrated, node, node_at, person, work},
};

/// A transport that always fails to connect.
struct BrokenTransport;

#[async_trait]
impl Transport for BrokenTransport {
    async fn connect(&self) -> Result<(Box<dyn Outlet>, Box<dyn Inlet>)> {
        Err(domain::Error::internal("there is no bus"))
    }

    fn kind(&self) -> &'static str {
        "none"
    }
}

async fn broken_buses(database: &Database) -> [Arc<dyn Bus>; 2] {
    let site = migrated(database.url()).await;
    [
        Relay::start(BrokenTransport, &site),
        Relay::start(BrokenTransport, &site),
    ]
}

async fn critique(domain: &Domain, critic: &Actor, on: ArtworkId) {
    let words = CritiqueBody::parse("Mind the edges.").expect("sound");
    domain
        .critiques
        .post(critic, on, &words, None)
        .await
        .expect("posts");
}

/// Waits until this socket knows of the change; returns the time taken.
async fn hears(registration: &InboxRegistration, through: u64, bound: Duration) -> Duration {
    let begun = Instant::now();
    while registration.head() < through || matches!(registration.after(through - 1), Tail::Nothing)
    {
        assert!(
            begun.elapsed() < bound,
            "change {through} does not arrive within {bound:?}"
        );
        let _ = timeout(Duration::from_millis(50), registration.woken()).await;
    }
    begun.elapsed()
}

/// With the bus down, all connections silently die just as the sweep runs its query.
#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_never_returns_does_not_stop_the_sweep() {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let proxy = Proxy::to(server.port()).await;
    let through = database.url().replace(
        &format!(":{}/", server.port()),
        &format!(":{}/", proxy.port()),
    );
    let buses = broken_buses(&database).await;
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
        // Long enough for a sweep to have started.
        sleep(Duration::from_millis(1_800)).await;
        proxy.strand();
        lock.rollback().await.expect("unlocks");
        critique(&here, &critic, on).await;
        let took = hears(&registration, round, Duration::from_secs(8)).await;
        println!("heard after {took:?}");
    }
    assert!(!there.hub.sweep_is_late());
}

/// A sweep that keeps failing is reported as late.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_fails_for_long_is_late_and_recovers() {
    let (domain, proxy, _database, _server) = crate::silence::behind_a_proxy().await;
    let _tasks = domain.hub.start();
    let artist = person(&domain, "bo").await;
    let registration = registration(&domain, &artist).await;
    assert!(!domain.hub.sweep_is_late() && !registration.unverified());
    proxy.cut();
    let begun = Instant::now();
    // The failure shows only once the next sweep is overdue.
    while !domain.hub.sweep_is_late() {
        assert!(
            begun.elapsed() < Duration::from_secs(45),
            "it is never late"
        );
        sleep(Duration::from_millis(100)).await;
    }
    assert!(
        registration.unverified(),
        "heartbeats say that the head is unverified"
    );
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

/// A resuming tab reads from the database; the person's other sockets learn of the change from that
/// read, even if no message ever arrives.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_one_socket_reads_from_the_database_wakes_the_others() {
    let database = Database::new();
    let buses = broken_buses(&database).await;
    let (here, there) = (
        node(&database, &buses[0], LAZY_FROM).await,
        node(&database, &buses[1], LAZY_FROM).await,
    );
    let (artist, critic) = (person(&here, "bo").await, person(&here, "ann").await);
    let on = work(&here, &artist).await;
    // Background tasks are not running: only the resuming tab reads the database.
    let session = sign_in(&there, &artist).await;
    let (stays, comes) = (
        registration_of(&there, &artist, &session),
        registration_of(&there, &artist, &session),
    );
    for way in 1..4_u64 {
        critique(&here, &critic, on).await;
        match way {
            1 => comes.learn_head(way),
            2 => comes.learn(domain::hub::InboxHead {
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
        "no socket is woken without a change"
    );
}
