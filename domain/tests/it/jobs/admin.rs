//! The operator's lists and changes.

use domain::jobs::{Filter, State};

use super::*;

#[derive(Clone, Serialize, Deserialize)]
struct Broken {
    n: i64,
}

impl Job for Broken {
    const KIND: &'static str = "broken";
    const MAX_TRIES: u32 = 1;
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_are_listed_retried_and_removed() {
    let site = Site::of(1).await;
    let fails =
        Handlers::default().on(|_: Broken, _| async { Err(domain::Error::internal("not today")) });
    let jobs = site.jobs(0, fails);
    let runner = jobs.start();
    let broken: Vec<Broken> = (0..7).map(|n| Broken { n }).collect();
    site.enqueue(&broken).await;
    site.until("broken", |figures| figures.dead == 7).await;
    runner.stop().await;
    site.enqueue(&[Note { n: 1 }]).await;

    let dead = Filter {
        dead: true,
        ..Filter::default()
    };
    let (mut ids, mut after) = (Vec::new(), 0);
    loop {
        let page = jobs.list(&dead, after, 3).await.expect("a page");
        assert!(page.items.len() <= 3);
        for job in &page.items {
            assert_eq!((job.state, job.tries), (State::Dead, 1));
            assert_eq!(job.last_error.as_deref(), Some("not today"));
        }
        ids.extend(page.items.iter().map(|job| job.id));
        let Some(next) = page.next else { break };
        after = next;
    }
    assert_eq!(ids.len(), 7);
    let all = jobs.list(&Filter::default(), 0, 100).await.expect("a list");
    assert_eq!((all.items.len(), all.next), (8, None));
    let notes = Filter {
        kind: Some("note".into()),
        ..Filter::default()
    };
    let notes = jobs.list(&notes, 0, 100).await.expect("a list");
    assert_eq!(notes.items[0].state, State::Waiting);

    assert!(jobs.retry(ids[0]).await.expect("retries"));
    assert!(!jobs.retry(9_999_999).await.expect("no such job"));
    assert!(jobs.remove(ids[1]).await.expect("removes"));
    assert!(!jobs.remove(ids[1]).await.expect("gone"));
    assert_eq!(jobs.retry_dead("note").await.expect("none"), 0);
    assert_eq!(jobs.retry_dead("broken").await.expect("retries"), 5);
    assert_eq!(site.figures().await["broken"].waiting, 6);

    let store = site.store();
    let mended = Handlers::default().on(move |job: Broken, run| {
        let store = store.clone();
        async move {
            if job.n < 3 {
                return note(&store, job.n, &run).await;
            }
            Err(domain::Error::internal("still not"))
        }
    });
    let jobs = site.jobs(0, mended);
    let runner = jobs.start();
    site.until("broken", |figures| {
        (figures.dead, figures.waiting, figures.running) == (4, 0, 0)
    })
    .await;
    assert_eq!(site.effects().await, once([0, 2]));
    assert_eq!(jobs.remove_dead("broken").await.expect("removes"), 4);
    site.until_empty("broken").await;
    runner.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_can_be_removed_but_not_retried() {
    let site = Site::of(1).await;
    let store = site.store();
    let go = std::sync::Arc::new(tokio::sync::Notify::new());
    let told = go.clone();
    let handlers = Handlers::default().on(move |job: Broken, run| {
        let (store, go) = (store.clone(), told.clone());
        async move {
            go.notified().await;
            note(&store, job.n, &run).await
        }
    });
    let jobs = site.jobs(0, handlers);
    let runner = jobs.start();
    site.enqueue(&[Broken { n: 1 }]).await;
    site.until("broken", |figures| figures.running == 1).await;
    let page = jobs.list(&Filter::default(), 0, 10).await.expect("a list");
    assert_eq!(page.items[0].state, State::Running);
    assert!(!jobs.retry(page.items[0].id).await.expect("refused"));
    assert!(jobs.remove(page.items[0].id).await.expect("removes"));
    go.notify_one();
    runner.stop().await;
    assert!(site.effects().await.is_empty(), "its lease is lost");
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_tell_how_long_the_oldest_due_job_waits() {
    let site = Site::of(1).await;
    let now = domain::clock::now();
    let mut txn = site.store().begin().await.expect("begins");
    for run_at in [now - 5_000, now + 60_000] {
        Jobs::enqueue_at(&mut txn, &Note { n: run_at }, run_at)
            .await
            .expect("enqueues");
    }
    Jobs::enqueue_at(&mut txn, &Broken { n: 1 }, now + 2_000)
        .await
        .expect("enqueues");
    txn.commit().await.expect("commits");
    let figures = site.figures().await;
    assert_eq!(figures["note"].waiting, 2);
    assert_eq!(figures["broken"].lag_ms(now), None, "not due");
    assert_eq!(figures["broken"].lag_ms(now + 7_000), Some(5_000));
    let lag = figures["note"].lag_ms(now + 7_000).expect("due");
    assert!(
        (5_000..=7_000).contains(&lag),
        "{lag} ms; a job that was due before it was enqueued waits from then"
    );
}
