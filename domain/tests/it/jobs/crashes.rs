//! Runs that are killed, hang, or lose their lease.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use domain::clock::now;
use rand::{Rng, SeedableRng, rngs::StdRng};
use tokio::{sync::Notify, time::timeout};

use super::*;

/// Where a run stops until it is killed.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    BeforeTheEffect,
    BeforeTheCompletion,
    BeforeTheCommit,
    AfterTheCommit,
}

/// A handler whose first run stops at a point, and tells so.
struct Stopping {
    at: Point,
    stopped: AtomicBool,
    told: Notify,
    go_on: Notify,
}

impl Stopping {
    fn at(at: Point) -> Arc<Self> {
        Arc::new(Self {
            at,
            stopped: AtomicBool::new(false),
            told: Notify::new(),
            go_on: Notify::new(),
        })
    }

    async fn pass(&self, point: Point) {
        if self.at == point && !self.stopped.swap(true, Ordering::AcqRel) {
            self.told.notify_one();
            self.go_on.notified().await;
        }
    }

    fn handlers(self: &Arc<Self>, store: &Store) -> Handlers {
        let (stopping, store) = (self.clone(), store.clone());
        Handlers::default().on(move |job: Note, run| {
            let (stopping, store) = (stopping.clone(), store.clone());
            async move {
                stopping.pass(Point::BeforeTheEffect).await;
                let mut txn = store.begin().await?;
                record(&txn, job.n).await?;
                stopping.pass(Point::BeforeTheCompletion).await;
                run.complete_in(&mut txn).await?;
                stopping.pass(Point::BeforeTheCommit).await;
                txn.commit().await?;
                stopping.pass(Point::AfterTheCommit).await;
                Ok(Outcome::Done)
            }
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_at_any_point_takes_effect_once_on_another_node() {
    for point in [
        Point::BeforeTheEffect,
        Point::BeforeTheCompletion,
        Point::BeforeTheCommit,
        Point::AfterTheCommit,
    ] {
        let site = Site::of(2).await;
        let stopping = Stopping::at(point);
        let here = site
            .jobs(0, stopping.handlers(&site.nodes[0].store))
            .start();
        site.enqueue(&[Note { n: 1 }]).await;
        stopping.told.notified().await;
        drop(here);
        let _there = site.jobs(1, noting(&site.nodes[1].store)).start();
        site.until_empty("note").await;
        assert_eq!(site.effects().await, once([1]), "{point:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_jobs_take_effect_once_on_three_nodes_that_are_killed_all_the_time() {
    let site = Arc::new(Site::of(3).await);
    let jobs: Vec<Note> = (0..150).map(|n| Note { n }).collect();
    site.enqueue(&jobs).await;
    let mut nodes = tokio::task::JoinSet::new();
    for node in 0..3 {
        let site = site.clone();
        nodes.spawn(async move {
            let mut dice = StdRng::seed_from_u64(node);
            let node = usize::try_from(node).expect("small");
            for _ in 0..12 {
                let runner = site.jobs(node, noting(&site.nodes[node].store)).start();
                sleep(Duration::from_millis(dice.random_range(2..80))).await;
                drop(runner);
            }
        });
    }
    nodes.join_all().await;
    let _last = site.jobs(0, noting(&site.store())).start();
    site.until_empty("note").await;
    assert_eq!(site.effects().await, once(0..150));
}

/// The owner of an expired lease goes on, unaware, while another node does the job.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_of_the_lease_can_complete_a_job() {
    let site = Site::of(2).await;
    let stopping = Stopping::at(Point::BeforeTheEffect);
    let unaware = Pace {
        lease: Duration::from_hours(1),
        heartbeat: Duration::from_hours(1),
        ..PACE
    };
    let here = site.jobs_at(0, stopping.handlers(&site.nodes[0].store), unaware);
    let _here = here.start();
    site.enqueue(&[Note { n: 1 }]).await;
    stopping.told.notified().await;
    site.run("UPDATE job SET lease_until = 0").await;
    let there = site.jobs(1, noting(&site.nodes[1].store)).start();
    site.until_empty("note").await;
    there.stop().await;
    stopping.go_on.notify_one();
    // The late run fails: its try is not recorded, and its effect is rolled back.
    sleep(Duration::from_millis(200)).await;
    assert_eq!(site.effects().await, once([1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn heartbeats_keep_the_lease_of_a_long_run() {
    let site = Site::of(2).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let slow = |store: &Store| {
        let (runs, store) = (runs.clone(), store.clone());
        Handlers::default().on(move |job: Note, run| {
            let (runs, store) = (runs.clone(), store.clone());
            async move {
                runs.fetch_add(1, Ordering::Relaxed);
                sleep(PACE.lease * 2).await;
                note(&store, job.n, &run).await
            }
        })
    };
    let _nodes = [0, 1].map(|node| site.jobs(node, slow(&site.nodes[node].store)).start());
    site.enqueue(&[Note { n: 1 }]).await;
    site.until_empty("note").await;
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(site.effects().await, once([1]));
}

/// A run that blocks its thread can't be cut off; its heartbeats end, and another node takes over.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_blocks_its_thread_is_taken_over() {
    #[derive(Serialize, Deserialize)]
    struct Blocking {}
    impl Job for Blocking {
        const KIND: &'static str = "blocking";
        const TIME_LIMIT: Duration = Duration::from_millis(200);
    }
    let site = Site::of(2).await;
    let runs = Arc::new(AtomicUsize::new(0));
    let handlers = |store: &Store| {
        let (runs, store) = (runs.clone(), store.clone());
        Handlers::default().on(move |_: Blocking, run| {
            let (runs, store) = (runs.clone(), store.clone());
            async move {
                if runs.fetch_add(1, Ordering::Relaxed) == 0 {
                    std::thread::sleep(PACE.lease * 3);
                }
                note(&store, 1, &run).await
            }
        })
    };
    let _nodes = [0, 1].map(|node| site.jobs(node, handlers(&site.nodes[node].store)).start());
    site.enqueue(&[Blocking {}]).await;
    site.until_empty("blocking").await;
    assert_eq!(site.effects().await, once([1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_waits_for_quick_runs_and_releases_the_others_at_once() {
    let site = Site::of(2).await;
    let (begun, store) = (Arc::new(AtomicUsize::new(0)), site.store());
    let counted = begun.clone();
    let here = Handlers::default().on(move |job: Note, run| {
        let (begun, store) = (counted.clone(), store.clone());
        async move {
            begun.fetch_add(1, Ordering::Relaxed);
            if job.n == 1 {
                std::future::pending::<()>().await;
            }
            run.cancelled().await;
            note(&store, job.n, &run).await
        }
    });
    let here = site.jobs(0, here).start();
    site.enqueue(&[Note { n: 1 }, Note { n: 2 }]).await;
    while begun.load(Ordering::Relaxed) < 2 {
        sleep(Duration::from_millis(5)).await;
    }
    here.stop().await;
    assert_eq!(site.effects().await, once([2]));
    assert_eq!(
        site.pairs("SELECT tries, COUNT(*) FROM job WHERE lease IS NULL GROUP BY tries")
            .await,
        [(0, 1)],
        "released without counting the try"
    );
    // Long leases: the other node does not wait for one to expire.
    let pace = Pace {
        lease: Duration::from_hours(1),
        ..PACE
    };
    let _there = site.jobs_at(1, noting(&site.nodes[1].store), pace).start();
    site.until_empty("note").await;
    assert_eq!(site.effects().await, once([1, 2]));
}

/// Counts to a number; each step is an effect, stored with the checkpoint.
#[derive(Serialize, Deserialize)]
struct Count {
    done: i64,
    to: i64,
}

impl Job for Count {
    const KIND: &'static str = "count";
    const MAX_TRIES: u32 = 2;
}

fn counting(store: &Store) -> Handlers {
    let store = store.clone();
    Handlers::default().on(move |mut job: Count, run| {
        let store = store.clone();
        async move {
            while job.done < job.to && !run.is_cancelled() {
                let txn = store.begin().await?;
                record(&txn, job.done).await?;
                job.done += 1;
                run.checkpoint_in(&txn, &job).await?;
                txn.commit().await?;
                if job.done % 10 == 0 {
                    return Ok(Outcome::Again { run_at: now() });
                }
            }
            Ok(Outcome::Done)
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_job_goes_on_at_its_checkpoint_and_repeats_no_step() {
    let site = Site::of(2).await;
    let to = 400;
    site.enqueue(&[Count { done: 0, to }]).await;
    let mut dice = StdRng::seed_from_u64(3);
    // Longer than the tries of a job without progress.
    for round in 0..6 {
        let node = round % 2;
        let before = site.effects().await.len();
        let runner = site.jobs(node, counting(&site.nodes[node].store)).start();
        // Progress restores the tries.
        while site.effects().await.len() == before && before < 400 {
            sleep(Duration::from_millis(1)).await;
        }
        sleep(Duration::from_millis(dice.random_range(0..40))).await;
        drop(runner);
        site.run("UPDATE job SET lease_until = 0 WHERE lease IS NOT NULL")
            .await;
    }
    let _last = site.jobs(0, counting(&site.store())).start();
    site.until_empty("count").await;
    assert_eq!(site.effects().await, once(0..to));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rolled_back_event_enqueues_nothing() {
    let site = Site::of(1).await;
    let mut txn = site.store().begin().await.expect("begins");
    Jobs::enqueue(&mut txn, &Note { n: 1 })
        .await
        .expect("enqueues");
    drop(txn);
    let _runner = site.jobs(0, noting(&site.store())).start();
    site.enqueue(&[Note { n: 2 }]).await;
    site.until_empty("note").await;
    assert_eq!(site.effects().await, once([2]));
}

/// Jobs run right after the commit, though the next poll is an hour away.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_runner() {
    let site = Site::of(1).await;
    let pace = Pace {
        poll: Duration::from_hours(1),
        ..PACE
    };
    let jobs = site.jobs_at(0, noting(&site.store()), pace);
    let _runner = jobs.start();
    sleep(Duration::from_millis(100)).await;
    site.enqueue(&[Note { n: 1 }]).await;
    // What the hub does with the message.
    jobs.wake();
    let done = timeout(Duration::from_secs(10), site.until_empty("note"));
    done.await.expect("it runs");
}
