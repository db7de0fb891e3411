use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::jobs::{Handlers, Job, Outcome};

/// Waits and does nothing else. Load tests fill the queue with it.
#[derive(Clone, Serialize, Deserialize)]
pub struct Probe {
    /// How long it waits, in milliseconds, as a job that waits for a network does.
    pub wait_ms: u64,
}

impl Job for Probe {
    const KIND: &'static str = "probe";
    const CONCURRENCY: usize = 16;
}

/// Registers [`Probe`].
pub fn register(handlers: Handlers) -> Handlers {
    handlers.on(|job: Probe, _| async move {
        tokio::time::sleep(Duration::from_millis(job.wait_ms)).await;
        Ok(Outcome::Done)
    })
}
