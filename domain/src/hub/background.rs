//! The background tasks of a hub: deliver messages from the bus, sweep the database for changes
//! whose message was lost, and deliver lazy broadcasts. Every query has a deadline; a failed task
//! is retried soon.

use std::{sync::Arc, time::Duration};

use shared::UserId;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout_at},
};

use crate::{
    Result,
    bus::Delivery,
    credential::Credential,
    hub::{Hub, Socket, doubts::Doubtful, lock},
    upkeep::within,
};

/// Interval of the inbox sweep, and its interval while the bus is down or after a failure.
const SWEEP_INTERVAL: Duration = Duration::from_secs(25);
const SWEEP_RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Interval of the checks for a bus that is down, and of cache eviction.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// Minimum pause after a sweep, even if messages keep being lost.
const MIN_SWEEP_PAUSE: Duration = Duration::from_millis(250);
/// Interval of the session sweep: together with its query, it closes the sockets of an ended
/// session or token within 30 s if [`crate::bus::Message::SessionEnded`] was lost.
const SESSION_SWEEP_INTERVAL: Duration = Duration::from_secs(20);
/// Deadline of one query of a sweep.
const QUERY_DEADLINE: Duration = Duration::from_secs(3);
/// Deadline of a delivery of lazy broadcasts: a transaction over some hundred inboxes.
const CATCH_UP_DEADLINE: Duration = Duration::from_secs(30);
/// How long an inbox head stays cached after the person's last socket has closed.
const EMPTY_ROOM_TTL: Duration = Duration::from_secs(90);
/// Interval at which the database is checked for lazy broadcasts that no message announced.
const LAZY_CHECK_INTERVAL: Duration = Duration::from_secs(3);
/// Inboxes or sessions per query.
const BATCH: usize = 500;

/// Name of the inbox sweep, and the time without success after which a sweep is overdue.
pub const SWEEP_NAME: &str = "sweep";
pub const SWEEP_MAX_AGE: Duration = Duration::from_mins(1);

impl Hub {
    /// Starts the background tasks; no message is delivered before. Dropping the returned set stops
    /// them.
    pub fn start(&self) -> JoinSet<()> {
        let mut tasks = JoinSet::new();
        tasks.spawn(self.clone().listen());
        tasks.spawn(self.clone().sweep_inboxes());
        tasks.spawn(self.clone().sweep_sessions());
        tasks.spawn(self.clone().resolve_doubts());
        tasks.spawn(self.clone().evict_stale());
        tasks.spawn(self.clone().deliver_lazy());
        tasks
    }

    async fn listen(self) {
        let mut messages = self.0.bus.subscribe();
        while let Some(delivery) = messages.next().await {
            match delivery {
                // Its commit has invalidated the cache before it was acknowledged.
                Delivery::Own(message) => self.deliver(message),
                Delivery::Foreign(message) => {
                    self.0.sessions.store().invalidate(&message);
                    self.deliver(message);
                }
                Delivery::Lost => {
                    self.0.sessions.store().invalidate_all();
                    self.evict_empty_rooms(Duration::ZERO);
                    self.tell_all_watchers();
                    self.0.losses.send_modify(|losses| *losses += 1);
                    self.jobs_waiting();
                }
            }
        }
    }

