use anyhow::ensure;
use clap::Args;

use super::latency::Latency;
use crate::report::Report;

/// The server's setting for the number of jobs to enqueue per minute.
const LOAD: &str = "ARTCRITIQUE_LOAD_JOBS";

#[derive(Args)]
pub struct Jobs {
    #[command(flatten)]
    latency: Latency,
    /// Jobs per minute.
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=600_000))]
    per_minute: u32,
    /// How often to measure without and with jobs, alternating.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=20))]
    rounds: u8,
}

impl Jobs {
    pub async fn run(self) -> anyhow::Result<Report> {
        ensure!(
            self.latency.setup.server.is_some(),
            "this measurement starts its servers: give --server and --site"
        );
        let mut report: Option<Report> = None;
        for round in 1..=self.rounds {
            for with_jobs in [false, true] {
                let mut latency = self.latency.clone();
                let mut name = format!("round {round}, no jobs");
                if with_jobs {
                    latency.jobs_per_minute = Some(self.per_minute);
                    let env = &mut latency.setup.env;
                    env.push((LOAD.into(), self.per_minute.to_string()));
                    env.push(("ARTCRITIQUE_ALLOW_MINT".into(), "1".into()));
                    name = format!("round {round}, with jobs");
                }
                let measured = latency.run().await?;
                match &mut report {
                    Some(report) => report.append(&name, measured),
                    None => report = Some(measured.named("jobs", &name)),
                }
            }
        }
        let mut report = report.ok_or_else(|| anyhow::anyhow!("no rounds"))?;
        report.condition("jobs a minute", self.per_minute);
        Ok(report)
    }
}
