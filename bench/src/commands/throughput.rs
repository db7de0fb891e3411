use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use clap::Args;
use tokio::task::JoinSet;

use super::{CONCURRENT_HANDSHAKES, listen};
use crate::{
    critiques,
    deliveries::{self, Accepted},
    report::{Report, float},
    setup::Setup,
    site::Site,
    times::Times,
};

#[derive(Args)]
pub struct Throughput {
    #[command(flatten)]
    setup: Setup,
    /// Users, each with an artwork and an open socket.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(2..))]
    users: u32,
    /// Concurrent authors, each with one critique in flight.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    authors: u32,
    /// How long to measure, in seconds.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// The results of one author.
#[derive(Default)]
struct Work {
    accepted: Vec<Accepted>,
    failures: Vec<anyhow::Error>,
}

impl Throughput {
    pub async fn run(self) -> anyhow::Result<Report> {
        let users = self.users as usize;
        let site = Arc::new(self.setup.ready(users).await?);
        let mut report = Report::new("throughput", &site);
        report.condition("sockets", users);
        report.condition("authors", self.authors);
        report.condition("seconds", self.seconds);
        report.note("Closed loop: each author waits for the answer before the next critique, so times hide how long others would have waited.");

        let fleet = listen(&site, 0..users, CONCURRENT_HANDSHAKES).await?;
        let (meter, began, numbers) = (site.meter()?, Instant::now(), Arc::new(AtomicU32::new(0)));
        let until = began + Duration::from_secs(self.seconds);
        let authors = (0..self.authors).map(|n| {
            author(
                site.clone(),
                numbers.clone(),
                self.setup.seed.wrapping_add(n.into()),
                until,
            )
        });
        let mut authors = authors.collect::<JoinSet<_>>();
        let mut all = Work::default();
        while let Some(work) = authors.join_next().await {
            let work = work?;
            all.accepted.extend(work.accepted);
            all.failures.extend(work.failures);
        }
        let took = began.elapsed();
        let spent = meter.read()?;
        fleet
            .hears(all.accepted.len(), deliveries::DELIVERY_TIMEOUT)
            .await;
        let lagged = began.elapsed().saturating_sub(took);

        let mut followers = fleet.check(&site).await?;
        deliveries::check(&all.accepted, &mut followers);
        let deliveries = deliveries::times(&all.accepted, &followers);
        report.count("critiques accepted", all.accepted.len());
        report.number(
            "accepted",
            float(all.accepted.len()) / took.as_secs_f64(),
            "a second",
        );
        report.spent("", &spent, Some((all.accepted.len(), "critique")));
        report.times(
            "sent to acknowledged",
            &all.accepted
                .iter()
                .map(|act| act.acknowledged - act.due)
                .collect::<Times>(),
        );
        report.times("sent to frame", &deliveries.since_sent);
        report.time("last frame after the last answer", lagged);
        report.failures(&all.failures);
        report.followers(&site, &followers);
        Ok(report)
    }
}

/// Posts critiques one after the other, each on another user's artwork.
async fn author(site: Arc<Site>, numbers: Arc<AtomicU32>, seed: u64, until: Instant) -> Work {
    let mut work = Work::default();
    let mut planned = critiques::at_random(site.users.len(), 0, seed);
    while let Some(mut critique) = planned.next().filter(|_| Instant::now() < until) {
        critique.ticket.0 = numbers.fetch_add(1, Relaxed);
        let due = Instant::now();
        match critique.post(&site).await {
            Ok(critique) => {
                let (ticket, recipient) = (critique.ticket, critique.artist);
                work.accepted.push(Accepted {
                    ticket,
                    recipient,
                    due,
                    acknowledged: Instant::now(),
                    counts: true,
                });
            }
            Err(failure) => work.failures.push(failure),
        }
    }
    work
}
