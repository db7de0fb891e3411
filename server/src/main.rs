//! The `artcritique` binary: reads its configuration, then serves the site or runs one of the other commands.
//!
//! Start at [`router`], the one table of addresses, and [`middleware`], the one list of layers.

mod assets;
mod auth;
mod commands;
mod config;
mod edge;
mod forms;
mod guests;
mod health;
mod jobs;
mod media;
mod metrics;
mod middleware;
mod pages;
mod problem;
mod rest;
mod router;
mod serve;
mod socket;
mod state;
mod turns;
mod uploads;

use std::process::ExitCode;

use clap::Parser;
use config::LogFormat;
use tracing_subscriber::EnvFilter;

/// What is known of how it fares against the system's own is in `docs/PERFORMANCE.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = commands::Cli::parse();
    let filter = EnvFilter::try_from_env("ARTCRITIQUE_LOG")
        .unwrap_or_else(|_| EnvFilter::new("info,tower_sessions=error,sqlx=warn,sea_orm_migration=warn"));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match cli.log_format() {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        // A sentence with its causes; where in the code it was is nothing to an operator.
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
