//! A node's background checks besides the bus: outbox messages from commands, a new epoch, nodes
//! that the bus does not reach, a replaced database, a wrong picture folder.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    Error, Result, Store,
    artworks::{Media, pictures},
    bus::{Delivery, NodeId},
    hub::Hub,
    store::{Identity, LiveNodes, all_nodes, outbox},
    warnings::{Concern, Warnings},
};

/// Interval of outbox polls on SQLite, which read the table only if `data_version` has changed.
const SQLITE_OUTBOX_INTERVAL: Duration = Duration::from_millis(250);
/// Interval of outbox polls on PostgreSQL.
const POSTGRES_OUTBOX_INTERVAL: Duration = Duration::from_millis(500);
/// Interval of checks of the database's file.
const FILE_INTERVAL: Duration = Duration::from_millis(500);
/// Interval of heartbeats to the database and of checks of the other nodes' heartbeats.
const HEARTBEAT_INTERVAL: Duration = Duration::from_secs(2);
/// Interval of checks of the picture folder's marker.
const PICTURES_INTERVAL: Duration = Duration::from_secs(30);
/// Timeout of each check, so that a hanging one does not stop its task.
const CHECK_TIMEOUT: Duration = Duration::from_secs(5);

/// What the checks look at and report to.
#[derive(Clone)]
pub(crate) struct Watch {
    pub store: Store,
    pub hub: Hub,
    pub media: Media,
    pub warnings: Warnings,
}

impl Watch {
    /// Starts the background checks. Dropping the returned set stops them.
    pub fn start(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for concern in Concern::ALL {
            self.warnings.set(concern, None);
        }
        tasks.spawn(self.clone().poll_outbox());
        tasks.spawn(self.clone().check_pictures());
        if self.store.presence().guarded().is_some() {
            tasks.spawn(self.clone().check_file());
        }
        if !self.store.one_writer() {
            tasks.spawn(self.clone().exchange_heartbeats());
        }
        tasks
    }

    async fn poll_outbox(self) {
        let mut version = None;
        let mut unheard = true;
        let mut ticks = ticks(if self.store.one_writer() {
            SQLITE_OUTBOX_INTERVAL
        } else {
            POSTGRES_OUTBOX_INTERVAL
        });
        loop {
            ticks.tick().await;
            // Another process, such as an operator's SQL shell, may change data without a message.
            let elsewhere = timeout(CHECK_TIMEOUT, self.store.changed_elsewhere(&mut version))
                .await
                .ok()
                .flatten();
            unheard |= elsewhere != Some(false);
            if unheard {
                unheard = look(
                    "what commands have left",
                    self.read_outbox(elsewhere == Some(true)),
                )
                .await
                .is_none();
            }
        }
    }

    /// Delivers outbox messages to this process. If another process has changed the database, also
    /// checks its identity and re-reads everything.
    async fn read_outbox(&self, changed_elsewhere: bool) -> Result<()> {
        let outbox_cursor = self.store.presence().outbox_cursor();
        let (cursor, deliveries) =
            outbox::read(self.store.readers(), outbox_cursor.load(Ordering::Acquire)).await?;
        for delivery in deliveries {
            self.store.bus().deliver_here(delivery);
        }
        outbox_cursor.store(cursor, Ordering::Release);
        if changed_elsewhere {
            self.check_identity().await?;
            self.store.bus().deliver_here(Delivery::Lost);
        }
        Ok(())
    }

    /// Reads the database's identity. Another site's database raises a warning; a new epoch makes
    /// every client reload.
    async fn check_identity(&self) -> Result<()> {
        let identity = Identity::read(self.store.readers()).await?;
        let another = (identity.site != *self.store.site()).then(|| {
            format!(
                "the database is now that of another site ({}), so no further change is acknowledged. If that is intended, restart this server",
                identity.site
            )
        });
        let epoch = identity.epoch.clone();
        // Noted before the warning is set, so that `check_file` does not clear the warning.
        if self.store.presence().note(identity) {
            tracing::warn!(%epoch, "the database has a new epoch, as after a restore: every client of this node discards its state");
            self.store.invalidate_all();
            self.hub.start_over();
        }
        if another.is_some() || self.store.presence().guarded().is_none() {
            self.warnings.set(Concern::Database, another);
        }
        Ok(())
    }

