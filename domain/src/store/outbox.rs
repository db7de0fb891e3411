//! What commands say to running servers.
//!
//! A command on the command line is no node: it has no bus, and ends at once. So what it has to say
//! is written to a table, in the transaction that it is about, and every node reads that table a
//! few times a second. A role, a password, a suspension: whatever publishes by
//! [`super::Txn::publish`] is heard, whichever process it was done in.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use crate::{
    Error, Result, clock,
    entities::outbox::{ActiveModel, Column, Entity},
    live::{Delivery, Message},
};

/// Messages read at once. A node that is further behind asks the database for everything instead.
const BATCH: u64 = 1_000;
/// How long a message is kept, in milliseconds: every node reads it within seconds.
const KEPT: i64 = 60 * 60 * 1_000;
/// PostgreSQL's advisory lock for writing here: held until the transaction ends, so that ids are in
/// the order of commits and a reader that has seen one has seen all before it. SQLite has one
/// writer.
const LOCK: i64 = 0x6172_7463_6f75_7462;

/// Leaves messages, within the transaction that they are about.
pub async fn leave(db: &impl ConnectionTrait, messages: &[Message]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    if db.get_database_backend() == DbBackend::Postgres {
        db.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({LOCK})"))
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

/// Where one stands who wants to hear what is left from now on.
pub async fn end(db: &impl ConnectionTrait) -> Result<i64> {
    let last: Option<Option<i64>> = Entity::find()
        .select_only()
        .column_as(Column::Id.max(), "last")
        .into_tuple()
        .one(db)
        .await?;
    Ok(last.flatten().unwrap_or_default())
}

/// What was left after `place`, and the place after it.
pub async fn read(db: &impl ConnectionTrait, place: i64) -> Result<(i64, Vec<Delivery>)> {
    let rows = Entity::find()
        .filter(Column::Id.gt(place))
        .order_by_asc(Column::Id)
        .limit(BATCH)
        .all(db)
        .await?;
    if rows.len() as u64 == BATCH {
        return Ok((end(db).await?, vec![Delivery::Lost]));
    }
    let place = rows.last().map_or(place, |last| last.id);
    // A newer command may say what this program does not know.
    let delivery =
        |text: &str| serde_json::from_str(text).map_or(Delivery::Lost, Delivery::Message);
    Ok((
        place,
        rows.iter().map(|row| delivery(&row.message)).collect(),
    ))
}

/// Deletes what everybody has heard.
pub async fn tidy(db: &impl ConnectionTrait) -> Result<u64> {
    let old = Entity::delete_many().filter(Column::CreatedAt.lt(clock::now() - KEPT));
    Ok(old.exec(db).await?.rows_affected)
}
