//! The change log of an artwork and its critiques, for pages that show them: each change takes the
//! artwork's next `seq`, so a page can ask for the changes after the last one it knows.

use std::sync::Arc;

use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect,
};
use shared::{
    AppError, ArtworkId, CritiqueId, Thing,
    dto::{ArtworkChanges, CritiqueState},
};

use crate::{
    Result,
    artworks::Artworks,
    entities::{
        artwork::{Column, Entity},
        critique, critique_gone,
    },
    store::change,
};

/// Maximum changes per answer; a page that is further behind reloads the artwork.
const MAX_CHANGES: u64 = 500;
/// How long the id of a deleted critique is kept, in milliseconds: 30 days. An open page that was
/// offline for longer keeps showing the critique.
const DELETED_RETENTION_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The current state of an artwork.
#[derive(FromQueryResult)]
struct WorkHead {
    seq: i64,
    version: i64,
    critique_count: i64,
}

impl Artworks {
    /// The changes to an artwork after a `seq`. Requests that arrive during an identical read share
    /// the next read, since a change wakes all watchers at the same moment.
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
                            .ok_or_else(|| AppError::not_found(Thing::Artwork).into())
                    })
                    .collect())
            }
        };
        self.watching.submit((id, after), (), read).await
    }

    /// Deletes the records of critiques that were deleted more than 30 days ago.
    ///
    /// # Errors
    /// On a database error.
    pub async fn prune(&self, now: i64) -> Result<()> {
        change!(self.store, |txn| {
            let old = critique_gone::Entity::delete_many()
                .filter(critique_gone::Column::CreatedAt.lt(now - DELETED_RETENTION_MS));
            Ok(old.exec(txn.db()).await.map(drop)?)
        })
    }
}

async fn read(
    db: &impl ConnectionTrait,
    id: ArtworkId,
    after: i64,
) -> Result<Option<Arc<ArtworkChanges>>> {
    // Read first: later reads may see newer changes, which are then listed again next time.
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
            .limit(MAX_CHANGES + 1)
            .into_tuple()
            .all(db)
            .await?;
        let gone: Vec<i64> = critique_gone::Entity::find()
            .select_only()
            .column(critique_gone::Column::CritiqueId)
            .filter(critique_gone::Column::ArtworkId.eq(id.0))
            .filter(critique_gone::Column::Seq.gt(after))
            .order_by_asc(critique_gone::Column::Seq)
            .limit(MAX_CHANGES + 1)
            .into_tuple()
            .all(db)
            .await?;
        if (changed.len() + gone.len()) as u64 > MAX_CHANGES {
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
