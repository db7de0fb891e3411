//! Measures the site from outside: the cost of open sockets, the latency of notifications, and that
//! none is lost.
//!
//! A [`site`] is one or more servers, started for the run or already running, with minted users. A
//! [`fleet`] of sockets follows their inboxes by the client's rule and checks every sequence.
//! [`commands`] act on the site and fill a [`report`], which states the conditions of its figures.
//! A fault in delivery makes the run fail.

mod commands;
mod critiques;
mod deliveries;
mod fault;
mod fleet;
mod follower;
mod http;
mod metrics;
mod process;
mod report;
mod schedule;
mod sequence;
mod server;
mod setup;
mod site;
mod socket;
mod ticket;
mod times;
mod users;
mod visits;

use std::{path::PathBuf, process::ExitCode};

use anyhow::ensure;
use clap::Parser;
use commands::Command;

#[derive(Parser)]
#[command(name = "bench", about = "Measures a running ArtCritique from outside.")]
struct Cli {
    /// Also write the figures and their conditions to this file, as JSON.
    #[arg(long, global = true, value_name = "FILE")]
    json: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

/// Two workers, since the measured server often shares the machine.
#[tokio::main(worker_threads = 2)]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    process::raise_file_limit()?;
    let report = cli.command.run().await?;
    print!("{report}");
    if let Some(file) = cli.json {
        report.save(&file)?;
    }
    ensure!(
        report.faults.is_empty(),
        "{} faults, see above",
        report.faults.len()
    );
    Ok(())
}