    async fn sweep_inboxes(self) {
        let watched = self.0.upkeep.task("sweep of watched works", SWEEP_MAX_AGE);
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
            let swept = self.check_heads(&users).await;
            self.0.sweep.note(&swept);
            if let Ok(lost @ 1..) = swept {
                tracing::debug!(
                    lost,
                    "the sweep found changes that no message had announced"
                );
                metrics::counter!("artcritique_sweep_losses_total").increment(lost);
            }
            let watched_swept = within(QUERY_DEADLINE, self.sweep_watched()).await;
            watched.note(&watched_swept);
            self.wait_for_next_sweep(
                begun,
                SWEEP_INTERVAL,
                swept.is_err() || watched_swept.is_err(),
                &mut losses,
            )
            .await;
        }
    }

    async fn sweep_sessions(self) {
        let task = self.0.upkeep.task("session sweep", SWEEP_MAX_AGE);
        let mut losses = self.0.losses.subscribe();
        loop {
            let begun = Instant::now();
            let sockets: Vec<Arc<Socket>> = lock(&self.0.rooms).open_sockets().cloned().collect();
            let swept = self.close_ended(&sockets).await;
            task.note(&swept);
            self.wait_for_next_sweep(begun, SESSION_SWEEP_INTERVAL, swept.is_err(), &mut losses)
                .await;
        }
    }

    /// Waits until the next sweep is due; returns early if messages were lost.
    async fn wait_for_next_sweep(
        &self,
        begun: Instant,
        every: Duration,
        failed: bool,
        losses: &mut watch::Receiver<u64>,
    ) {
        sleep(MIN_SWEEP_PAUSE).await;
        let (soon, until) = (begun + SWEEP_RETRY_INTERVAL, begun + every);
        while Instant::now() < until {
            // Checked on every pass, since the bus may go down during the wait.
            let urgent = failed || !self.0.bus.up();
            if urgent && Instant::now() >= soon {
                return;
            }
            let next_check =
                (Instant::now() + CHECK_INTERVAL).min(if urgent { soon } else { until });
            if timeout_at(next_check, losses.changed()).await.is_ok() {
                return;
            }
        }
    }

    /// Looks up inboxes, sessions and tokens as soon as the outcome of a commit is unknown.
    async fn resolve_doubts(self) {
        let task = self.0.upkeep.task("doubts", Duration::MAX);
        loop {
            let doubtful = self.0.doubts.take().await;
            let resolved = self.resolve(&doubtful).await;
            task.note(&resolved);
            if resolved.is_err() {
                self.0.doubts.put_back(doubtful);
            }
            sleep(MIN_SWEEP_PAUSE).await;
        }
    }

    async fn resolve(
        &self,
        Doubtful {
            inboxes,
            credentials,
        }: &Doubtful,
    ) -> Result<()> {
        self.check_heads(&inboxes.iter().copied().collect::<Vec<_>>())
            .await?;
        let of_them = |socket: &&Arc<Socket>| credentials.contains(&*lock(&socket.credential));
        let sockets: Vec<Arc<Socket>> = lock(&self.0.rooms)
            .open_sockets()
            .filter(of_them)
            .cloned()
            .collect();
        self.close_ended(&sockets).await
    }

    /// Reads the heads of these inboxes and wakes the sockets whose inbox moved. Returns the number
    /// of inboxes that moved.
    async fn check_heads(&self, users: &[UserId]) -> Result<u64> {
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

    /// Closes those of these sockets whose session or token has ended.
    async fn close_ended(&self, sockets: &[Arc<Socket>]) -> Result<()> {
        for batch in sockets.chunks(BATCH) {
            let credentials: Vec<Credential> = batch
                .iter()
                .map(|socket| lock(&socket.credential).clone())
                .collect();
            let sessions = credentials.iter().filter_map(Credential::session);
            let sessions = within(QUERY_DEADLINE, self.0.sessions.alive(sessions)).await?;
            let tokens = credentials.iter().filter_map(Credential::token);
            let tokens = within(QUERY_DEADLINE, self.0.tokens.alive(tokens)).await?;
            for (socket, credential) in batch.iter().zip(&credentials) {
                let alive = match credential {
                    Credential::Session(key) => sessions.contains(key),
                    Credential::Token(key) => tokens.contains(key),
                };
                if !alive {
                    socket.end_credential(credential);
                }
            }
        }
        Ok(())
    }

    /// Evicts expired cache entries and rooms that have been empty for [`EMPTY_ROOM_TTL`].
    async fn evict_stale(self) {
        loop {
            sleep(CHECK_INTERVAL).await;
            self.0.sessions.store().evict();
            self.evict_empty_rooms(EMPTY_ROOM_TTL);
        }
    }

    /// Evicts rooms that have been empty for this long.
    fn evict_empty_rooms(&self, after: Duration) {
        lock(&self.0.rooms)
            .users
            .retain(|_, room| room.left_at.is_none_or(|at| at.elapsed() < after));
    }

    /// Delivers lazy broadcasts to the people who have a socket here.
    async fn deliver_lazy(self) {
        let task = self.0.upkeep.task("lazy broadcasts", SWEEP_MAX_AGE);
        // The newest broadcast that everybody here has.
        let (mut delivered, mut announced) = (0, false);
        loop {
            let round = self.catch_up_here(delivered, announced).await;
            task.note(&round);
            delivered = round.unwrap_or(0);
            // A pause, since every job in the queue is announced by the same message.
            sleep(MIN_SWEEP_PAUSE).await;
            announced = tokio::select! {
                () = self.0.jobs_waiting.notified() => true,
                () = sleep_until(Instant::now() + LAZY_CHECK_INTERVAL) => false,
            };
        }
    }

    /// Delivers the broadcasts to the people here and returns the newest. After an announcement,
    /// which mostly concerns other jobs, does so only if there is a newer one than `delivered`.
    async fn catch_up_here(&self, delivered: i64, announced: bool) -> Result<i64> {
        let newest = within(QUERY_DEADLINE, self.0.notifications.newest_lazy()).await?;
        if newest == 0 || (announced && newest == delivered) {
            return Ok(newest);
        }
        let here: Vec<UserId> = lock(&self.0.rooms).users.keys().copied().collect();
        for batch in here.chunks(BATCH) {
            within(CATCH_UP_DEADLINE, self.0.notifications.catch_up(batch)).await?;
        }
        Ok(newest)
    }
}
