//! The job queue: every job takes effect as promised, whatever is killed meanwhile, and no job
//! delays the others.

mod admin;
mod crashes;
mod failures;
mod fan_out;
mod keys;
mod schedules;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use domain::{
    Domain, Result, Store,
    bus::MemoryBus,
    jobs::{Handlers, Job, Jobs, KindFigures, Outcome, Pace, Run},
    notifications::LAZY_FROM,
    upkeep::Upkeep,
};
use sea_orm::{ConnectionTrait, Statement};
use serde::{Deserialize, Serialize};
use testing::Database;
use tokio::time::sleep;

use crate::nodes::node;

/// Fast enough for a test, with leases that outlast a busy machine's pauses.
const PACE: Pace = Pace {
    lease: Duration::from_millis(1_500),
    heartbeat: Duration::from_millis(200),
    poll: Duration::from_millis(40),
    round: Duration::from_millis(2),
    grace: Duration::from_millis(300),
    missed: Duration::from_millis(30),
    backoff: |_, jitter| Duration::from_millis(20).mul_f64(jitter),
};

/// A job that records its number as its effect.
#[derive(Clone, Serialize, Deserialize)]
struct Note {
    n: i64,
}

impl Job for Note {
    const KIND: &'static str = "note";
    // Killed runs count as tries.
    const MAX_TRIES: u32 = 1_000;
}

/// Nodes over one database, which records effects.
struct Site {
    database: Database,
    nodes: Vec<Domain>,
}

impl Site {
    async fn of(nodes: usize) -> Self {
        let database = Database::new();
        let mut site = Self {
            database,
            nodes: Vec::new(),
        };
        for _ in 0..nodes {
            let domain = node(&site.database, &MemoryBus::shared(), LAZY_FROM).await;
            site.nodes.push(domain);
        }
        // Without a key, so that an effect that happens twice shows.
        site.run("CREATE TABLE effect (n bigint NOT NULL)").await;
        site
    }

    fn store(&self) -> Store {
        self.nodes[0].store.clone()
    }

    /// The queue of a node with these handlers.
    fn jobs(&self, node: usize, handlers: Handlers) -> Jobs {
        self.jobs_at(node, handlers, PACE)
    }

    fn jobs_at(&self, node: usize, handlers: Handlers, pace: Pace) -> Jobs {
        Jobs::new(
            self.nodes[node].store.clone(),
            handlers,
            pace,
            &Upkeep::default(),
        )
    }

    async fn run(&self, statement: &str) {
        let txn = self.store().begin().await.expect("begins");
        txn.db()
            .execute_unprepared(statement)
            .await
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
        txn.commit().await.expect("commits");
    }

    async fn enqueue<J: Job>(&self, jobs: &[J]) {
        let mut txn = self.store().begin().await.expect("begins");
        for job in jobs {
            Jobs::enqueue(&mut txn, job).await.expect("enqueues");
        }
        txn.commit().await.expect("commits");
    }

    /// Rows of two numbers.
    async fn pairs(&self, query: &str) -> Vec<(i64, i64)> {
        let store = self.store();
        let db = store.readers();
        let rows = db
            .query_all_raw(Statement::from_string(db.get_database_backend(), query))
            .await
            .unwrap_or_else(|error| panic!("{query}: {error}"));
        rows.iter()
            .map(|row| row.try_get_many_by_index().expect("two numbers"))
            .collect()
    }

    /// How often each effect has happened.
    async fn effects(&self) -> BTreeMap<i64, i64> {
        self.pairs("SELECT n, COUNT(*) FROM effect GROUP BY n")
            .await
            .into_iter()
            .collect()
    }

    async fn figures(&self) -> BTreeMap<String, KindFigures> {
        let figures = domain::jobs::figures(&self.store()).await.expect("figures");
        figures
            .into_iter()
            .map(|figures| (figures.kind.clone(), figures))
            .collect()
    }

    /// Waits until the kind's jobs satisfy a condition; a kind without jobs counts as zeros.
    async fn until(&self, kind: &str, condition: impl Fn(&KindFigures) -> bool) {
        let begun = Instant::now();
        loop {
            let mut figures = self.figures().await;
            let figures = figures.remove(kind).unwrap_or(KindFigures {
                kind: kind.into(),
                waiting: 0,
                running: 0,
                dead: 0,
                next_due: None,
            });
            if condition(&figures) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(40), "{figures:?}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until no job of the kind is left.
    async fn until_empty(&self, kind: &str) {
        self.until(kind, |figures| {
            figures.waiting + figures.running + figures.dead == 0
        })
        .await;
    }
}

/// Records an effect and completes the job in the same transaction.
async fn note(store: &Store, n: i64, run: &Run) -> Result<Outcome> {
    let mut txn = store.begin().await?;
    record(&txn, n).await?;
    run.complete_in(&mut txn).await?;
    txn.commit().await?;
    Ok(Outcome::Done)
}

async fn record(txn: &domain::store::Txn, n: i64) -> Result<()> {
    txn.db()
        .execute_unprepared(&format!("INSERT INTO effect (n) VALUES ({n})"))
        .await?;
    Ok(())
}

/// Records an effect in a transaction of its own.
async fn record_alone(store: &Store, n: i64) -> Result<Outcome> {
    let txn = store.begin().await?;
    record(&txn, n).await?;
    txn.commit().await?;
    Ok(Outcome::Done)
}

/// Handlers that record the number of a [`Note`] together with its completion.
fn noting(store: &Store) -> Handlers {
    let store = store.clone();
    Handlers::default().on(move |job: Note, run| {
        let store = store.clone();
        async move { note(&store, job.n, &run).await }
    })
}

/// Each of these numbers, once.
fn once(numbers: impl IntoIterator<Item = i64>) -> BTreeMap<i64, i64> {
    numbers.into_iter().map(|n| (n, 1)).collect()
}
