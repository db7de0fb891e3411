//! The measurements.

mod budget;
mod fanout;
mod idle;
mod latency;
mod pages;
mod reconnect;
mod throughput;

use std::sync::Arc;

use clap::Subcommand;

use crate::{fleet::Fleet, follower::Follower, report::Report, site::Site};

#[derive(Subcommand)]
pub enum Command {
    /// Hold an idle socket's memory against its budget, and time a bare page, of a server started
    /// for the purpose.
    Budget(budget::Budget),
    /// How long a critique takes to reach its artist, at a rate that does not wait for answers.
    Latency(latency::Latency),
    /// How many critiques are accepted in a second, by authors who each wait for their answer.
    Throughput(throughput::Throughput),
    /// What open sockets cost while nothing happens.
    Idle(idle::Idle),
    /// How long a new work takes to reach many followers.
    Fanout(fanout::Fanout),
    /// How long it takes until everybody is back after all were cut off at once.
    Reconnect(reconnect::Reconnect),
    /// How long pages take.
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
