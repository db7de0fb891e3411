//! Pages of many different works, while critiques are posted to them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    critiques::{
        Critique, {self},
    },
    process::Spent,
    report::{Report, float},
    schedule::{Schedule, Turn},
    site::Site,
    times::Times,
    visits::{in_turn, of_random_works},
};

/// What is measured.
pub struct Works {
    /// Pages of this many works are requested, at random.
    pub count: usize,
    /// Critiques per second to random works.
    pub posting: u32,
    pub viewer: Option<usize>,
    pub length: Duration,
    /// The number of the first critique.
    pub first: u32,
    pub seed: u64,
}

impl Works {
    /// Measures posting alone, then requests pages one after the other while as much is posted.
    pub async fn measure(self, site: &Arc<Site>, report: &mut Report) -> anyhow::Result<()> {
        let pages = || of_random_works(site, self.count, self.seed);
        let warm = Instant::now() + Duration::from_secs(1);
        let warm_up = in_turn(site, self.viewer, pages(), || Instant::now() < warm).await;
        report.failures(&warm_up.failures);

        let alone = if self.posting > 0 {
            let meter = site.meter()?;
            let turns = self.post(site, self.first, self.seed).await?;
            let spent = meter.read()?;
            show_posts(report, "posting alone", &turns);
            report.spent("posting alone", &spent, Some((turns.len(), "critique")));
            Some((spent, self.first + u32::try_from(turns.len())?))
        } else {
            None
        };
        let (meter, until) = (site.meter()?, Instant::now() + self.length);
        let visiting = in_turn(site, self.viewer, pages(), || Instant::now() < until);
        let (visits, mut spent) = match &alone {
            Some((_, next)) => {
                // Another seed, so that other works come in another order.
                let posts = self.post(site, *next, self.seed.wrapping_add(1));
                let (visits, turns) = tokio::join!(visiting, posts);
                let spent = meter.read()?;
                show_posts(report, "posting meanwhile", &turns?);
                (visits, spent)
            }
            None => (visiting.await, meter.read()?),
        };
        report.times("works", &visits.times);
        report.count("works: bytes of the last page as sent", visits.bytes);
        report.number(
            "works: answered",
            float(visits.count) / self.length.as_secs_f64(),
            "a second",
        );
        if let Some((alone, _)) = &alone {
            subtract(&mut spent, alone);
            report.note("The server CPU for pages of works is that of pages and posting together, less that of posting alone.");
        }
        report.spent("works", &spent, Some((visits.count, "page")));
        report.failures(&visits.failures);
        Ok(())
    }

    async fn post(
        &self,
        site: &Arc<Site>,
        first: u32,
        seed: u64,
    ) -> anyhow::Result<Vec<Turn<Critique>>> {
        let schedule = Schedule::poisson(self.posting.into(), self.length, seed);
        let planned: Vec<_> = critiques::at_random(self.count, first, seed)
            .take(schedule.len())
            .collect();
        let site = site.clone();
        schedule
            .run(move |n| {
                let (site, critique) = (site.clone(), planned[n]);
                async move { critique.post(&site).await }
            })
            .await
    }
}

fn show_posts(report: &mut Report, stretch: &str, turns: &[Turn<Critique>]) {
    let times: Times = turns.iter().map(|turn| turn.ended - turn.due).collect();
    report.times(format!("{stretch}: sent to acknowledged"), &times);
    report.failures(turns.iter().filter_map(|turn| turn.outcome.as_ref().err()));
}

fn subtract(spent: &mut Spent, other: &Spent) {
    if let (Some(server), Some(other)) = (&mut spent.server, other.server) {
        *server = server.saturating_sub(other);
    }
}
