//! PostgreSQL behind a link that dies without a word: what was under way fails in time, and the
//! pool is soon whole again.

use std::time::{Duration, Instant};

use domain::{
    Domain,
    live::MemoryBus,
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

/// How long a pool may take to be whole again.
const BOUND: Duration = Duration::from_secs(15);
const POOL: usize = 16;

/// A node whose link to its database can fail.
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

/// As many queries at once as there are connections, each a good while.
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

/// Waits until every connection can be used at the same time.
async fn whole(pool: &Pool, begun: Instant) -> Duration {
    loop {
        // Not to be done with fewer connections in that time.
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
async fn a_pool_recovers_from_links_that_died_without_a_word_again_and_again() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let pool = domain.store.readers();
    whole(pool, Instant::now()).await;
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
        // Some callers wait for their answer, others have long gone.
        if round == 2 {
            reading.abort_all();
        }
        drop(writing);
        let took = whole(pool, begun).await;
        println!("round {round}: whole again after {took:?}");
        while reading.join_next().await.is_some() {}
        assert!(
            begun.elapsed() < BOUND,
            "nobody waits for a dead link any longer than that"
        );
        let Some(Figures { max, open, .. }) = pool.figures() else {
            panic!("figures of PostgreSQL")
        };
        assert!(open <= max && max == 16, "{:?}", pool.figures());
    }
}

/// Connections that lie idle when the link dies cost whoever comes next a second, and no refusal.
#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_that_died_without_a_word_are_replaced_as_they_are_taken() {
    let (domain, proxy, _database, _server) = behind_a_proxy().await;
    let pool = domain.store.readers();
    whole(pool, Instant::now()).await;
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
async fn queries_that_nobody_waits_for_any_more_hold_no_place() {
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
    assert!(whole(pool, Instant::now()).await < Duration::from_secs(4));
}

/// A transaction that was under way when the link died keeps its locks on the server no longer than
/// a few seconds.
#[tokio::test(flavor = "multi_thread")]
async fn the_locks_of_a_transaction_on_a_dead_link_are_let_go() {
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
