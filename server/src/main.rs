//! The `artcritique` binary: reads its configuration, then serves the site or runs one of the other
//! commands.
//!
//! Start at [`router`], the one table of addresses, and [`middleware`], the one list of layers.

#![warn(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic where nobody reads; see `output`"
)]

mod admission;
mod assets;
mod auth;
mod body;
mod commands;
mod config;
mod connection_limits;
mod cookies;
mod forms;
mod forwarded;
mod guest_pages;
mod health;
mod idempotency;
mod jobs;
mod limits;
mod media;
mod metrics;
mod middleware;
mod origin;
mod output;
mod pages;
mod problem;
mod request;
mod rest;
mod router;
mod secret_url;
mod serve;
mod settings;
mod shape;
mod socket;
mod stall_timeout;
mod state;
mod uploads;

use std::process::ExitCode;

use clap::CommandFactory;
use output::complain;
use settings::Refusal;

/// What is known of how it fares against the system's own is in `docs/PERFORMANCE.md`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Ends like clap does where the command line is wrong.
const WRONG_SETTING: u8 = 2;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = match settings::read::<commands::Cli>(commands::Cli::command()) {
        Ok(cli) => cli,
        Err(Refusal::Usage(error)) => return ExitCode::from(output::show_usage(&error)),
        Err(Refusal::Setting(sentence)) => {
            complain!("Error: {sentence}");
            return ExitCode::from(WRONG_SETTING);
        }
    };
    let _log = output::start_log(cli.config());
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        // A sentence with its causes; where in the code it was is nothing to an operator.
        Err(error) => {
            complain!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
