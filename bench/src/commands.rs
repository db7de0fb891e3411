//! The measurements.

mod budget;
mod fanout;
mod idle;
mod jobs;
mod latency;
mod pages;
mod reconnect;
mod throughput;

use std::sync::Arc;

use clap::Subcommand;

use crate::{fleet::Fleet, follower::Follower, report::Report, site::Site};

#[derive(Subcommand)]
pub enum Command {
    /// Compare an idle socket's memory with its budget, and time a guest's page, on a server
    /// started for the measurement.
    Budget(budget::Budget),
    /// Measure how long a critique takes to reach its artist, in an open loop: at a fixed rate that
    /// does not wait for responses.
    Latency(latency::Latency),
    /// Measure how many critiques are accepted per second, in a closed loop: each author waits for
    /// the response.
    Throughput(throughput::Throughput),
    /// Measure the cost of open, idle sockets.
    Idle(idle::Idle),
    /// Measure how long a new work takes to reach many followers.
    Fanout(fanout::Fanout),
    /// Measure how long it takes until all sockets have reconnected after being cut at once.
    Reconnect(reconnect::Reconnect),
    /// Measure the same as `latency`, without and with a load on the server's job queue.
    Jobs(jobs::Jobs),
    /// Measure the response times of pages.
    Pages(pages::Pages),
}

impl Command {
    pub async fn run(self) -> anyhow::Result<Report> {
        match self {
            Self::Budget(budget) => budget.run().await,
            Self::Latency(latency) => latency.run().await,
            Self::Throughput(throughput) => throughput.run().await,
            Self::Idle(idle) => idle.run().await,
            Self::Fanout(fanout) => fanout.run().await,
            Self::Reconnect(reconnect) => reconnect.run().await,
            Self::Jobs(jobs) => jobs.run().await,
            Self::Pages(pages) => pages.run().await,
        }
    }
}

/// Concurrent handshakes where opening speed is not measured.
const CONCURRENT_HANDSHAKES: usize = 64;

/// Opens a socket for each of these users, `at_once` handshakes at a time.
async fn listen(
    site: &Arc<Site>,
    users: impl IntoIterator<Item = usize>,
    at_once: usize,
) -> anyhow::Result<Fleet> {
    let followers = users
        .into_iter()
        .enumerate()
        .map(|(place, user)| Follower::new(user, place))
        .collect();
    Fleet::open(site, followers, at_once).await
}
