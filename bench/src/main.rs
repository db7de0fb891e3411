//! Measures a running server from outside: what an idle socket holds of its memory, and what a bare page takes.
//!
//! Figures are printed with their conditions. A figure over its budget is a failure.

mod budget;
mod server;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Memory for each idle socket, and the time of a bare page, of a server started for the purpose.
    Budget {
        /// The server's binary.
        #[arg(long)]
        server: PathBuf,
        /// The folder with the built site.
        #[arg(long)]
        site: PathBuf,
        /// Sockets to open.
        #[arg(long, default_value_t = 2_000)]
        sockets: usize,
        /// Pages to ask for.
        #[arg(long, default_value_t = 300)]
        pages: usize,
    },
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Budget { server, site, sockets, pages } => budget::run(&server, &site, sockets, pages).await,
    }
}
