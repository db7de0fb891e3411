use std::{sync::Arc, time::Duration};

use clap::Args;

use super::{CONCURRENT_HANDSHAKES, listen};
use crate::{
    critiques::{self, Critique},
    deliveries::{self, Accepted},
    metrics::Buckets,
    report::{Report, float},
    schedule::{Schedule, Turn},
    setup::Setup,
    times::Times,
    visits::Guests,
};

/// The server's own metric, from commit until the last byte is handed to the system.
const COMMIT_TO_FLUSH: &str = "artcritique_commit_to_flush_seconds";

#[derive(Args, Clone)]
pub struct Latency {
    #[command(flatten)]
    pub setup: Setup,
    /// Jobs that the server enqueues per minute, which must have run.
    #[arg(skip)]
    pub jobs_per_minute: Option<u32>,
    /// Users, each with an artwork and an open socket.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(2..))]
    users: u32,
    /// Open sockets per user.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    sockets_each: u8,
    /// Guests who meanwhile request pages of different works, each as fast as it gets them.
    #[arg(long, default_value_t = 0)]
    guests: u32,
    /// Critiques per second.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// How long to measure, in seconds.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// Warm-up before times count, in seconds.
    #[arg(long, default_value_t = 2)]
    warm_up: u64,
}

impl Latency {
    pub async fn run(self) -> anyhow::Result<Report> {
        let users = self.users as usize;
        let site = Arc::new(self.setup.ready(users).await?);
        let mut report = Report::new("latency", &site);
        report.condition("sockets", users * usize::from(self.sockets_each));
        report.condition("guests", self.guests);
        report.condition("critiques a second", self.rate);
        report.condition("seconds", self.seconds);
        report.condition("warm-up seconds", self.warm_up);
        report.note("Open loop: arrivals are Poisson and fixed in advance, and times count from when a critique was due.");

        let fleet = listen(
            &site,
            (0..self.sockets_each).flat_map(|_| 0..users),
            CONCURRENT_HANDSHAKES,
        )
        .await?;
        let warm_up = Duration::from_secs(self.warm_up);
        let schedule = Schedule::poisson(
            self.rate.into(),
            warm_up + Duration::from_secs(self.seconds),
            self.setup.seed,
        );
        let planned: Vec<_> = critiques::at_random(users, 0, self.setup.seed)
            .take(schedule.len())
            .collect();
        let (before, meter) = (site.histogram(COMMIT_TO_FLUSH).await, site.meter()?);
        let guests = Guests::start(&site, self.guests, self.setup.seed);
        let author = site.clone();
        let turns = schedule
            .run(move |n| post(author.clone(), planned[n]))
            .await?;
        let (visits, visiting) = guests.stop().await?;
        let accepted: Vec<_> = turns
            .iter()
            .filter_map(|turn| accepted(turn, warm_up))
            .collect();
        fleet
            .hears(
                accepted.len() * usize::from(self.sockets_each),
                deliveries::DELIVERY_TIMEOUT,
            )
            .await;
        let (spent, after) = (meter.read()?, site.histogram(COMMIT_TO_FLUSH).await);

        let mut followers = fleet.check(&site).await?;
        deliveries::check(&accepted, &mut followers);
        let deliveries = deliveries::times(&accepted, &followers);
        report.times(
            "sent to acknowledged",
            &counted(&turns, warm_up, |turn| turn.ended - turn.due),
        );
        report.times("sent to frame", &deliveries.since_sent);
        report.times("acknowledged to frame", &deliveries.since_acknowledged);
        report.number(
            "frames before the acknowledgement",
            100.0 * part(deliveries.overtook, &deliveries.since_sent),
            "%",
        );
        if let (Some(before), Some(after)) = (before, after) {
            tell(&mut report, &after.since(&before));
        }
        if let (Some(per_minute), Some(ran)) = (self.jobs_per_minute, jobs_ran(&site).await) {
            report.number("jobs run since the start", ran, "");
            let expected =
                f64::from(per_minute) * Duration::from_secs(self.seconds).as_secs_f64() / 60.0;
            if ran < expected * 0.9 {
                report
                    .faults
                    .push(format!("{ran:.0} jobs ran, {expected:.0} were expected"));
            }
        }
        report.times(
            "generator began late by",
            &counted(&turns, warm_up, |turn| turn.began - turn.due),
        );
        report.count("critiques accepted", accepted.len());
        report.spent("", &spent, Some((accepted.len(), "critique")));
        if self.guests > 0 {
            report.times("guests' pages", &visits.times);
            report.number(
                "guests' pages: answered",
                float(visits.count) / visiting.as_secs_f64(),
                "a second",
            );
        }
        report.failures(&visits.failures);
        report.failures(turns.iter().filter_map(|turn| turn.outcome.as_ref().err()));
        report.followers(&site, &followers);
        Ok(report)
    }
}

async fn post(site: Arc<crate::site::Site>, critique: Critique) -> anyhow::Result<Critique> {
    critique.post(&site).await
}

/// The number of jobs of the load test that the servers have completed.
async fn jobs_ran(site: &crate::site::Site) -> Option<f64> {
    let runs = site.histogram("artcritique_job_seconds").await?;
    Some(runs.count())
}

fn accepted(turn: &Turn<Critique>, warm_up: Duration) -> Option<Accepted> {
    let critique = turn.outcome.as_ref().ok()?;
    let (ticket, recipient, counts) = (critique.ticket, critique.artist, turn.offset >= warm_up);
    Some(Accepted {
        ticket,
        recipient,
        due: turn.due,
        acknowledged: turn.ended,
        counts,
    })
}

fn counted(
    turns: &[Turn<Critique>],
    warm_up: Duration,
    time: impl Fn(&Turn<Critique>) -> Duration,
) -> Times {
    turns
        .iter()
        .filter(|turn| turn.offset >= warm_up)
        .map(time)
        .collect()
}

fn part(count: u64, of: &Times) -> f64 {
    let all = of.summary().map_or(1, |summary| summary.count);
    float(usize::try_from(count).unwrap_or(usize::MAX))
        / float(usize::try_from(all).unwrap_or(usize::MAX))
}

fn tell(report: &mut Report, buckets: &Buckets) {
    for (name, quantile) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)] {
        if let Some(time) = buckets.quantile(quantile) {
            report.time(format!("commit to flush, {name}, by the server"), time);
        }
    }
}
