//! The server: the command line, the configuration, and the site over HTTP.
//!
//! [`main`] reads the configuration, then serves the site or runs one of the other commands. The
//! binary only calls it; the tests call [`http::router::router`] in process as well. Start at
//! [`http::router`], the route table, and [`http::middleware`], the layer stack.

#![warn(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "they panic when the stream is closed; see `cli::output`"
)]

mod cli;
pub mod config;
pub mod http;
mod net;

use std::process::ExitCode;

use clap::CommandFactory;
use cli::{output, output::complain};
use config::{settings, settings::Refusal};

/// Exit code for an invalid setting, the same as for a usage error in clap.
const WRONG_SETTING: u8 = 2;

/// Runs the program with the arguments and the environment of this process.
pub async fn main() -> ExitCode {
    let cli = match settings::read::<cli::Cli>(cli::Cli::command()) {
        Ok(cli) => cli,
        Err(Refusal::Usage(error)) => return ExitCode::from(output::show_usage(&error)),
        Err(Refusal::Setting(sentence)) => {
            complain!("Error: {sentence}");
            return ExitCode::from(WRONG_SETTING);
        }
    };
    let _log = output::start_log(cli.config());
    match cli::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        // Print the error and its causes without a backtrace: the reader is an operator.
        Err(error) => {
            complain!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
