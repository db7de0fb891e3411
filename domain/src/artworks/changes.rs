//! What happens to a work and its critiques, for pages that show them: each change takes the work's
//! next `seq`, so that a page can ask for what came after the one it knows.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use shared::{
    AppError, ArtworkId, CritiqueId,
    dto::{ArtworkChanges, CritiqueState},
};

use super::Artworks;
use crate::{
    Result,
    entities::{
        artwork::{Column, Entity, Model},
        critique, critique_gone,
    },
    live::Message,
    store::{Txn, change},
};

/// Changes listed at once; a page that is further behind reads the work again.
const MOST: u64 = 500;
/// How long a deleted critique is remembered, in milliseconds: thirty days. A page that was open
/// and out of reach for longer goes on showing it.
const KEPT_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Notes a change to a work or one of its critiques: takes its next `seq`, and wakes those who
/// watch it once that has committed. Gives the work as it is then, held until the transaction ends.
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

/// Keeps a work from being changed until the transaction ends. Where one writer holds everything
/// anyway, there is nothing to do.
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

/// How a work stands.
#[derive(FromQueryResult)]
struct WorkHead {
    seq: i64,
    version: i64,
    critique_count: i64,
}

impl Artworks {
    /// What happened to a work after a `seq`. Those who ask for the same while an answer is being
    /// read share the next one, since a change brings everybody who watches at the same moment.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`].
    pub async fn changes(&self, id: ArtworkId, after: i64) -> Result<Arc<ArtworkChanges>> {
        let store = self.store.clone();
        let read = move |asked: Vec<Arc<()>>| {
            let store = store.clone();
            async move {
                let answer = read(store.readers(), id, after).await?;
                Ok(asked
                    .iter()
                    .map(|_| {
                        answer
                            .clone()
                            .ok_or_else(|| AppError::not_found("artwork").into())
                    })
                    .collect())
            }
        };
        self.watching.submit((id, after), (), read).await
    }

    /// Forgets which critiques were deleted more than a month ago.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune(&self, now: i64) -> Result<()> {
        change!(self.store, |txn| {
            let old = critique_gone::Entity::delete_many()
                .filter(critique_gone::Column::CreatedAt.lt(now - KEPT_MS));
            Ok(old.exec(txn.db()).await.map(drop)?)
        })
    }
}

async fn read(
    db: &impl ConnectionTrait,
    id: ArtworkId,
    after: i64,
) -> Result<Option<Arc<ArtworkChanges>>> {
    // Read first: what is read after it may be newer, and is then listed again next time.
    let work = Entity::find_by_id(id.0).select_only().columns([
        Column::Seq,
        Column::Version,
        Column::CritiqueCount,
    ]);
    let Some(WorkHead {
        seq,
        version,
        critique_count,
    }) = work.into_model().one(db).await?
    else {
        return Ok(None);
    };
    let mut answer = ArtworkChanges {
        seq,
        version,
        critique_count,
        critiques: Vec::new(),
        gone: Vec::new(),
        reset: after > seq,
    };
    if after < seq {
        let changed: Vec<(i64, i64, i64)> = critique::Entity::find()
            .select_only()
            .columns([
                critique::Column::Id,
                critique::Column::Version,
                critique::Column::HelpfulCount,
            ])
            .filter(critique::Column::ArtworkId.eq(id.0))
            .filter(critique::Column::ChangedSeq.gt(after))
            .order_by_asc(critique::Column::Id)
            .limit(MOST + 1)
            .into_tuple()
            .all(db)
            .await?;
        let gone: Vec<i64> = critique_gone::Entity::find()
            .select_only()
            .column(critique_gone::Column::CritiqueId)
            .filter(critique_gone::Column::ArtworkId.eq(id.0))
            .filter(critique_gone::Column::Seq.gt(after))
            .order_by_asc(critique_gone::Column::Seq)
            .limit(MOST + 1)
            .into_tuple()
            .all(db)
            .await?;
        if (changed.len() + gone.len()) as u64 > MOST {
            answer.reset = true;
        } else {
            let state = |(id, version, helpful_count)| CritiqueState {
                id: CritiqueId(id),
                version,
                helpful_count,
            };
            answer.critiques = changed.into_iter().map(state).collect();
            answer.gone = gone.into_iter().map(CritiqueId).collect();
        }
    }
    Ok(Some(Arc::new(answer)))
}
