//! The steps of every change: lock an inbox, take the next `seq`, log the change.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, SimpleExpr},
};
use shared::{AppError, NotificationId, Thing, live::State};

use crate::{
    Result, clock,
    entities::{
        inbox_change,
        notification::{Column, Entity},
        recipient,
    },
    store::Txn,
};

/// Locks an inbox until the transaction ends. SQLite has a single writer and needs no lock.
pub async fn lock(txn: &Txn, user: i64) -> Result<recipient::Model> {
    let row = recipient::Entity::find_by_id(user)
        .lock_exclusive()
        .one(txn.db())
        .await?;
    Ok(row.ok_or_else(|| AppError::not_found(Thing::Person))?)
}

/// A change, as stored in the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new notification.
    Arrived(i64),
    /// These notifications have a new state.
    Ids(State, Vec<NotificationId>),
    /// All notifications that had arrived by this `seq` have a new state.
    Through(State, i64),
}

const ARRIVED: &str = "arrived";

impl Change {
    fn columns(&self) -> Result<(String, Option<String>, Option<i64>)> {
        let word = |state: &State| -> Result<String> {
            let value = serde_json::to_value(state).map_err(crate::Error::internal)?;
            Ok(value.as_str().unwrap_or_default().to_owned())
        };
        Ok(match self {
            Self::Arrived(id) => (ARRIVED.into(), Some(id.to_string()), None),
            Self::Ids(state, ids) => (
                word(state)?,
                Some(serde_json::to_string(ids).map_err(crate::Error::internal)?),
                None,
            ),
            Self::Through(state, seq) => (word(state)?, None, Some(*seq)),
        })
    }

    /// Parses a row of the change log.
    pub fn of(row: &inbox_change::Model) -> Option<Self> {
        let ids = row.ids.as_deref();
        if row.what == ARRIVED {
            return Some(Self::Arrived(ids?.parse().ok()?));
        }
        let state = serde_json::from_value(row.what.as_str().into())
            .ok()
            .filter(|state| *state != State::Unknown)?;
        match row.through_seq {
            Some(seq) => Some(Self::Through(state, seq)),
            None => Some(Self::Ids(state, serde_json::from_str(ids?).ok()?)),
        }
    }
}

/// Takes the next `seq` and adjusts the counts. Returns the updated inbox.
pub async fn advance(txn: &Txn, user: i64, unseen: i64, unread: i64) -> Result<recipient::Model> {
    use recipient::Column::{AccountId, Seq, Unread, Unseen};
    let rows = recipient::Entity::update_many()
        .col_expr(Seq, Expr::col(Seq).add(1))
        .col_expr(Unseen, Expr::col(Unseen).add(unseen))
        .col_expr(Unread, Expr::col(Unread).add(unread))
        .filter(AccountId.eq(user))
        .exec_with_returning(txn.db())
        .await?;
    Ok(rows
        .into_iter()
        .next()
        .ok_or_else(|| AppError::not_found(Thing::Person))?)
}

/// Writes changes to the change log, each at the `seq` of its inbox.
pub async fn log_all(
    txn: &Txn,
    changes: impl Iterator<Item = (&recipient::Model, &Change)>,
) -> Result<()> {
    let created_at = clock::now();
    let mut rows = Vec::with_capacity(changes.size_hint().0);
    for (inbox, what) in changes {
        let (word, ids, through_seq) = what.columns()?;
        rows.push(inbox_change::ActiveModel {
            recipient_id: Set(inbox.account_id),
            seq: Set(inbox.seq),
            what: Set(word),
            ids: Set(ids),
            through_seq: Set(through_seq),
            unseen: Set(inbox.unseen),
            unread: Set(inbox.unread),
            created_at: Set(created_at),
        });
    }
    inbox_change::Entity::insert_many(rows)
        .exec_without_returning(txn.db())
        .await?;
    Ok(())
}

/// Matches the notifications listed in an inbox: neither archived nor retracted.
pub fn listed(user: i64) -> Condition {
    Condition::all()
        .add(Column::RecipientId.eq(user))
        .add(Column::ArchivedAt.is_null())
        .add(Column::RetractedAt.is_null())
}

/// Sets columns of the matching notifications.
pub async fn update(txn: &Txn, which: Condition, columns: Vec<(Column, SimpleExpr)>) -> Result<()> {
    let mut update = Entity::update_many().filter(which);
    for (column, value) in columns {
        update = update.col_expr(column, value);
    }
    update.exec(txn.db()).await?;
    Ok(())
}

/// Counts the matching notifications: `(all, unseen, unread)`.
pub async fn tally(txn: &Txn, which: Condition) -> Result<(i64, i64, i64)> {
    let rows: Vec<(Option<i64>, Option<i64>)> = Entity::find()
        .select_only()
        .columns([Column::SeenAt, Column::ReadAt])
        .filter(which)
        .into_tuple()
        .all(txn.db())
        .await?;
    let of = |wanted: fn(&&(Option<i64>, Option<i64>)) -> bool| {
        i64::try_from(rows.iter().filter(wanted).count()).unwrap_or(i64::MAX)
    };
    Ok((
        of(|_| true),
        of(|(seen, _)| seen.is_none()),
        of(|(_, read)| read.is_none()),
    ))
}
