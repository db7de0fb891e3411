//! The database's health, by writing a row and reading it back.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use crate::{
    Result,
    store::{Identity, Store, change, nodes},
};

/// Cache TTL of the last health check.
const HEALTH_TTL: Duration = Duration::from_millis(500);
/// A read that takes longer counts as [`Health::Down`].
const READ_TIMEOUT: Duration = Duration::from_secs(1);
/// A write that takes longer counts as [`Health::Unwritable`].
const WRITE_TIMEOUT: Duration = Duration::from_millis(1_500);

/// The database's health.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It reads and writes.
    Up,
    /// It does not answer.
    Down,
    /// It reads, but writes fail: its disk is full, or another process holds its lock.
    Unwritable,
    /// It was replaced, deleted or overwritten under the running server.
    Replaced,
}

impl Health {
    /// The word for it in `/readyz`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Unwritable => "unwritable",
            Self::Replaced => "replaced",
        }
    }
}

impl Store {
    /// The database's health, checked at most once per `HEALTH_TTL` however many callers ask.
    pub async fn health(&self) -> Health {
        let mut last = self.0.presence.health.lock().await;
        if let Some((_, health)) = last.filter(|(at, _)| at.elapsed() < HEALTH_TTL) {
            return health;
        }
        let health = self.check().await;
        *last = Some((Instant::now(), health));
        health
    }

    async fn check(&self) -> Health {
        let presence = &self.0.presence;
        if presence.in_place().is_err() {
            return Health::Replaced;
        }
        match timeout(READ_TIMEOUT, Identity::read(self.readers())).await {
            Ok(Ok(identity)) if identity.site == *self.site() => {}
            Ok(Ok(_)) => return Health::Replaced,
            failed => {
                tracing::warn!(?failed, "the database can't be read");
                return Health::Down;
            }
        }
        match timeout(WRITE_TIMEOUT, self.write_and_read()).await {
            Ok(Ok(true)) => Health::Up,
            Ok(Ok(false)) => Health::Replaced,
            failed => {
                tracing::warn!(?failed, "the database can't be written");
                if presence.in_place().is_err() {
                    Health::Replaced
                } else {
                    Health::Unwritable
                }
            }
        }
    }

    /// Writes this node's row; whether it reads back as written.
    async fn write_and_read(&self) -> Result<bool> {
        let written = self.write_presence().await?;
        let read = nodes::one(self.readers(), self.0.presence.id()).await?;
        // A concurrent heartbeat may have written a later time.
        Ok(read.is_some_and(|read| {
            read.started_at == written.started_at && read.seen_at >= written.seen_at
        }))
    }

    /// Writes this node's heartbeat.
    pub(crate) async fn write_presence(&self) -> Result<crate::entities::node::Model> {
        let row = self.0.presence.row();
        change!(self, |txn| nodes::write(txn.db(), row.clone()).await)?;
        Ok(row)
    }

    /// Deletes this node's row, on shutdown.
    ///
    /// # Errors
    /// When the database can't be written; then the other nodes let the row expire.
    pub async fn leave(&self) -> Result<()> {
        change!(self, |txn| nodes::remove(txn.db(), self.0.presence.id())
            .await)
    }
}
