//! `artcritique jobs`: lists the job queue, and retries or removes jobs.

use anyhow::bail;
use clap::{Args, Subcommand};
use domain::{
    clock,
    jobs::{Filter, Jobs, Listed},
};

use crate::cli::output::say;

/// Maximum characters of an error per line.
const MAX_ERROR: usize = 160;

#[derive(Subcommand)]
pub enum JobsCommand {
    /// List the jobs in the queue, oldest first.
    List {
        /// Only jobs of this kind.
        #[arg(long)]
        kind: Option<String>,
        /// Only dead letters: jobs that have failed for good.
        #[arg(long)]
        dead: bool,
        /// Begin after the job with this ID, as the end of the previous page says.
        #[arg(long, default_value_t = 0)]
        after: i64,
        /// Maximum number of jobs, up to 200.
        #[arg(long, default_value_t = 50)]
        limit: u64,
    },
    /// Make jobs due at once, with all their tries.
    Retry(Which),
    /// Remove jobs from the queue. What they were to do is not done.
    Drop(Which),
}

/// Jobs by their IDs, or all dead letters of a kind.
#[derive(Args)]
pub struct Which {
    /// The IDs of the jobs.
    #[arg(required_unless_present = "kind")]
    ids: Vec<i64>,
    /// All dead letters of this kind; requires --dead.
    #[arg(long, requires = "dead", conflicts_with = "ids")]
    kind: Option<String>,
    /// Confirm that --kind means its dead letters.
    #[arg(long, requires = "kind")]
    dead: bool,
}

pub async fn run(jobs: &Jobs, command: JobsCommand) -> anyhow::Result<()> {
    match command {
        JobsCommand::List {
            kind,
            dead,
            after,
            limit,
        } => list(jobs, Filter { kind, dead }, after, limit).await,
        JobsCommand::Retry(Which {
            kind: Some(kind), ..
        }) => {
            say!("{} retried.", jobs.retry_dead(&kind).await?);
            Ok(())
        }
        JobsCommand::Drop(Which {
            kind: Some(kind), ..
        }) => {
            say!("{} dropped.", jobs.remove_dead(&kind).await?);
            Ok(())
        }
        JobsCommand::Retry(Which { ids, .. }) => {
            let mut missing = Vec::new();
            for id in ids {
                if jobs.retry(id).await? {
                    say!("{id} retried.");
                } else {
                    missing.push(id);
                }
            }
            refuse(&missing, "not in the queue, or running")
        }
        JobsCommand::Drop(Which { ids, .. }) => {
            let mut missing = Vec::new();
            for id in ids {
                if jobs.remove(id).await? {
                    say!("{id} dropped.");
                } else {
                    missing.push(id);
                }
            }
            refuse(&missing, "not in the queue")
        }
    }
}

fn refuse(ids: &[i64], why: &str) -> anyhow::Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
    bail!("{why}: {}", ids.join(", "))
}

async fn list(jobs: &Jobs, filter: Filter, after: i64, limit: u64) -> anyhow::Result<()> {
    let page = jobs.list(&filter, after, limit).await?;
    say!(
        "{:>8}  {:<16}  {:<7}  {:>5}  {:<24}  LAST ERROR",
        "ID",
        "KIND",
        "STATE",
        "TRIES",
        "DUE"
    );
    for job in &page.items {
        say!("{}", line(job));
    }
    if let Some(next) = page.next {
        say!("There are more: --after {next}");
    }
    Ok(())
}

fn line(job: &Listed) -> String {
    let error = job.last_error.as_deref().unwrap_or_default();
    // One line each, whatever the error contains.
    let error: String = error
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_ERROR)
        .collect();
    format!(
        "{:>8}  {:<16}  {:<7}  {:>5}  {:<24}  {error}",
        job.id,
        job.kind,
        job.state.word(),
        job.tries,
        clock::timestamp(job.run_at).0,
    )
    .trim_end()
    .to_owned()
}
