//! What inboxes need not keep for ever: the log of changes, and tombstones.

use std::time::Duration;

use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, LockBehavior, LockType},
};

use super::Notifications;
use crate::{
    Result,
    entities::{inbox_change, notification, recipient},
    store::{Txn, change},
    upkeep::within,
};

/// How long a client may be away and still be given what it missed, rather than a fresh page:
/// thirty days, in milliseconds.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;
/// Inboxes in one transaction, and how long that may take.
const CHUNK: u64 = 100;
const CHUNK_DEADLINE: Duration = Duration::from_mins(1);

impl Notifications {
    /// Forgets changes and tombstones older than a month. A cursor from before then is answered
    /// with a fresh page. Gives how many changes were forgotten.
    ///
    /// # Errors
    /// When the database refuses; what was forgotten till then stays so.
    pub async fn prune(&self, now: i64) -> Result<usize> {
        let (mut all, mut after) = (0, 0);
        loop {
            let chunk = async {
                change!(self.store, |txn| prune_chunk(txn, now - KEPT_MS, after)
                    .await)
            };
            let (pruned, last) = within(CHUNK_DEADLINE, chunk).await?;
            all += pruned;
            let Some(last) = last else { return Ok(all) };
            after = last;
        }
    }
}

/// Prunes some inboxes past this one; gives how many changes were forgotten, and the last inbox
/// looked at.
async fn prune_chunk(txn: &Txn, before: i64, after: i64) -> Result<(usize, Option<i64>)> {
    use recipient::Column::{AccountId, PrunedSeq, Seq};
    // Another node may be at it, and somebody may just be told something: those are for next time.
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
    let mut forgotten = 0;
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
        forgotten += usize::try_from(gone.rows_affected).unwrap_or(usize::MAX);
        notification::Entity::delete_many()
            .filter(notification::Column::RecipientId.eq(user))
            .filter(notification::Column::ChangedSeq.lte(through))
            .filter(notification::Column::RetractedAt.is_not_null())
            .exec(txn.db())
            .await?;
    }
    Ok((forgotten, users.last().copied()))
}
