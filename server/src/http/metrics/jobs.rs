//! Metrics of the job queue. Runs are counted where they end, in `domain::jobs`.

use std::collections::BTreeSet;

use domain::{Domain, clock, jobs::KindFigures, upkeep::within};
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram, gauge};

use super::DATABASE_DEADLINE;

pub fn describe() {
    describe_gauge!("artcritique_jobs", "Jobs in the queue, by kind and state");
    describe_gauge!(
        "artcritique_jobs_lag_seconds",
        Unit::Seconds,
        "How long the oldest due job has been waiting, by kind"
    );
    describe_counter!(
        "artcritique_job_runs_total",
        "Runs of jobs, by kind and outcome: done, again (a part of a long job), failed, dead (failed for good), lost (the lease), expired (the node was killed)"
    );
    describe_histogram!(
        "artcritique_job_seconds",
        Unit::Seconds,
        "Duration of a run, by kind"
    );
}

/// Sets the gauges of the queue. `known` holds the kinds set before, which become 0 when their
/// last job is gone.
pub async fn record(domain: &Domain, known: &mut BTreeSet<String>) {
    let Ok(all) = within(DATABASE_DEADLINE, domain.jobs.figures()).await else {
        return;
    };
    let now = clock::now();
    for gone in known
        .iter()
        .filter(|kind| all.iter().all(|figures| figures.kind != **kind))
    {
        set(
            &KindFigures {
                kind: gone.clone(),
                waiting: 0,
                running: 0,
                dead: 0,
                next_due: None,
            },
            now,
        );
    }
    for figures in &all {
        set(figures, now);
        known.insert(figures.kind.clone());
    }
}

fn set(figures: &KindFigures, now: i64) {
    for (state, count) in [
        ("waiting", figures.waiting),
        ("running", figures.running),
        ("dead", figures.dead),
    ] {
        gauge!("artcritique_jobs", "kind" => figures.kind.clone(), "state" => state)
            .set(u32::try_from(count).unwrap_or(u32::MAX));
    }
    let lag = u32::try_from(figures.lag_ms(now).unwrap_or(0)).unwrap_or(u32::MAX);
    gauge!("artcritique_jobs_lag_seconds", "kind" => figures.kind.clone())
        .set(f64::from(lag) / 1_000.0);
}
