//! The `artcritique` binary: reads its configuration, then serves the site or runs one of the other
//! commands.
//!
//! Start at [`router`], the route table, and [`middleware`], the layer stack.

#![warn(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic when the stream is closed; see `output`"
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

/// `docs/PERFORMANCE.md` compares it with other allocators.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code for an invalid setting, the same as for a usage error in clap.
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
        // Print the error and its causes without a backtrace: the reader is an operator.
        Err(error) => {
            complain!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
