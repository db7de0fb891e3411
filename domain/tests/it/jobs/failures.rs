//! Jobs that fail, hang, panic or can't be decoded, beside jobs that do not.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use domain::jobs::{Filter, State};

use super::*;

macro_rules! kind {
    ($name:ident, $kind:literal $(, $constant:ident: $type:ty = $value:expr)*) => {
        #[derive(Clone, Serialize, Deserialize)]
        struct $name {
            n: i64,
        }
        impl Job for $name {
            const KIND: &'static str = $kind;
            $(const $constant: $type = $value;)*
        }
    };
}

kind!(Failing, "failing", MAX_TRIES: u32 = 3);
kind!(Panicking, "panicking", MAX_TRIES: u32 = 2);
kind!(Hanging, "hanging", MAX_TRIES: u32 = 2, TIME_LIMIT: Duration = Duration::from_millis(100));
kind!(Slow, "slow", CONCURRENCY: usize = 2);
kind!(Hopeless, "hopeless");

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_always_fail_end_as_dead_letters_and_delay_no_other_job() {
    let site = Site::of(1).await;
    let tries = Arc::new(AtomicUsize::new(0));
    let (counted, hold) = (tries.clone(), Arc::new(tokio::sync::Semaphore::new(0)));
    let held = hold.clone();
    let handlers = noting(&site.store())
        .on(move |_: Failing, _| {
            counted.fetch_add(1, Ordering::Relaxed);
            async { Err(domain::Error::internal("no luck")) }
        })
        .on(|job: Panicking, _| async move {
            assert!(job.n < 0, "a fault in {}", job.n);
            Ok(Outcome::Done)
        })
        .on(|_: Hanging, _| std::future::pending())
        .on(|_: Hopeless, _| async { Ok(Outcome::GiveUp("no such address".into())) })
        .on(move |_: Slow, _| {
            let held = held.clone();
            async move {
                held.acquire().await.expect("open").forget();
                Ok(Outcome::Done)
            }
        });
    let jobs = site.jobs(0, handlers);
    let numbers = || 0..20;
    site.enqueue(&numbers().map(|n| Failing { n }).collect::<Vec<_>>())
        .await;
    site.enqueue(&numbers().map(|n| Panicking { n }).collect::<Vec<_>>())
        .await;
    site.enqueue(&[Hanging { n: 0 }, Hanging { n: 1 }]).await;
    site.enqueue(&[Hopeless { n: 0 }]).await;
    site.enqueue(&numbers().map(|n| Slow { n }).collect::<Vec<_>>())
        .await;
    site.enqueue(&numbers().map(|n| Note { n }).collect::<Vec<_>>())
        .await;
    site.run("UPDATE job SET payload = '{\"m\":' WHERE kind = 'panicking' AND payload LIKE '%:7}'")
        .await;
    let _runner = jobs.start();

    site.until_empty("note").await;
    assert_eq!(site.effects().await, once(numbers()));
    let slow = site.figures().await["slow"].clone();
    assert_eq!(
        (slow.waiting, slow.running),
        (18, 2),
        "the slow kind still waits"
    );

    for (kind, dead) in [
        ("failing", 20),
        ("panicking", 20),
        ("hanging", 2),
        ("hopeless", 1),
    ] {
        site.until(kind, |figures| figures.dead == dead).await;
    }
    assert_eq!(tries.load(Ordering::Relaxed), 60, "three tries each");
    let filter = |kind: &str| Filter {
        kind: Some(kind.into()),
        dead: true,
    };
    let error = async |kind: &str, n: usize| {
        let page = jobs.list(&filter(kind), 0, 100).await.expect("a list");
        assert_eq!(page.items[n].state, State::Dead);
        page.items[n].last_error.clone().expect("an error")
    };
    assert_eq!(error("failing", 0).await, "no luck");
    assert_eq!(
        error("panicking", 0).await,
        "the handler panicked: a fault in 0"
    );
    assert!(error("panicking", 7).await.contains("can't be decoded"));
    assert!(error("hanging", 1).await.contains("took longer than 100ms"));
    assert_eq!(error("hopeless", 0).await, "no such address");

    hold.add_permits(20);
    site.until_empty("slow").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_one_kind_does_not_starve_another() {
    let site = Site::of(1).await;
    let (store, order) = (site.store(), Arc::new(std::sync::Mutex::new(Vec::new())));
    let (floods, single) = (order.clone(), order.clone());
    let handlers = Handlers::default()
        .on(move |_: Slow, _| {
            let order = floods.clone();
            async move {
                sleep(Duration::from_millis(2)).await;
                order.lock().expect("no panic").push("slow");
                Ok(Outcome::Done)
            }
        })
        .on(move |job: Note, run| {
            let (order, store) = (single.clone(), store.clone());
            async move {
                order.lock().expect("no panic").push("note");
                note(&store, job.n, &run).await
            }
        });
    let flood: Vec<Slow> = (0..300).map(|n| Slow { n }).collect();
    let mut txn = site.store().begin().await.expect("begins");
    Jobs::enqueue_all(&mut txn, &flood).await.expect("enqueues");
    txn.commit().await.expect("commits");
    site.enqueue(&[Note { n: 1 }]).await;
    let _runner = site.jobs(0, handlers).start();
    site.until_empty("note").await;
    let place = order
        .lock()
        .expect("no panic")
        .iter()
        .position(|kind| *kind == "note");
    assert!(place.is_some_and(|place| place < 60), "{place:?}");
    site.until_empty("slow").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_of_an_unknown_kind_are_left_to_other_nodes() {
    let site = Site::of(2).await;
    site.enqueue(&[Failing { n: 1 }]).await;
    let _old = site.jobs(0, noting(&site.store())).start();
    site.enqueue(&[Note { n: 2 }]).await;
    site.until_empty("note").await;
    assert_eq!(site.figures().await["failing"].waiting, 1);
    let store = site.nodes[1].store.clone();
    let newer = Handlers::default().on(move |job: Failing, run| {
        let store = store.clone();
        async move { note(&store, job.n, &run).await }
    });
    let _newer = site.jobs(1, newer).start();
    site.until_empty("failing").await;
    assert_eq!(site.effects().await, once([1, 2]));
}

/// A job that kills its node each time ends as a dead letter too.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_lease_keeps_expiring_ends_as_a_dead_letter() {
    let site = Site::of(1).await;
    let handlers = || Handlers::default().on(|_: Failing, _| std::future::pending());
    site.enqueue(&[Failing { n: 1 }]).await;
    for tries in 1..=3 {
        let runner = site.jobs(0, handlers()).start();
        let leased = "SELECT tries, COUNT(*) FROM job WHERE lease_until > 0 GROUP BY tries";
        while site.pairs(leased).await != [(tries, 1)] {
            sleep(Duration::from_millis(10)).await;
        }
        drop(runner);
        site.run("UPDATE job SET lease_until = 0").await;
    }
    let jobs = site.jobs(0, handlers());
    let _runner = jobs.start();
    site.until("failing", |figures| figures.dead == 1).await;
    let page = jobs.list(&Filter::default(), 0, 10).await.expect("a list");
    assert_eq!(page.items[0].tries, 3);
    assert!(
        page.items[0]
            .last_error
            .as_deref()
            .is_some_and(|error| error.contains("the lease expired"))
    );
}