    /// Checks repeatedly that the database's file has not been replaced since the server opened it.
    async fn check_file(self) {
        let mut ticks = ticks(FILE_INTERVAL);
        loop {
            ticks.tick().await;
            let Some(guard) = self.store.presence().guarded() else {
                return;
            };
            // A check that takes too long says nothing about the file.
            let checked = timeout(CHECK_TIMEOUT, guard.check()).await;
            let sound = checked.unwrap_or_else(|_| guard.held());
            if sound && self.store.presence().in_place().is_err() {
                // The file was not replaced but now holds another site's database; `check_identity`
                // sets the warning.
                continue;
            }
            let wrong = || {
                "the database's file was deleted, replaced or overwritten under the running server, so no further change is acknowledged. \
                 Put the file back, or restart the server to use the database that is there now"
                    .to_owned()
            };
            self.warnings.set(Concern::Database, (!sound).then(wrong));
        }
    }

    /// Writes heartbeats, and finds live nodes whose messages don't arrive.
    async fn exchange_heartbeats(self) {
        let (mut live_nodes, mut before) = (LiveNodes::default(), false);
        let mut ticks = ticks(HEARTBEAT_INTERVAL);
        loop {
            ticks.tick().await;
            let Some(unheard) =
                look("the nodes of this site", self.heartbeat(&mut live_nodes)).await
            else {
                continue;
            };
            // Warn only on the second finding: a new node may not have sent a message yet.
            let twice = before && !unheard.is_empty();
            before = !unheard.is_empty();
            self.store.bus().note_unheard(twice);
            metrics::gauge!("artcritique_nodes_unheard")
                .set(u32::try_from(unheard.len()).unwrap_or(u32::MAX));
            let wrong = || {
                format!(
                    "this node receives no messages from {} over the same database ({}), so it caches nothing and queries the database every second. \
                     Give every node the same ARTCRITIQUE_BUS, redis or postgres",
                    if unheard.len() == 1 {
                        "another node".to_owned()
                    } else {
                        format!("{} nodes", unheard.len())
                    },
                    unheard.join(", ")
                )
            };
            self.warnings.set(Concern::Nodes, twice.then(wrong));
        }
    }

    /// Writes this node's heartbeat; returns the live nodes whose messages don't arrive.
    async fn heartbeat(&self, live_nodes: &mut LiveNodes) -> Result<Vec<String>> {
        self.store.write_presence().await?;
        self.check_identity().await?;
        let rows = all_nodes(self.store.readers()).await?;
        let bus = self.store.bus();
        let unheard = |id: &str| {
            id.parse::<NodeId>()
                .is_ok_and(|node| bus.hears(node) == Some(false))
        };
        let living = live_nodes
            .look(&rows, Instant::now())
            .into_iter()
            .filter(|row| row.id != self.store.presence().id());
        Ok(living
            .filter(|row| unheard(&row.id))
            .map(|row| format!("{} with the bus {}", row.id, row.bus))
            .collect())
    }

    async fn check_pictures(self) {
        let mut ticks = ticks(PICTURES_INTERVAL);
        loop {
            ticks.tick().await;
            let wrong = match timeout(CHECK_TIMEOUT, pictures::look(&self.store, &self.media)).await
            {
                Ok(Ok(folder)) => folder.wrong(),
                Ok(Err(Error::Media(error))) => {
                    Some(format!("the picture folder can't be used: {error}"))
                }
                // Other checks report database errors.
                Ok(Err(_)) | Err(_) => continue,
            };
            self.warnings.set(Concern::Pictures, wrong);
        }
    }
}

fn ticks(every: Duration) -> tokio::time::Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Runs a check with a timeout; `None` if it fails, to be retried at the next tick.
async fn look<T>(at: &str, look: impl Future<Output = Result<T>>) -> Option<T> {
    match timeout(CHECK_TIMEOUT, look).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(error)) => {
            tracing::debug!(%error, "could not check {at}");
            None
        }
        Err(_) => {
            tracing::debug!("checking {at} timed out");
            None
        }
    }
}
