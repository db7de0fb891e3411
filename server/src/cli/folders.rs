//! Work that a node does on its own, outside the job queue.

use domain::Domain;
use tokio::task::JoinSet;

/// Starts to remove empty folders from this node's picture folder. Ends when the returned set is
/// dropped.
pub fn remove_empty_folders(domain: Domain) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let media = domain.artworks.media().clone();
    tasks.spawn(async move {
        match media.remove_empty_folders().await {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "removed empty picture folders"),
            Err(error) => tracing::warn!(%error, "empty picture folders could not be removed"),
        }
    });
    tasks
}
