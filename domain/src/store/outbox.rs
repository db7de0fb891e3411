//! Messages from command-line commands to running servers.
//!
//! A command has no bus and exits at once. It therefore writes its messages to the `outbox` table,
//! in the transaction that they describe, and every node polls that table a few times a second. So
//! a message published by [`super::Txn::publish`] (a new role, password or suspension) arrives
//! whichever process made the change.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::{
    Error, Result,
    bus::{Delivery, Message},
    clock,
    entities::outbox::{ActiveModel, Column, Entity},
};

/// Maximum messages per poll. A node that is further behind re-reads everything instead.
const MAX_BATCH: u64 = 1_000;
/// How long a message is kept, in milliseconds. Every node reads it within seconds.
const RETENTION_MS: i64 = 60 * 60 * 1_000;
/// PostgreSQL advisory lock for writing to the outbox. It is held until the transaction ends, so
/// that ids follow the order of commits and a reader's cursor never skips a message. SQLite has
/// only one writer.
const ADVISORY_LOCK: i64 = 0x6172_7463_6f75_7462;

/// Writes messages to the outbox, within the transaction that they describe.
pub async fn leave(db: &impl ConnectionTrait, messages: &[Message]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({ADVISORY_LOCK})"))
            .await?;
    }
    for message in messages {
        let text = serde_json::to_string(&message.clone().shortened()).map_err(Error::internal)?;
        let row = ActiveModel {
            message: Set(text),
            created_at: Set(clock::now()),
            ..Default::default()
        };
        Entity::insert(row).exec_without_returning(db).await?;
    }
    Ok(())
}

/// The cursor for reading only messages that are written from now on: the last id.
pub async fn end(db: &impl ConnectionTrait) -> Result<i64> {
    let last: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Column::Id.max(), "last")
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.flatten().unwrap_or_default())
}

/// The messages after the cursor, and the new cursor.
pub async fn read(db: &impl ConnectionTrait, cursor: i64) -> Result<(i64, Vec<Delivery>)> {
    let rows = Entity::find()
        .filter(Column::Id.gt(cursor))
        .order_by_asc(Column::Id)
        .limit(MAX_BATCH)
        .all(db)
        .await?;
    if rows.len() as u64 == MAX_BATCH {
        return Ok((end(db).await?, vec![Delivery::Lost]));
    }
    let cursor = rows.last().map_or(cursor, |last| last.id);
    // A newer command may send a message that this version can't parse.
    let delivery =
        |text: &str| serde_json::from_str(text).map_or(Delivery::Lost, Delivery::Foreign);
    Ok((
        cursor,
        rows.iter().map(|row| delivery(&row.message)).collect(),
    ))
}

/// Deletes messages past their retention.
pub async fn tidy(db: &impl ConnectionTrait) -> Result<u64> {
    let old = Entity::delete_many().filter(Column::CreatedAt.lt(clock::now() - RETENTION_MS));
    Ok(old.exec(db).await?.rows_affected)
}
