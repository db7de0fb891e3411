use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use shared::paths;
use tokio::time::sleep;

use super::listen;
use crate::{
    fleet::Fleet,
    report::{Report, float},
    setup::Setup,
    site::Site,
};

/// Requests before memory is measured, so that one-time allocations are not attributed to sockets.
const WARM_UP: usize = 200;

#[derive(Args)]
pub struct Idle {
    #[command(flatten)]
    setup: Setup,
    /// Sockets to open, one per user.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..))]
    sockets: u32,
    /// Concurrent handshakes while the sockets open; the server keeps the peak memory that they
    /// need.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    at_once: u32,
    /// Time to wait after opening before memory is measured, in seconds.
    #[arg(long, default_value_t = 3)]
    settle: u64,
    /// How long to measure, in seconds; heartbeats are at most 25 s apart.
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

/// Open sockets and their memory.
pub struct Weighed {
    pub fleet: Fleet,
    pub took: Duration,
    /// Resident memory before opening, in bytes.
    pub base: Option<u64>,
    /// Resident memory per socket, in bytes.
    pub each: Option<u64>,
}

impl Idle {
    pub async fn run(self) -> anyhow::Result<Report> {
        let sockets = self.sockets as usize;
        let site = Arc::new(self.setup.ready(sockets).await?);
        let mut report = Report::new("idle", &site);
        report.condition("sockets", sockets);
        report.condition("handshakes at once", self.at_once);
        report.condition("seconds", self.seconds);

        let opening = site.meter()?;
        let weighed = weigh(
            &site,
            sockets,
            self.at_once as usize,
            Duration::from_secs(self.settle),
        )
        .await?;
        report.number(
            "sockets opened",
            float(sockets) / weighed.took.as_secs_f64(),
            "a second",
        );
        report.spent("opening", &opening.read()?, Some((sockets, "socket")));
        if let (Some(base), Some(each)) = (weighed.base, weighed.each) {
            report.number("resident memory of a socket", kibibytes(each), "KiB");
            report.number("resident memory before", kibibytes(base) / 1_024.0, "MiB");
        }
        let idle = site.meter()?;
        sleep(Duration::from_secs(self.seconds)).await;
        report.spent("idle", &idle.read()?, None);
        report.followers(&site, &weighed.fleet.check(&site).await?);
        Ok(report)
    }
}

/// Opens a socket for each of the first `sockets` users, `at_once` handshakes at a time, and
/// measures their memory.
pub async fn weigh(
    site: &Arc<Site>,
    sockets: usize,
    at_once: usize,
    settle: Duration,
) -> anyhow::Result<Weighed> {
    for n in 0..WARM_UP {
        site.get(n % site.users.len(), paths::api::NOTIFICATIONS)
            .await?
            .expect(200)?;
    }
    sleep(Duration::from_secs(1)).await;
    let (base, began) = (site.resident()?, Instant::now());
    let fleet = listen(site, 0..sockets, at_once).await?;
    let took = began.elapsed();
    sleep(settle).await;
    let grown = base
        .zip(site.resident()?)
        .map(|(base, now)| now.saturating_sub(base));
    Ok(Weighed {
        fleet,
        took,
        base,
        each: grown.map(|grown| grown / sockets as u64),
    })
}

/// Bytes as KiB.
#[expect(
    clippy::cast_precision_loss,
    reason = "a figure for people, of far fewer than 2^52 bytes"
)]
pub fn kibibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_024.0
}
