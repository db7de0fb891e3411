//! What a hub does by itself: hand out what the bus brings, look in the database for what it did
//! not, and see to errands. Whatever is awaited of the database has a deadline; what fails is tried
//! again soon.

use std::{sync::Arc, time::Duration};

use shared::UserId;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use super::{Hub, Socket, doubts::Doubtful, lock};
use crate::{Result, live::Delivery, sessions::SessionKey, upkeep::within};

/// Asks the database for missed changes this often, and this often while the bus is down or the
/// last time was in vain.
const SWEEP: Duration = Duration::from_secs(25);
const SWEEP_SOON: Duration = Duration::from_secs(1);
/// Looks this often whether the bus is down.
const GLANCE: Duration = Duration::from_millis(500);
/// Sweeps are at least this far apart, however many losses are heard of.
const APART: Duration = Duration::from_millis(250);
/// Asks it for ended sessions this often: the backstop behind
/// [`crate::live::Message::SessionEnded`] takes at most 30 s with the query.
const SESSION_SWEEP: Duration = Duration::from_secs(20);
/// How long a query of a sweep may take.
const QUERY_DEADLINE: Duration = Duration::from_secs(3);
/// How long a piece of an errand may take, a transaction of some hundred inboxes.
const ERRAND_DEADLINE: Duration = Duration::from_secs(30);
/// How long a person's standing is remembered after their last socket has gone.
const REMEMBERED: Duration = Duration::from_secs(90);
/// Looks for errands this often, besides when told of one.
const ERRANDS: Duration = Duration::from_secs(3);
/// People asked about at once.
const BATCH: usize = 500;

/// What the sweep of inboxes is called, and after how long without success it is late.
pub const SWEEP_NAME: &str = "sweep";
pub const SWEEP_PATIENCE: Duration = Duration::from_mins(1);

