//! How the database is: asked, written and read back.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Identity, Store, nodes};
use crate::{Result, store::change};

/// Health is asked of the database this often at most, however many ask.
const FRESH: Duration = Duration::from_millis(500);
/// A database that takes longer to answer is as good as gone, or as good as full.
const TO_READ: Duration = Duration::from_secs(1);
const TO_WRITE: Duration = Duration::from_millis(1_500);

/// How the database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It reads and writes.
    Up,
    /// It does not answer.
    Down,
    /// It reads, but what is written does not arrive: its disk is full, or another process holds
    /// it.
    Unwritable,
    /// It is not the one that was opened.
    Replaced,
}

impl Health {
    /// As `/readyz` says it.
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
    /// How the database is, by writing this node's row and reading it.
    pub async fn health(&self) -> Health {
        let mut last = self.0.presence.health.lock().await;
        if let Some((_, health)) = last.filter(|(at, _)| at.elapsed() < FRESH) {
            return health;
        }
        let health = self.look().await;
        *last = Some((Instant::now(), health));
        health
    }

    async fn look(&self) -> Health {
        let presence = &self.0.presence;
        if presence.in_place().is_err() {
            return Health::Replaced;
        }
        match timeout(TO_READ, Identity::read(self.readers())).await {
            Ok(Ok(identity)) if identity.site == *self.site() => {}
            Ok(Ok(_)) => return Health::Replaced,
            failed => {
                tracing::warn!(?failed, "the database can't be read");
                return Health::Down;
            }
        }
        match timeout(TO_WRITE, self.write_and_read()).await {
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

    /// Writes this node's row; whether it reads as it was written.
    async fn write_and_read(&self) -> Result<bool> {
        let written = self.write_presence().await?;
        let read = nodes::one(self.readers(), self.0.presence.id()).await?;
        // Another look may have been quicker, with a later time.
        Ok(read.is_some_and(|read| {
            read.started_at == written.started_at && read.seen_at >= written.seen_at
        }))
    }

    /// Writes that this node lives.
    pub(crate) async fn write_presence(&self) -> Result<crate::entities::node::Model> {
        let row = self.0.presence.row();
        change!(self, |txn| nodes::write(txn.db(), row.clone()).await)?;
        Ok(row)
    }

    /// Takes this node's row away: it stops.
    ///
    /// # Errors
    /// When the database can't be written; then others see in a while that it is gone.
    pub async fn leave(&self) -> Result<()> {
        change!(self, |txn| nodes::remove(txn.db(), self.0.presence.id())
            .await)
    }
}
