//! The `node` table: one row per server process, refreshed by its heartbeat.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, Set, sea_query::OnConflict};

use crate::{
    Result, clock,
    entities::node::{ActiveModel, Column, Entity, Model},
};

/// A row without a heartbeat for this long, in milliseconds, belongs to a node that was killed.
const STALE_AFTER_MS: i64 = 24 * 60 * 60 * 1_000;

/// Inserts or refreshes a node's row.
pub async fn write(db: &impl ConnectionTrait, node: Model) -> Result<()> {
    let changing = [
        Column::Program,
        Column::Bus,
        Column::Epoch,
        Column::Pictures,
        Column::SeenAt,
    ];
    let row = ActiveModel {
        id: Set(node.id),
        program: Set(node.program),
        bus: Set(node.bus),
        epoch: Set(node.epoch),
        pictures: Set(node.pictures),
        started_at: Set(node.started_at),
        seen_at: Set(node.seen_at),
    };
    let again = OnConflict::column(Column::Id)
        .update_columns(changing)
        .to_owned();
    Entity::insert(row)
        .on_conflict(again)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

pub async fn one(db: &impl ConnectionTrait, id: &str) -> Result<Option<Model>> {
    Ok(Entity::find_by_id(id).one(db).await?)
}

/// All rows, including those of nodes that were killed.
///
/// # Errors
/// When the database can't be read.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>> {
    Ok(Entity::find().all(db).await?)
}

/// Deletes the row of a node that stops.
pub async fn remove(db: &impl ConnectionTrait, id: &str) -> Result<()> {
    Entity::delete_by_id(id).exec(db).await?;
    Ok(())
}

/// Deletes all rows, for a restored copy of the database.
pub async fn remove_all(db: &impl ConnectionTrait) -> Result<()> {
    Entity::delete_many().exec(db).await?;
    Ok(())
}

/// Deletes the rows of killed nodes.
pub async fn tidy(db: &impl ConnectionTrait) -> Result<u64> {
    Ok(Entity::delete_many()
        .filter(Column::SeenAt.lt(clock::now() - STALE_AFTER_MS))
        .exec(db)
        .await?
        .rows_affected)
}
