//! Changing much data without holding its row locks for long.

use sea_orm_migration::{
    MigrationName, SchemaManager,
    sea_orm::{DatabaseConnection, DbErr},
};

use crate::upgrade::begin_locked;

/// A migration that changes many rows. Most of them are changed before it is applied, in batches
/// that commit one by one, so that nodes of the previous release wait for a row for no longer than
/// a batch takes. The migration itself then changes the rows that were written meanwhile.
#[async_trait::async_trait]
pub trait Backfill: MigrationName + Send + Sync {
    /// Changes one batch of the rows with ids above `after` that are not changed yet. Returns the
    /// last id of the batch, or `None` if no row is left.
    async fn batch(&self, manager: &SchemaManager<'_>, after: i64) -> Result<Option<i64>, DbErr>;

    /// Changes all rows, a batch at a time, in the caller's transaction.
    async fn rest(&self, manager: &SchemaManager<'_>) -> Result<(), DbErr> {
        let mut after = i64::MIN;
        while let Some(last) = self.batch(manager, after).await? {
            after = last;
        }
        Ok(())
    }
}

/// Changes all rows, each batch in a transaction of its own. Killed at any moment, it continues
/// with the rows that are left; processes that do this at the same time take turns.
pub async fn run(backfill: &dyn Backfill, db: &DatabaseConnection) -> Result<(), DbErr> {
    let mut after = i64::MIN;
    loop {
        let txn = begin_locked(db).await?;
        let last = backfill.batch(&SchemaManager::new(&txn), after).await?;
        txn.commit().await?;
        let Some(last) = last else { return Ok(()) };
        after = last;
    }
}
