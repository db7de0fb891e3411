//! Scheduled jobs.

use domain::jobs::Recurrence;

use super::*;

const PERIOD: Duration = Duration::from_millis(250);

#[derive(Clone, Serialize, Deserialize)]
struct Tick {}

impl Job for Tick {
    const KIND: &'static str = "tick";
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_make_one_run_per_period() {
    let site = Site::of(3).await;
    let nodes = [0, 1, 2].map(|node| {
        let store = site.nodes[node].store.clone();
        let handlers = Handlers::default()
            .on(move |_: Tick, _| {
                let store = store.clone();
                async move { record_alone(&store, 1).await }
            })
            .every(Recurrence::Every(PERIOD), &Tick {});
        site.jobs(node, handlers).start()
    });
    while site.effects().await.get(&1).is_none_or(|runs| *runs < 8) {
        sleep(Duration::from_millis(20)).await;
    }
    for node in nodes {
        node.stop().await;
    }
    let runs = site
        .pairs("SELECT run_at, tries FROM job WHERE kind = 'tick' ORDER BY unique_key")
        .await;
    let done = site
        .pairs("SELECT COUNT(*), COUNT(DISTINCT unique_key) FROM job WHERE done_at IS NOT NULL")
        .await[0];
    assert_eq!(done.0, done.1);
    assert_eq!(
        site.effects().await[&1],
        done.0,
        "each run took effect once"
    );
    // One row for each period, without a gap.
    let period = i64::try_from(PERIOD.as_millis()).expect("short");
    let keys = site
        .pairs("SELECT CAST(SUBSTR(unique_key, 6) AS bigint), tries FROM job WHERE kind = 'tick' ORDER BY 1")
        .await;
    assert_eq!(keys.len(), runs.len());
    for pair in keys.windows(2) {
        assert_eq!(pair[1].0 - pair[0].0, period);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_missed_while_no_node_was_up_is_made_up_for_once() {
    let site = Site::of(2).await;
    // The last run is up to ten hours past, the next as far away.
    let handlers = |store: Store| {
        Handlers::default()
            .on(move |_: Tick, _| {
                let store = store.clone();
                async move { record_alone(&store, 1).await }
            })
            .every(Recurrence::Every(Duration::from_hours(10)), &Tick {})
    };
    for node in [0, 1, 0] {
        let runner = site
            .jobs(node, handlers(site.nodes[node].store.clone()))
            .start();
        site.until("tick", |figures| {
            (figures.waiting, figures.running) == (1, 0)
        })
        .await;
        runner.stop().await;
    }
    assert_eq!(site.effects().await, once([1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_background_task_of_the_runner_reports_its_health() {
    let site = Site::of(1).await;
    let upkeep = Upkeep::default();
    let jobs = Jobs::new(site.store(), noting(&site.store()), PACE, &upkeep);
    let tasks = ["jobs", "job leases", "expired job leases", "job schedules"];
    let names: Vec<&str> = upkeep.tasks().iter().map(|task| task.name).collect();
    assert_eq!(names, tasks);
    // Longer than any task of this pace rests.
    let idle = Duration::from_millis(400);
    sleep(idle).await;
    assert!(upkeep.tasks().iter().all(|task| task.age >= idle));
    let _runner = jobs.start();
    let (begun, mut seen) = (Instant::now(), std::collections::BTreeSet::new());
    while seen.len() < tasks.len() {
        assert!(begun.elapsed() < Duration::from_secs(10), "only {seen:?}");
        let recent = upkeep.tasks().into_iter().filter(|task| task.age < idle);
        seen.extend(recent.map(|task| task.name));
        sleep(Duration::from_millis(10)).await;
    }
}
