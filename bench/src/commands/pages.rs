mod works;

use std::{
    iter,
    sync::Arc,
    time::{Duration, Instant},
};

use clap::Args;
use futures_util::{StreamExt, TryStreamExt, stream};
use shared::paths;
use works::Works;

use crate::{
    critiques::Critique,
    report::{Report, float},
    schedule::Schedule,
    setup::Setup,
    site::Site,
    ticket::Ticket,
    visits::{Visits, in_turn, visit},
};

/// Index of the user who requests the pages and owns the artwork shown.
const VIEWER: usize = 0;
/// Warm-up requests for cold caches, excluded from the times.
const WARM_UP: usize = 20;
/// Concurrent posts while preparing the artwork's critiques.
const AT_ONCE: usize = 8;

#[derive(Args)]
pub struct Pages {
    #[command(flatten)]
    setup: Setup,
    /// Users, each with a work in the gallery.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(2..))]
    users: u32,
    /// Request pages of this many different works, instead of the gallery, one work and the inbox.
    #[arg(long, conflicts_with = "rate", value_parser = clap::value_parser!(u32).range(2..))]
    works: Option<u32>,
    /// Critiques per second to random ones of these works meanwhile.
    #[arg(long, default_value_t = 0, requires = "works")]
    posting: u32,
    /// Critiques on each work whose page is requested.
    #[arg(long, default_value_t = 50)]
    critiques: u32,
    /// Requests per second, in an open loop. By default, requests are sequential over one
    /// connection.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    rate: Option<u32>,
    /// Request pages as a guest, without the inbox.
    #[arg(long)]
    guest: bool,
    /// How long to request each page, in seconds.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

impl Pages {
    pub async fn run(self) -> anyhow::Result<Report> {
        let works = self.works.unwrap_or(1);
        let users = self.users.max(works) as usize;
        let site = Arc::new(self.setup.ready(users).await?);
        let mut report = Report::new("pages", &site);
        report.condition("critiques on each work", self.critiques);
        report.condition("seconds for each page", self.seconds);
        match self.rate {
            Some(rate) => report.condition("requests a second", rate),
            None => report.condition("requests", "one after the other over one connection"),
        }
        let by = if self.guest {
            "a guest"
        } else {
            "somebody signed in"
        };
        report.note(format!(
            "Asked for by {by}, compressed as browsers ask for it."
        ));

        let critique = |n: u32| {
            let artist = VIEWER + (n % works) as usize;
            let author = (artist + 1 + (n / works) as usize % (users - 1)) % users;
            Critique {
                ticket: Ticket(n),
                author,
                artist,
            }
            .post(&site)
        };
        let prepared = self.critiques * works;
        stream::iter(0..prepared)
            .map(critique)
            .buffer_unordered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        if self.works.is_some() {
            report.condition("different works", works);
            report.condition("critiques a second meanwhile", self.posting);
            let works = Works {
                count: works as usize,
                posting: self.posting,
                viewer: (!self.guest).then_some(VIEWER),
                length: Duration::from_secs(self.seconds),
                first: prepared,
                seed: self.setup.seed,
            };
            works.measure(&site, &mut report).await?;
            return Ok(report);
        }
        let artwork = paths::artwork(site.users[VIEWER].artwork);
        let pages = [
            ("gallery", paths::GALLERY),
            ("artwork", &artwork),
            ("inbox by REST", paths::api::NOTIFICATIONS),
        ];
        for (name, path) in pages.into_iter().take(if self.guest { 2 } else { 3 }) {
            self.measure(&site, &mut report, name, path).await?;
        }
        Ok(report)
    }

    async fn measure(
        &self,
        site: &Arc<Site>,
        report: &mut Report,
        name: &str,
        path: &str,
    ) -> anyhow::Result<()> {
        let viewer = (!self.guest).then_some(VIEWER);
        for _ in 0..WARM_UP {
            site.page(viewer, path).await?.expect(200)?;
        }
        let (length, meter) = (Duration::from_secs(self.seconds), site.meter()?);
        let visits = match self.rate {
            Some(rate) => {
                at_rate(
                    site,
                    viewer,
                    path,
                    Schedule::poisson(rate.into(), length, self.setup.seed),
                )
                .await?
            }
            None => {
                let until = Instant::now() + length;
                let pages = iter::repeat(path.into());
                in_turn(site, viewer, pages, || Instant::now() < until).await
            }
        };
        let spent = meter.read()?;
        report.times(name, &visits.times);
        report.count(format!("{name}: bytes as sent"), visits.bytes);
        report.number(
            format!("{name}: answered"),
            float(visits.count) / spent.wall.as_secs_f64(),
            "a second",
        );
        report.spent(name, &spent, Some((visits.count, "answer")));
        report.failures(&visits.failures);
        Ok(())
    }
}

async fn at_rate(
    site: &Arc<Site>,
    viewer: Option<usize>,
    path: &str,
    schedule: Schedule,
) -> anyhow::Result<Visits> {
    let (site, path) = (site.clone(), Arc::<str>::from(path));
    let turns = schedule
        .run(move |_| visit(site.clone(), viewer, path.clone()))
        .await?;
    let mut visits = Visits::default();
    for turn in turns {
        visits.add(turn.outcome, turn.ended - turn.due);
    }
    Ok(visits)
}
