//! What is done now and then, without being asked.

use std::time::Duration;

use domain::Domain;

/// Clears away sessions that have expired, once an hour.
pub fn start(domain: Domain) -> tokio::task::JoinHandle<()> {
    tokio::spawn(async move {
        let mut hourly = tokio::time::interval(Duration::from_hours(1));
        loop {
            hourly.tick().await;
            match domain.sessions.delete_expired().await {
                Ok(0) => {}
                Ok(count) => tracing::info!(count, "expired sessions deleted"),
                Err(error) => tracing::warn!(%error, "expired sessions could not be deleted; trying again in an hour"),
            }
        }
    })
}
