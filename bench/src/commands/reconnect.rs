use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use tokio::time::sleep;

use super::{CONCURRENT_HANDSHAKES, listen};
use crate::{
    critiques,
    deliveries::{self, Accepted},
    fleet::Fleet,
    report::Report,
    setup::Setup,
    times::Times,
};

#[derive(Args)]
pub struct Reconnect {
    #[command(flatten)]
    setup: Setup,
    /// Sockets to open, cut and reconnect, one per user.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(2..))]
    sockets: u32,
    /// Critiques posted while no socket is connected, for the clients to catch up on.
    #[arg(long, default_value_t = 0)]
    missed: u32,
    /// Time to wait before the cut, in seconds.
    #[arg(long, default_value_t = 3)]
    settle: u64,
}

impl Reconnect {
    pub async fn run(self) -> anyhow::Result<Report> {
        let sockets = self.sockets as usize;
        let site = Arc::new(self.setup.ready(sockets).await?);
        let mut report = Report::new("reconnect", &site);
        report.condition("sockets", sockets);
        report.condition("critiques missed", self.missed);
        report.note("All come back at the same instant, each with its cursor. Real clients spread their return over 5 s.");

        let fleet = listen(&site, 0..sockets, CONCURRENT_HANDSHAKES).await?;
        sleep(Duration::from_secs(self.settle)).await;
        let followers = fleet.cut().await?;
        let mut missed = Vec::new();
        for critique in critiques::at_random(sockets, 0, self.setup.seed).take(self.missed as usize)
        {
            let due = Instant::now();
            critique.post(&site).await?;
            let (ticket, recipient) = (critique.ticket, critique.artist);
            missed.push(Accepted {
                ticket,
                recipient,
                due,
                acknowledged: Instant::now(),
                counts: false,
            });
        }
        let (meter, began) = (site.meter()?, Instant::now());
        let fleet = Fleet::open(&site, followers, sockets).await?;
        let took = began.elapsed();
        fleet
            .hears(missed.len(), deliveries::DELIVERY_TIMEOUT)
            .await;
        let spent = meter.read()?;

        let mut followers = fleet.check(&site).await?;
        deliveries::check(&missed, &mut followers);
        let hellos = followers.iter().filter_map(|follower| follower.greeted);
        report.time("until all have had their hello", took);
        report.times(
            "hello after",
            &hellos
                .map(|at| at.saturating_duration_since(began))
                .collect::<Times>(),
        );
        report.count(
            "handshakes tried again",
            followers
                .iter()
                .map(|follower| follower.retries as usize)
                .sum(),
        );
        report.spent("", &spent, Some((sockets, "reconnect")));
        report.followers(&site, &followers);
        Ok(report)
    }
}
