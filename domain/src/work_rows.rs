//! What several rooms do to an artwork's row within their transactions.

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use shared::{AppError, ArtworkId};

use crate::{
    Result,
    bus::Message,
    entities::artwork::{Column, Entity, Model},
    store::Txn,
};

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
        .ok_or_else(|| AppError::not_found("artwork"))?)
}

/// Locks an artwork against changes until the transaction ends. SQLite has a single writer and
/// needs no lock.
pub(crate) async fn hold(txn: &Txn, id: i64) -> Result<()> {
    if txn.db().get_database_backend() != DbBackend::Sqlite {
        let row = Entity::find_by_id(id)
            .select_only()
            .column(Column::Id)
            .lock_shared();
        row.into_tuple::<i64>().one(txn.db()).await?;
    }
    Ok(())
}
