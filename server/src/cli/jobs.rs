//! Background jobs. Every node runs them; concurrent runs on several nodes are safe.

use std::time::Duration;

use domain::Domain;
use tokio::task::JoinSet;

/// Starts the jobs: removal of empty picture folders, once, and the hourly clean-up. They end when
/// the returned set is dropped.
pub fn start(domain: Domain) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let media = domain.artworks.media().clone();
    tasks.spawn(async move {
        match media.remove_empty_folders().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed empty picture folders"),
            Err(error) => tracing::warn!(%error, "empty picture folders could not be removed"),
        }
    });
    tasks.spawn(async move {
        // Jitter, so that nodes started together do not clean up together.
        tokio::time::sleep(Duration::from_mins(10).mul_f64(rand::random())).await;
        let task = domain.upkeep.task("clean-up", Duration::from_hours(3));
        let mut hourly = tokio::time::interval(Duration::from_hours(1));
        loop {
            hourly.tick().await;
            task.note(&domain.clean_up().await);
        }
    });
    tasks
}
