//! The runs of this process and the leases that they hold.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::jobs::lease::Held;

/// The runs of this process.
#[derive(Clone, Default)]
pub struct Runs(Arc<Mutex<HashMap<Held, Lease>>>);

struct Lease {
    renewed_at: Instant,
    /// When heartbeats end, so that another node takes over from a handler that blocks its thread
    /// and so can't be cut off.
    overdue_at: Instant,
    lost: CancellationToken,
    cancelled: CancellationToken,
}

/// A run, registered until dropped.
pub struct Active {
    pub held: Held,
    runs: Runs,
    /// Cancelled when the lease is lost.
    pub lost: CancellationToken,
    /// Cancelled when the run should end.
    pub cancelled: CancellationToken,
}

impl Runs {
    fn lock(&self) -> MutexGuard<'_, HashMap<Held, Lease>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn begin(
        &self,
        held: Held,
        claimed_at: Instant,
        time_limit: Duration,
        stop: &CancellationToken,
    ) -> Active {
        let (lost, cancelled) = (CancellationToken::new(), stop.child_token());
        let lease = Lease {
            renewed_at: claimed_at,
            overdue_at: claimed_at + time_limit * 2,
            lost: lost.clone(),
            cancelled: cancelled.clone(),
        };
        self.lock().insert(held, lease);
        Active {
            held,
            runs: self.clone(),
            lost,
            cancelled,
        }
    }

    /// The runs whose lease is to be renewed.
    pub fn held(&self, now: Instant) -> Vec<Held> {
        self.lock()
            .iter()
            .filter(|(_, lease)| now < lease.overdue_at)
            .map(|(held, _)| *held)
            .collect()
    }

    /// Notes which of the leases asked for still stand (`None` if that is unknown), and ends the
    /// runs whose lease is lost or has expired.
    pub fn note(
        &self,
        asked: &[Held],
        standing: Option<&HashSet<Held>>,
        asked_at: Instant,
        lease_time: Duration,
    ) {
        let mut leases = self.lock();
        for held in asked {
            if let (Some(lease), Some(standing)) = (leases.get_mut(held), standing) {
                if standing.contains(held) {
                    lease.renewed_at = asked_at;
                } else {
                    lease.lose();
                }
            }
        }
        let expired = |lease: &&Lease| lease.renewed_at.elapsed() >= lease_time;
        leases.values().filter(expired).for_each(Lease::lose);
    }
}

impl Lease {
    fn lose(&self) {
        self.lost.cancel();
        self.cancelled.cancel();
    }
}

impl Drop for Active {
    fn drop(&mut self) {
        self.runs.lock().remove(&self.held);
        // Also when the runner is dropped, so that work which the handler has spawned ends.
        self.cancelled.cancel();
    }
}
