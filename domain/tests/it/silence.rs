//! PostgreSQL behind a link that silently stops passing packets: in-flight queries fail in time,
//! and the pool soon recovers.

use std::time::{Duration, Instant};

use domain::{
    Domain,
    bus::MemoryBus,
    notifications::LAZY_FROM,
    store::{Figures, Pool},
};
use sea_orm::{ConnectionTrait, DbErr};
use testing::{Database, Postgres, Proxy};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::nodes::{node, node_at};

/// Upper bound on the recovery of a pool.
const BOUND: Duration = Duration::from_secs(15);
const POOL: usize = 16;

/// A node that reaches its database through a proxy that can fail.
pub async fn behind_a_proxy() -> (Domain, Proxy, Database, Postgres) {
    let server = Postgres::start(false);
    let database = Database::of(&server).await;
    let proxy = Proxy::to(server.port()).await;
    let bus = MemoryBus::shared();
    drop(node(&database, &bus, LAZY_FROM).await);
    let through = database.url().replace(
        &format!(":{}/", server.port()),
        &format!(":{}/", proxy.port()),
    );
    (
        node_at(&through, &bus, LAZY_FROM).await,
        proxy,
        database,
        server,
    )
}

/// Runs as many concurrent queries as the pool has connections, each of this duration.
fn busy(pool: &Pool, seconds: f64) -> JoinSet<Result<(), DbErr>> {
    (0..POOL)
        .map(|_| {
            let pool = pool.clone();
            async move {
                pool.execute_unprepared(&format!("SELECT pg_sleep({seconds})"))
                    .await
                    .map(drop)
            }
        })
        .collect()
}

/// Waits until all connections are usable at the same time; returns the time since `begun`.
async fn wait_until_whole(pool: &Pool, begun: Instant) -> Duration {
    loop {
        // With fewer connections the queries would not fit into one second.
        let round = timeout(Duration::from_secs(1), busy(pool, 0.6).join_all()).await;
        if round.is_ok_and(|answers| answers.iter().all(Result::is_ok)) {
            return begun.elapsed();
        }
        assert!(
            begun.elapsed() < BOUND,
            "not whole after {BOUND:?}: {:?}",
            pool.figures()
        );
        sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_recovers_repeatedly_from_silently_dead_connections() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let pool = domain.store.readers();
    wait_until_whole(pool, Instant::now()).await;
    for round in 0..3 {
        let writing = if round == 1 {
            Some(domain.store.begin().await.expect("begins"))
        } else {
            None
        };
        let mut reading = busy(pool, 1.0);
        sleep(Duration::from_millis(200)).await;
        proxy.strand();
        let begun = Instant::now();
        // In one round the callers are cancelled, in the others they wait for their answer.
        if round == 2 {
            reading.abort_all();
        }
        drop(writing);
        let took = wait_until_whole(pool, begun).await;
        println!("round {round}: whole again after {took:?}");
        while reading.join_next().await.is_some() {}
        assert!(
            begun.elapsed() < BOUND,
            "no caller waits longer for a dead link"
        );
        let Some(Figures { max, open, .. }) = pool.figures() else {
            panic!("figures of PostgreSQL")
        };
        assert!(open <= max && max == 16, "{:?}", pool.figures());
    }
}

/// Idle connections on a dead link cost the next caller a second and no error.
#[tokio::test(flavor = "multi_thread")]
async fn silently_dead_idle_connections_are_replaced_when_acquired() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let pool = domain.store.readers();
    wait_until_whole(pool, Instant::now()).await;
    sleep(Duration::from_millis(1_100)).await;
    proxy.strand();
    let begun = Instant::now();
    for answer in busy(pool, 0.0).join_all().await {
        answer.expect("an answer");
    }
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelled_queries_release_their_connections() {
    let (domain, _proxy, _database, _server) = behind_a_proxy().await;
    let pool = domain.store.readers();
    let mut long = busy(pool, 7.0);
    sleep(Duration::from_millis(300)).await;
    assert!(
        timeout(Duration::from_millis(300), pool.ping())
            .await
            .is_err(),
        "every connection is taken"
    );
    long.abort_all();
    while long.join_next().await.is_some() {}
    assert!(wait_until_whole(pool, Instant::now()).await < Duration::from_secs(4));
}

/// The server releases the locks of a transaction within seconds of the death of its link.
#[tokio::test(flavor = "multi_thread")]
async fn the_locks_of_a_transaction_on_a_dead_link_are_released() {
    let (domain, proxy, database, _server) = behind_a_proxy().await;
    let stuck = domain.store.begin().await.expect("begins");
    stuck
        .db()
        .execute_unprepared("LOCK TABLE account IN ACCESS EXCLUSIVE MODE")
        .await
        .expect("locks");
    proxy.strand();
    let begun = Instant::now();
    drop(stuck);
    let direct = domain::store::connect(database.url())
        .await
        .expect("connects")
        .0;
    while direct
        .execute_unprepared(
            "LOCK TABLE account IN ACCESS SHARE MODE NOWAIT; SELECT count(*) FROM account",
        )
        .await
        .is_err()
    {
        assert!(begun.elapsed() < BOUND);
        sleep(Duration::from_millis(200)).await;
    }
}
