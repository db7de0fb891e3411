//! What several rooms ask of an artwork's row and of the rows of its critiques.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use shared::{AppError, ArtworkId, CritiqueId, Thing};

use crate::{
    Result,
    bus::Message,
    entities::{
        artwork::{Column, Entity, Model},
        critique,
    },
    store::Txn,
};

/// Critiques that fit on a page regardless of their length.
pub(crate) const PAGE_MIN: usize = 10;

/// Records a change to an artwork or one of its critiques: takes the artwork's next `seq` and,
/// after the commit, wakes its watchers. Returns the updated artwork, locked until the transaction
/// ends.
pub(crate) async fn touch(txn: &mut Txn, id: i64) -> Result<Model> {
    txn.publish(Message::Artwork(ArtworkId(id)));
    let rows = Entity::update_many()
        .col_expr(Column::Seq, Expr::col(Column::Seq).add(1))
        .filter(Column::Id.eq(id))
        .exec_with_returning(txn.db())
        .await?;
    Ok(rows
        .into_iter()
        .next()
        .ok_or_else(|| AppError::not_found(Thing::Artwork))?)
}

/// Locks artworks against changes until the transaction ends, in ascending order of id; see
/// [`Txn`] for the order of locks. SQLite has a single writer and needs no lock.
pub(crate) async fn hold(txn: &Txn, ids: impl IntoIterator<Item = i64>) -> Result<()> {
    if txn.db().get_database_backend() != DbBackend::Sqlite {
        let rows = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.is_in(ids))
            .order_by_asc(Column::Id)
            .lock_shared();
        rows.into_tuple::<i64>().all(txn.db()).await?;
    }
    Ok(())
}

/// Whether a critique is on the first page of its artwork's critiques, whatever the page size.
pub(crate) async fn on_first_page(
    db: &impl ConnectionTrait,
    artwork: ArtworkId,
    id: CritiqueId,
) -> Result<bool> {
    let newer = critique::Entity::find()
        .select_only()
        .column(critique::Column::Id)
        .filter(critique::Column::ArtworkId.eq(artwork.0))
        .filter(critique::Column::Id.gt(id.0));
    Ok(newer
        .limit(PAGE_MIN as u64)
        .into_tuple::<i64>()
        .all(db)
        .await?
        .len()
        < PAGE_MIN)
}
