//! What is done now and then, without being asked. Any number of nodes may do it: each job takes
//! what it finds, and nothing twice.

use std::time::Duration;

use domain::Domain;
use tokio::task::JoinSet;

/// Clears away what is over, once an hour. Ends when dropped.
pub fn start(domain: Domain) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let media = domain.artworks.media().clone();
    tasks.spawn(async move {
        match media.remove_empty_folders().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "empty folders of pictures are removed"),
            Err(error) => tracing::warn!(%error, "empty folders of pictures stay"),
        }
    });
    tasks.spawn(async move {
        // Nodes that were started together don't do it together.
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
