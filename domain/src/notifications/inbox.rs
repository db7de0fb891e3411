//! The primitive every change is made of: lock an inbox, take the next `seq`, log what happened.

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, SimpleExpr},
};
use shared::{AppError, NotificationId, live::State};

use crate::{
    Result, clock,
    entities::{
        inbox_change,
        notification::{Column, Entity},
        recipient,
    },
    store::Txn,
};

/// Waits for the inbox and holds it until the transaction ends. SQLite's one writer needs no
/// further lock.
pub async fn lock(txn: &Txn, user: i64) -> Result<recipient::Model> {
    let row = recipient::Entity::find_by_id(user)
        .lock_exclusive()
        .one(txn.db())
        .await?;
    Ok(row.ok_or_else(|| AppError::not_found("person"))?)
}

/// What a change is, as the log keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A new line.
    Arrived(i64),
    /// These lines have a new state.
    Ids(State, Vec<NotificationId>),
    /// All that had arrived by this `seq` have a new state.
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

    /// Reads a line of the log.
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

/// Takes the next `seq`, moves the counters, and logs the change. Gives the inbox as it is then.
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
        .ok_or_else(|| AppError::not_found("person"))?)
}

/// Writes changes into the log, each at its inbox's `seq`.
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

/// The lines that stand in somebody's inbox.
pub fn listed(user: i64) -> Condition {
    Condition::all()
        .add(Column::RecipientId.eq(user))
        .add(Column::ArchivedAt.is_null())
        .add(Column::RetractedAt.is_null())
}

/// Sets columns on the lines that match.
pub async fn update(txn: &Txn, which: Condition, columns: Vec<(Column, SimpleExpr)>) -> Result<()> {
    let mut update = Entity::update_many().filter(which);
    for (column, value) in columns {
        update = update.col_expr(column, value);
    }
    update.exec(txn.db()).await?;
    Ok(())
}

/// How many of the lines that match are not seen, and not read, and how many there are: `(all,
/// unseen, unread)`.
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
