//! Transactions that publish their messages once they have committed.

use std::{sync::atomic::Ordering, time::Duration};

use sea_orm::DbErr;

use crate::{
    Error, Result,
    bus::{Delivery, Message},
    clock,
    store::{Store, connection::Transaction, outbox},
};

/// An open transaction. Messages queued by [`Txn::publish`] are sent once it has committed.
///
/// On PostgreSQL, every transaction locks rows in this order, so that no two wait for each other:
///
/// 1. an account, then its mailed links, tokens and sessions;
/// 2. artworks by ascending id, then their critiques;
/// 3. the checkpoints of fan-out (`broadcast`, `withdrawal`, `rewording`), except where the lock of
///    their artwork already keeps others out;
/// 4. events;
/// 5. inboxes by ascending id;
/// 6. jobs.
pub struct Txn {
    pub(super) inner: Transaction,
    pub(super) messages: Vec<Message>,
    pub(super) store: Store,
}

impl Txn {
    /// The connection to read and write through.
    pub const fn db(&self) -> &Transaction {
        &self.inner
    }

    /// Queues a message to all nodes, to be sent after the commit. A rollback discards it.
    pub fn publish(&mut self, message: Message) {
        self.messages.push(message);
    }

    /// As [`Self::publish`], unless the message is queued already.
    pub(crate) fn publish_once(&mut self, message: Message) {
        if !self.messages.contains(&message) {
            self.messages.push(message);
        }
    }

    /// Commits, then publishes. Runs to completion in its own task, so that a committed change is
    /// published even if the client hangs up.
    ///
    /// # Errors
    /// When the database refuses; then nothing was changed and nothing is published.
    /// [`Error::InDoubt`] when the outcome is unknown; then every node is told to re-read what the
    /// change may concern. [`shared::Kind::Unavailable`] when the database was replaced.
    pub async fn commit(self) -> Result<()> {
        let Self {
            inner,
            messages,
            store,
        } = self;
        let commit = tokio::spawn(async move {
            if store.0.use_outbox {
                outbox::leave(&inner, &messages).await?;
            }
            let committed = inner.commit().await.map_err(Error::of_commit);
            // A commit into a file that was deleted or replaced is lost at the next restart.
            let committed = committed.and_then(|()| store.0.presence.in_place());
            match &committed {
                Ok(()) => {
                    let at = clock::micros();
                    for message in messages {
                        store.tell(message.committed(at));
                    }
                }
                Err(Error::InDoubt(_)) => store.publish_rechecks(messages),
                Err(_) => {}
            }
            committed
        });
        commit
            .await
            .unwrap_or_else(|gone| Err(Error::InDoubt(DbErr::Custom(gone.to_string()))))
    }
}

/// Minimum interval at which other nodes are sent wake-ups, in milliseconds.
const WAKE_UP_INTERVAL_MS: i64 = 100;
/// When to re-read what a commit in doubt may have changed: the database may still be committing.
const RECHECK_DELAYS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_millis(500),
    Duration::from_millis(1_500),
    Duration::from_secs(5),
];

impl Store {
    /// Invalidates this process's cache and publishes the message to all nodes.
    pub(crate) fn tell(&self, message: Message) {
        self.invalidate(&message);
        if message.is_wake_up() && !self.wakes_others(clock::now()) {
            // This node is woken each time. The others also poll.
            return self.0.bus.deliver_here(Delivery::Own(message));
        }
        self.0.bus.publish(message);
    }

    /// Whether to send a wake-up to the other nodes: at most once per interval.
    fn wakes_others(&self, now: i64) -> bool {
        let woken_at = &self.0.others_woken_at;
        let last = woken_at.load(Ordering::Relaxed);
        // After the clock was set back, too.
        (now - last).abs() >= WAKE_UP_INTERVAL_MS
            && woken_at
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }

    fn publish_rechecks(&self, messages: Vec<Message>) {
        metrics::counter!("artcritique_commits_in_doubt_total").increment(1);
        let mut rechecks: Vec<Message> = Vec::new();
        for message in messages.into_iter().map(Message::in_doubt) {
            if !rechecks.contains(&message) {
                rechecks.push(message);
            }
        }
        let store = self.clone();
        tokio::spawn(async move {
            let begun = tokio::time::Instant::now();
            for delay in RECHECK_DELAYS {
                tokio::time::sleep_until(begun + delay).await;
                for message in &rechecks {
                    store.tell(message.clone());
                }
            }
        });
    }
}
