//! What a hub does by itself: hand out what the bus brings, look in the database for what it did not, and see to errands.

use std::{sync::Arc, time::Duration};

use shared::{UserId, live::close};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{Hub, Socket, lock};
use crate::live::Delivery;

/// Asks the database for missed changes this often, and this often while the bus is down.
const SWEEP: Duration = Duration::from_secs(25);
const SWEEP_WHILE_DOWN: Duration = Duration::from_secs(1);
/// Looks whether it is this often.
const GLANCE: Duration = Duration::from_millis(500);
/// Sweeps are at least this far apart, however many losses are heard of.
const APART: Duration = Duration::from_millis(250);
/// Asks it for ended sessions this often; the backstop behind [`crate::live::Message::SessionEnded`].
const SESSION_SWEEP: Duration = Duration::from_secs(30);
/// How long a person's standing is remembered after their last socket has gone.
const REMEMBERED: Duration = Duration::from_secs(90);
/// Looks for errands this often, besides when told of one.
const ERRANDS: Duration = Duration::from_secs(3);
/// People asked about at once.
const BATCH: usize = 500;

impl Hub {
    /// Begins to listen to the bus, to sweep and to run errands. Nothing is delivered live before. Ends when dropped.
    pub fn start(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.clone().listen());
        tasks.spawn(self.clone().sweep_now_and_then());
        tasks.spawn(self.clone().run_errands());
        tasks
    }

    async fn listen(self) {
        let mut messages = self.0.bus.subscribe();
        while let Some(delivery) = messages.next().await {
            match delivery {
                Delivery::Message(message) => {
                    self.0.sessions.store().hear(&message);
                    self.deliver(message);
                }
                Delivery::Lost => {
                    self.0.sessions.store().forget_all();
                    self.forget_the_absent(Duration::ZERO);
                    self.0.lost.notify_one();
                    self.0.errand.notify_one();
                }
            }
        }
    }

    async fn sweep_now_and_then(self) {
        let mut sessions_at = Instant::now() + SESSION_SWEEP;
        let mut told_of_a_loss = false;
        loop {
            let began = Instant::now();
            let lost = self.sweep().await;
            let every = if self.0.bus.up() { SWEEP } else { SWEEP_WHILE_DOWN };
            if Instant::now() >= sessions_at || told_of_a_loss || !self.0.bus.up() {
                self.sweep_sessions().await;
                sessions_at = Instant::now() + SESSION_SWEEP;
            }
            self.forget_the_absent(REMEMBERED);
            if lost > 0 {
                tracing::debug!(lost, "the sweep found changes that no message told of");
            }
            sleep(APART).await;
            // The bus may go down meanwhile.
            let until = began + every;
            told_of_a_loss = false;
            while !told_of_a_loss && Instant::now() < until && (self.0.bus.up() || every == SWEEP_WHILE_DOWN) {
                let glance = (Instant::now() + GLANCE).min(until);
                self.0.sessions.store().tidy();
                told_of_a_loss = timeout_at(glance, self.0.lost.notified()).await.is_ok();
            }
        }
    }

    /// Asks the database how far everybody here is, and wakes those who missed something. Gives how many.
    async fn sweep(&self) -> u64 {
        let users: Vec<UserId> =
            lock(&self.0.rooms).users.iter().filter(|(_, room)| !room.sockets.is_empty()).map(|(user, _)| *user).collect();
        let mut lost = 0;
        for batch in users.chunks(BATCH) {
            let heads = match self.0.notifications.heads(batch).await {
                Ok(heads) => heads,
                Err(error) => {
                    tracing::warn!(%error, "sweep failed; the next one tries again");
                    break;
                }
            };
            let mut rooms = lock(&self.0.rooms);
            for (user, head) in heads {
                let Some(room) = rooms.users.get_mut(&user) else { continue };
                if room.ring.learn(head) {
                    lost += 1;
                    room.sockets.iter().for_each(|socket| socket.wake.notify_one());
                }
            }
        }
        metrics::counter!("artcritique_sweep_losses_total").increment(lost);
        lost
    }

    /// Closes the sockets of sessions that ended without a message.
    async fn sweep_sessions(&self) {
        let sockets: Vec<Arc<Socket>> = lock(&self.0.rooms).users.values().flat_map(|room| room.sockets.clone()).collect();
        for batch in sockets.chunks(BATCH) {
            match self.0.sessions.alive(batch.iter().map(|socket| &socket.session)).await {
                Ok(alive) => {
                    let ended = batch.iter().filter(|socket| !alive.contains(&socket.session));
                    ended.for_each(|socket| socket.end(close::SESSION_ENDED));
                }
                Err(error) => return tracing::warn!(%error, "session sweep failed; the next one tries again"),
            }
        }
    }

    /// Clears away the rooms that have been empty for this long.
    fn forget_the_absent(&self, after: Duration) {
        lock(&self.0.rooms).users.retain(|_, room| room.left_at.is_none_or(|at| at.elapsed() < after));
    }

    /// Tells followers of new works: those whom a job reaches, and those here for whom lines are waiting.
    async fn run_errands(self) {
        loop {
            if let Err(error) = self.errands().await {
                tracing::warn!(%error, "errands failed; they are tried again");
            }
            tokio::select! {
                () = self.0.errand.notified() => {}
                () = sleep_until(Instant::now() + ERRANDS) => {}
            }
        }
    }

    async fn errands(&self) -> crate::Result<()> {
        while self.0.notifications.errand().await? {}
        if self.0.notifications.anything_lazy().await? {
            let here: Vec<UserId> = lock(&self.0.rooms).users.keys().copied().collect();
            for batch in here.chunks(BATCH) {
                self.0.notifications.catch_up(batch).await?;
            }
        }
        Ok(())
    }
}