impl Hub {
    /// Begins to listen to the bus, to sweep and to run errands. Nothing is delivered live before.
    /// Ends when dropped.
    pub fn start(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.clone().listen());
        tasks.spawn(self.clone().sweep_inboxes());
        tasks.spawn(self.clone().sweep_sessions());
        tasks.spawn(self.clone().settle_doubts());
        tasks.spawn(self.clone().forget_the_past());
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
                    self.tell_all_watchers();
                    self.0.losses.send_modify(|losses| *losses += 1);
                    self.0.jobs_waiting.notify_one();
                }
            }
        }
    }

    async fn sweep_inboxes(self) {
        let watched = self.0.upkeep.task("sweep of watched works", SWEEP_PATIENCE);
        let mut losses = self.0.losses.subscribe();
        loop {
            let begun = Instant::now();
            let users: Vec<UserId> = {
                let rooms = lock(&self.0.rooms);
                rooms
                    .users
                    .iter()
                    .filter(|(_, room)| !room.sockets.is_empty())
                    .map(|(user, _)| *user)
                    .collect()
            };
            let swept = self.look_up(&users).await;
            self.0.sweep.note(&swept);
            if let Ok(lost @ 1..) = swept {
                tracing::debug!(lost, "the sweep found changes that no message told of");
                metrics::counter!("artcritique_sweep_losses_total").increment(lost);
            }
            let watched_swept = within(QUERY_DEADLINE, self.sweep_watched()).await;
            watched.note(&watched_swept);
            self.rest(
                begun,
                SWEEP,
                swept.is_err() || watched_swept.is_err(),
                &mut losses,
            )
            .await;
        }
    }

    async fn sweep_sessions(self) {
        let task = self.0.upkeep.task("session sweep", SWEEP_PATIENCE);
        let mut losses = self.0.losses.subscribe();
        loop {
            let begun = Instant::now();
            let sockets: Vec<Arc<Socket>> = lock(&self.0.rooms).open_sockets().cloned().collect();
            let swept = self.end_if_over(&sockets).await;
            task.note(&swept);
            self.rest(begun, SESSION_SWEEP, swept.is_err(), &mut losses)
                .await;
        }
    }

    /// Waits until the next sweep is due, which is at once when messages were lost.
    async fn rest(
        &self,
        begun: Instant,
        every: Duration,
        failed: bool,
        losses: &mut watch::Receiver<u64>,
    ) {
        sleep(APART).await;
        let (soon, until) = (begun + SWEEP_SOON, begun + every);
        while Instant::now() < until {
            // The bus may go down meanwhile.
            let hurry = failed || !self.0.bus.up();
            if hurry && Instant::now() >= soon {
                return;
            }
            let glance = (Instant::now() + GLANCE).min(if hurry { soon } else { until });
            if timeout_at(glance, losses.changed()).await.is_ok() {
                return;
            }
        }
    }

    /// Looks up at once what commits may have changed whose outcome is not known.
    async fn settle_doubts(self) {
        let task = self.0.upkeep.task("doubts", Duration::MAX);
        loop {
            let doubtful = self.0.doubts.take().await;
            let settled = self.settle(&doubtful).await;
            task.note(&settled);
            if settled.is_err() {
                self.0.doubts.put_back(doubtful);
            }
            sleep(APART).await;
        }
    }

    async fn settle(&self, Doubtful { inboxes, sessions }: &Doubtful) -> Result<()> {
        self.look_up(&inboxes.iter().copied().collect::<Vec<_>>())
            .await?;
        let of_them = |socket: &&Arc<Socket>| sessions.contains(&*lock(&socket.session));
        let sockets: Vec<Arc<Socket>> = lock(&self.0.rooms)
            .open_sockets()
            .filter(of_them)
            .cloned()
            .collect();
        self.end_if_over(&sockets).await
    }

    /// Asks the database how far these inboxes are, and wakes those here who missed something.
    /// Gives how many.
    async fn look_up(&self, users: &[UserId]) -> Result<u64> {
        let mut lost = 0;
        for batch in users.chunks(BATCH) {
            let heads = within(QUERY_DEADLINE, self.0.notifications.heads(batch)).await?;
            let mut rooms = lock(&self.0.rooms);
            for (user, head) in heads {
                let Some(room) = rooms.users.get_mut(&user) else {
                    continue;
                };
                if room.ring.learn(head) {
                    lost += 1;
                    room.wake();
                }
            }
        }
        Ok(lost)
    }

    /// Ends those of these sockets whose session is over.
    async fn end_if_over(&self, sockets: &[Arc<Socket>]) -> Result<()> {
        for batch in sockets.chunks(BATCH) {
            let sessions: Vec<SessionKey> = batch
                .iter()
                .map(|socket| lock(&socket.session).clone())
                .collect();
            let alive = within(QUERY_DEADLINE, self.0.sessions.alive(sessions.iter())).await?;
            for (socket, session) in batch
                .iter()
                .zip(&sessions)
                .filter(|(_, session)| !alive.contains(session))
            {
                socket.end_session(session);
            }
        }
        Ok(())
    }

    /// Lets go of what was read too long ago, and of people who have been gone for long.
    async fn forget_the_past(self) {
        loop {
            sleep(GLANCE).await;
            self.0.sessions.store().tidy();
            self.forget_the_absent(REMEMBERED);
        }
    }

    /// Clears away the rooms that have been empty for this long.
    fn forget_the_absent(&self, after: Duration) {
        lock(&self.0.rooms)
            .users
            .retain(|_, room| room.left_at.is_none_or(|at| at.elapsed() < after));
    }

    /// Tells followers of new works: those whom a job reaches, and those here for whom lines are
    /// waiting.
    async fn run_errands(self) {
        let task = self.0.upkeep.task("errands", SWEEP_PATIENCE);
        loop {
            task.note(&self.errands(&task).await);
            tokio::select! {
                () = self.0.jobs_waiting.notified() => {}
                () = sleep_until(Instant::now() + ERRANDS) => {}
            }
        }
    }

    async fn errands(&self, task: &crate::upkeep::Task) -> Result<()> {
        while within(ERRAND_DEADLINE, self.0.notifications.jobs_waiting()).await? {
            // There may be minutes of them.
            task.note(&Ok(()));
        }
        if within(QUERY_DEADLINE, self.0.notifications.anything_lazy()).await? {
            let here: Vec<UserId> = lock(&self.0.rooms).users.keys().copied().collect();
            for batch in here.chunks(BATCH) {
                within(ERRAND_DEADLINE, self.0.notifications.catch_up(batch)).await?;
            }
        }
        Ok(())
    }
}
