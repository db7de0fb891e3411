//! What a node hears and notices besides the bus: what commands have left for it, a new history,
//! nodes that the bus does not reach, a database that is no longer the one that was opened,
//! pictures in another folder.

use std::{
    sync::atomic::Ordering,
    time::{Duration, Instant},
};

use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    Domain, Error, Result,
    live::{Delivery, NodeId},
    pictures,
    store::{Identity, LiveNodes, all_nodes, outbox},
    warnings::Concern,
};

/// Looks for what commands have left this often: SQLite says by itself whether there may be
/// something, PostgreSQL is asked.
const LISTENING_TO_SQLITE: Duration = Duration::from_millis(250);
const LISTENING_TO_POSTGRES: Duration = Duration::from_millis(500);
/// Looks at the database's file this often.
const FILE: Duration = Duration::from_millis(500);
/// Writes itself into the database, and looks who else does, this often.
const BEAT: Duration = Duration::from_secs(2);
/// Looks at the marker of the pictures this often.
const PICTURES: Duration = Duration::from_secs(30);
/// No look may take longer, or it would be the last.
const DEADLINE: Duration = Duration::from_secs(5);

impl Domain {
    /// Begins to listen and to look. Ends when dropped.
    pub fn watch(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        for concern in Concern::ALL {
            self.warnings.set(concern, None);
        }
        tasks.spawn(self.clone().listen_to_commands());
        tasks.spawn(self.clone().look_at_pictures());
        if self.store.presence().guarded().is_some() {
            tasks.spawn(self.clone().look_at_file());
        }
        if !self.store.one_writer() {
            tasks.spawn(self.clone().meet_nodes());
        }
        tasks
    }

    async fn listen_to_commands(self) {
        let mut version = None;
        let mut unheard = true;
        let mut ticks = ticks(if self.store.one_writer() {
            LISTENING_TO_SQLITE
        } else {
            LISTENING_TO_POSTGRES
        });
        loop {
            ticks.tick().await;
            // Where another process makes changes that it says nothing of, as an operator with a
            // shell does, everything is asked anew.
            let elsewhere = timeout(DEADLINE, self.store.changed_elsewhere(&mut version))
                .await
                .ok()
                .flatten();
            unheard |= elsewhere != Some(false);
            if unheard {
                unheard = look(
                    "what commands have left",
                    self.listen(elsewhere == Some(true)),
                )
                .await
                .is_none();
            }
        }
    }

    /// Hears what commands have left, and what the database is called now.
    async fn listen(&self, changed_elsewhere: bool) -> Result<()> {
        let heard_to = self.store.presence().heard_to();
        let (place, deliveries) =
            outbox::read(self.store.readers(), heard_to.load(Ordering::Acquire)).await?;
        for delivery in deliveries {
            self.store.bus().deliver_here(delivery);
        }
        heard_to.store(place, Ordering::Release);
        if changed_elsewhere {
            self.recognise().await?;
            self.store.bus().deliver_here(Delivery::Lost);
        }
        Ok(())
    }

    /// Looks what the database is called: another site's is not ours, and a new history makes
    /// everybody start over.
    async fn recognise(&self) -> Result<()> {
        let identity = Identity::read(self.store.readers()).await?;
        let another = (identity.site != *self.store.site()).then(|| {
            format!(
                "the database is now of another site ({}), so nothing more is acknowledged. Restart this server if that is meant",
                identity.site
            )
        });
        let epoch = identity.epoch.clone();
        // Noted before it is warned of: the look at the file leaves the warning alone from then on.
        if self.store.presence().note(identity) {
            tracing::warn!(%epoch, "the database has a new history, as after a restore: every client of this node starts over");
            self.store.forget_all();
            self.hub.start_over();
        }
        if another.is_some() || self.store.presence().guarded().is_none() {
            self.warnings.set(Concern::Database, another);
        }
        Ok(())
    }

    /// Looks whether the database's file is still the one that was opened.
    async fn look_at_file(self) {
        let mut ticks = ticks(FILE);
        loop {
            ticks.tick().await;
            let Some(guard) = self.store.presence().guarded() else {
                return;
            };
            let sound = timeout(DEADLINE, guard.look()).await.unwrap_or(false);
            if sound && self.store.presence().in_place().is_err() {
                // The file is the one that was opened, but it is of another site now.
                continue;
            }
            let wrong = || {
                "the database's file was deleted, replaced or overwritten under the running server, so nothing more is acknowledged. Put \
                 it back, or restart the server to use what is there now"
                    .to_owned()
            };
            self.warnings.set(Concern::Database, (!sound).then(wrong));
        }
    }

    /// Writes this node into the database, and finds the nodes there whose messages don't arrive.
    async fn meet_nodes(self) {
        let (mut live_nodes, mut before) = (LiveNodes::default(), false);
        let mut ticks = ticks(BEAT);
        loop {
            ticks.tick().await;
            let Some(unheard) = look("the nodes of this site", self.meet(&mut live_nodes)).await
            else {
                continue;
            };
            // A node that has just come may not have said anything yet.
            let twice = before && !unheard.is_empty();
            before = !unheard.is_empty();
            self.store.bus().note_unheard(twice);
            metrics::gauge!("artcritique_nodes_unheard")
                .set(u32::try_from(unheard.len()).unwrap_or(u32::MAX));
            let wrong = || {
                format!(
                    "{} over the same database can't tell this one of changes ({}), so news takes a second and nothing is remembered. Give \
                     every node the same ARTCRITIQUE_BUS, redis or postgres",
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

    async fn meet(&self, live_nodes: &mut LiveNodes) -> Result<Vec<String>> {
        self.store.write_presence().await?;
        self.recognise().await?;
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

    async fn look_at_pictures(self) {
        let mut ticks = ticks(PICTURES);
        loop {
            ticks.tick().await;
            let wrong =
                match timeout(DEADLINE, pictures::look(&self.store, self.artworks.media())).await {
                    Ok(Ok(folder)) => folder.wrong(),
                    Ok(Err(Error::Media(error))) => {
                        Some(format!("the folder of pictures can't be used: {error}"))
                    }
                    // Of the database others tell.
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

/// A look that fails or takes too long is made again at the next tick.
async fn look<T>(at: &str, look: impl Future<Output = Result<T>>) -> Option<T> {
    match timeout(DEADLINE, look).await {
        Ok(Ok(found)) => Some(found),
        Ok(Err(error)) => {
            tracing::debug!(%error, "could not look at {at}");
            None
        }
        Err(_) => {
            tracing::debug!("looking at {at} takes too long");
            None
        }
    }
}
