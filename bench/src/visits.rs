//! Requests for pages, and how long the responses took.

use std::{
    ops::AddAssign,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use shared::paths;
use tokio::task::JoinSet;

use crate::{site::Site, times::Times};

/// Results of requests for pages.
#[derive(Default)]
pub struct Visits {
    pub times: Times,
    pub count: usize,
    /// The size of the latest page, as sent.
    pub bytes: usize,
    pub failures: Vec<anyhow::Error>,
}

impl Visits {
    /// Adds a request by its outcome, the page's size in bytes.
    pub fn add(&mut self, outcome: anyhow::Result<usize>, time: Duration) {
        match outcome {
            Ok(bytes) => {
                self.times.record(time);
                (self.count, self.bytes) = (self.count + 1, bytes);
            }
            Err(failure) => self.failures.push(failure),
        }
    }
}

impl AddAssign for Visits {
    fn add_assign(&mut self, other: Self) {
        self.times += other.times;
        self.count += other.count;
        self.bytes = other.bytes;
        self.failures.extend(other.failures);
    }
}

/// Requests a page as a user, or as a guest; returns its size in bytes.
///
/// # Errors
/// When the status is not 200.
pub async fn visit(
    site: Arc<Site>,
    viewer: Option<usize>,
    path: Arc<str>,
) -> anyhow::Result<usize> {
    Ok(site.page(viewer, &path).await?.expect(200)?.body.len())
}

/// Requests pages one after the other, while `goes_on` returns true.
pub async fn in_turn(
    site: &Arc<Site>,
    viewer: Option<usize>,
    mut pages: impl Iterator<Item = Arc<str>>,
    goes_on: impl Fn() -> bool,
) -> Visits {
    let mut visits = Visits::default();
    while let Some(path) = pages.next().filter(|_| goes_on()) {
        let began = Instant::now();
        let outcome = visit(site.clone(), viewer, path).await;
        visits.add(outcome, began.elapsed());
    }
    visits
}

/// The pages of random users' works, without end.
pub fn of_random_works(
    site: &Site,
    works: usize,
    seed: u64,
) -> impl Iterator<Item = Arc<str>> + use<> {
    let pages: Vec<Arc<str>> = site
        .users
        .iter()
        .take(works)
        .map(|user| paths::artwork(user.artwork).into())
        .collect();
    let mut random = StdRng::seed_from_u64(seed);
    std::iter::from_fn(move || pages.get(random.random_range(0..pages.len())).cloned())
}

/// Guests who request pages of random works in a closed loop, each over a connection of their own.
pub struct Guests {
    visitors: JoinSet<Visits>,
    stop: Arc<AtomicBool>,
    began: Instant,
}

impl Guests {
    /// Starts this many guests.
    pub fn start(site: &Arc<Site>, count: u32, seed: u64) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let visitors = (0..count).map(|guest| {
            let pages = of_random_works(site, site.users.len(), seed.wrapping_add(guest.into()));
            let (site, stop) = (site.clone(), stop.clone());
            async move { in_turn(&site, None, pages, || !stop.load(Relaxed)).await }
        });
        Self {
            visitors: visitors.collect(),
            stop,
            began: Instant::now(),
        }
    }

    /// Stops the guests; returns their requests and how long they went on.
    pub async fn stop(mut self) -> anyhow::Result<(Visits, Duration)> {
        self.stop.store(true, Relaxed);
        let (mut all, took) = (Visits::default(), self.began.elapsed());
        while let Some(visits) = self.visitors.join_next().await {
            all += visits?;
        }
        Ok((all, took))
    }
}
