//! Retention of the change log, of tombstones, and of retracted events.

use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, LockBehavior, LockType},
};

use crate::{
    Result,
    entities::{event, inbox_change, notification, recipient},
    notifications::Notifications,
    store::Txn,
};

/// Retention of the change log: thirty days, in milliseconds. A client that was away for longer
/// receives a fresh page.
const RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Retention of retracted events: sixty days, so that an event outlives the tombstones that refer
/// to it.
const EVENT_RETENTION_MS: i64 = 2 * RETENTION_MS;
/// Retracted events per transaction.
const EVENT_CHUNK: u64 = 1_000;
/// Inboxes per transaction.
const CHUNK: u64 = 100;

impl Notifications {
    /// Deletes changes and tombstones older than the retention from the next inboxes with ids above
    /// `after`. An older cursor is answered with a fresh page. Returns the number of deleted
    /// changes and the last of these inboxes; `None` after the last chunk.
    pub(crate) async fn prune_inboxes(
        &self,
        txn: &Txn,
        now: i64,
        after: i64,
    ) -> Result<(usize, Option<i64>)> {
        prune_chunk(txn, now - RETENTION_MS, after).await
    }

    /// Deletes a chunk of the retracted events older than their retention. Returns whether there
    /// may be more.
    pub(crate) async fn prune_retracted(&self, txn: &Txn, now: i64) -> Result<bool> {
        Ok(prune_events(txn, now - EVENT_RETENTION_MS).await? == EVENT_CHUNK)
    }
}

/// Deletes a chunk of the events that were retracted before this time. Returns their number.
async fn prune_events(txn: &Txn, before: i64) -> Result<u64> {
    let old = event::Entity::find()
        .select_only()
        .column(event::Column::Id)
        .filter(event::Column::RetractedAt.lt(before))
        .limit(EVENT_CHUNK)
        .into_query();
    let gone = event::Entity::delete_many()
        .filter(event::Column::Id.in_subquery(old))
        // Again, for an event that was restored since the subquery read it.
        .filter(event::Column::RetractedAt.lt(before))
        .exec(txn.db())
        .await?;
    Ok(gone.rows_affected)
}

/// Prunes a chunk of inboxes with ids above `after`. Returns the number of deleted changes and the
/// last inbox of the chunk.
async fn prune_chunk(txn: &Txn, before: i64, after: i64) -> Result<(usize, Option<i64>)> {
    use recipient::Column::{AccountId, PrunedSeq, Seq};
    // Skips inboxes locked by another node or by a writer; the next run prunes them.
    let users: Vec<i64> = recipient::Entity::find()
        .select_only()
        .column(AccountId)
        .filter(AccountId.gt(after))
        .filter(Expr::col(Seq).gt(Expr::col(PrunedSeq)))
        .order_by_asc(AccountId)
        .limit(CHUNK)
        .lock_with_behavior(LockType::Update, LockBehavior::SkipLocked)
        .into_tuple()
        .all(txn.db())
        .await?;
    let mut deleted = 0;
    let old: Vec<(i64, i64)> = inbox_change::Entity::find()
        .select_only()
        .column(inbox_change::Column::RecipientId)
        .column_as(inbox_change::Column::Seq.max(), "seq")
        .filter(inbox_change::Column::RecipientId.is_in(users.iter().copied()))
        .filter(inbox_change::Column::CreatedAt.lt(before))
        .group_by(inbox_change::Column::RecipientId)
        .into_tuple()
        .all(txn.db())
        .await?;
    for (user, through) in old {
        recipient::Entity::update_many()
            .col_expr(PrunedSeq, Expr::value(through))
            .filter(AccountId.eq(user))
            .exec(txn.db())
            .await?;
        let gone = inbox_change::Entity::delete_many()
            .filter(inbox_change::Column::RecipientId.eq(user))
            .filter(inbox_change::Column::Seq.lte(through))
            .exec(txn.db())
            .await?;
        deleted += usize::try_from(gone.rows_affected).unwrap_or(usize::MAX);
        notification::Entity::delete_many()
            .filter(notification::Column::RecipientId.eq(user))
            .filter(notification::Column::ChangedSeq.lte(through))
            .filter(notification::Column::RetractedAt.is_not_null())
            .exec(txn.db())
            .await?;
    }
    Ok((deleted, users.last().copied()))
}
