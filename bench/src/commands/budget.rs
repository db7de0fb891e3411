use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context;
use clap::Args;
use shared::paths;

use super::idle::{kibibytes, weigh};
use crate::{report::Report, setup::Setup, times::Times};

/// Maximum resident memory of an idle socket, in bytes.
const SOCKET_MAX: u64 = 12 * 1_024;
/// Warm-up requests for cold caches, excluded from the times.
const WARM_UP: usize = 20;

#[derive(Args)]
pub struct Budget {
    /// The server binary.
    #[arg(long)]
    server: PathBuf,
    /// The folder with the built site.
    #[arg(long)]
    site: PathBuf,
    /// Sockets to open.
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..))]
    sockets: u32,
    /// Number of page requests.
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..))]
    pages: u32,
}

impl Budget {
    pub async fn run(self) -> anyhow::Result<Report> {
        let (sockets, pages) = (self.sockets as usize, self.pages as usize);
        let setup = Setup {
            server: Some(self.server),
            site: Some(self.site),
            nodes: 1,
            addresses: 1,
            ..Setup::default()
        };
        let site = Arc::new(setup.ready(sockets).await?);
        let mut report = Report::new("budget", &site);
        report.condition("sockets", sockets);
        report.condition("handshakes at once", 1);
        report.condition(
            "page",
            "GET / for nobody signed in, in turn over one connection",
        );

        let (mut times, mut bytes) = (Times::default(), 0);
        for n in 0..WARM_UP + pages {
            let began = Instant::now();
            bytes = site
                .bare_page(paths::GALLERY)
                .await?
                .expect(200)?
                .body
                .len();
            if n >= WARM_UP {
                times.record(began.elapsed());
            }
        }
        report.times("a bare page", &times);
        report.count("bytes of it", bytes);

        let weighed = weigh(&site, sockets, 1, Duration::from_secs(3)).await?;
        let each = weighed.each.context("the server's memory")?;
        report.number("resident memory of a socket", kibibytes(each), "KiB");
        report.number("its budget", kibibytes(SOCKET_MAX), "KiB");
        if each > SOCKET_MAX {
            report
                .faults
                .push("an idle socket is over its budget".into());
        }
        report.followers(&site, &weighed.fleet.check(&site).await?);
        Ok(report)
    }
}
