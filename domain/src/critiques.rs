//! Critiques and helpful marks.

mod list;
mod post;
mod rendered;

use std::{collections::BTreeMap, sync::Arc};

pub use list::{ListCursor, PAGE, PAGE_MAX, Start};
pub(crate) use list::{Shown, marked, newest, of_artwork};
pub use post::Draft;
pub(crate) use rendered::renew;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use shared::{
    AppError, ArtworkId, CritiqueId, Current, Kind, Thing, UserId,
    dto::{self, Person},
    text::CritiqueBody,
};

use crate::{
    Error, Result, Store,
    bus::Message,
    clock::{now, timestamp},
    entities::{
        artwork,
        critique::{Column, Entity, Model},
        critique_gone, helpful,
    },
    markdown::{Rendered, Renderer},
    notifications::Notifications,
    policy::{self, Actor},
    store::{ACQUIRE_TIMEOUT, Txn, batch::Batcher, change},
    work_rows::touch,
};

const BLANK_BODY: &str = "critique-blank";

/// All critiques.
#[derive(Clone)]
pub struct Critiques {
    store: Store,
    notifications: Notifications,
    renderer: Renderer,
    /// Batches new critiques by the artwork they lock; `None` on SQLite, which has a single writer.
    drafts: Arc<Batcher<Option<ArtworkId>, Draft, Model>>,
}

impl Critiques {
    pub(crate) fn new(store: Store, notifications: Notifications, renderer: Renderer) -> Self {
        Self {
            store,
            notifications,
            renderer,
            drafts: Batcher::of_changes("critiques", ACQUIRE_TIMEOUT),
        }
    }

    /// Edits a critique's words. Sends no new notification; notifications that show the words show
    /// the new ones. An edit that names a `version` is rejected if the critique has another one,
    /// unless it changes nothing.
    ///
    /// # Errors
    /// [`Kind::NotFound`]; [`Kind::Forbidden`] for anyone but the author; [`Kind::Invalid`] for
    /// words that render to nothing visible; [`Kind::Conflict`] with the current critique.
    pub async fn edit(
        &self,
        actor: &Actor,
        id: CritiqueId,
        body: &CritiqueBody,
        version: Option<i64>,
    ) -> Result<dto::Critique> {
        policy::post(actor)?;
        let rendered = self.render(body).await?;
        let edited: Result<()> = change!(self.store, true, |txn| self
            .edit_in(txn, actor, id, body, &rendered, version)
            .await);
        match edited {
            Ok(()) => self.show(Some(actor.id), id).await,
            Err(Error::App(error)) if error.kind == Kind::Conflict => {
                let present = self.show(Some(actor.id), id).await?;
                Err(AppError {
                    current: Some(Box::new(Current::Critique(present))),
                    ..error
                }
                .into())
            }
            Err(error) => Err(error),
        }
    }

    async fn edit_in(
        &self,
        txn: &mut Txn,
        actor: &Actor,
        id: CritiqueId,
        body: &CritiqueBody,
        rendered: &Rendered,
        version: Option<i64>,
    ) -> Result<()> {
        let row = find(txn, id).await?;
        policy::change_critique(actor, &row)?;
        if row.body == body.as_str() {
            return Ok(());
        }
        if version.is_some_and(|version| version != row.version) {
            return Err(AppError::new(Kind::Conflict, "critique-changed").into());
        }
        let work = touch(txn, row.artwork_id).await?;
        Entity::update_many()
            .col_expr(Column::Body, Expr::value(body.as_str()))
            .col_expr(Column::BodyHtml, Expr::value(rendered.html.as_str()))
            .col_expr(Column::BodyHtmlKey, Expr::value(rendered.key.as_str()))
            .col_expr(Column::Excerpt, Expr::value(rendered.excerpt.as_str()))
            .col_expr(Column::EditedAt, Expr::value(now()))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::ChangedSeq, Expr::value(work.seq))
            .filter(Column::Id.eq(id.0))
            .exec(txn.db())
            .await?;
        self.notifications
            .critique_edited(txn, &row, &rendered.excerpt)
            .await
    }

    /// Deletes a critique and retracts every notification about it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for anyone but the author.
    pub async fn delete(&self, actor: &Actor, id: CritiqueId) -> Result<ArtworkId> {
        let mut tried = None;
        change!(self.store, true, |txn| {
            let row = match (find(txn, id).await, tried) {
                // An earlier try, whose commit was in doubt, has deleted it.
                (Err(Error::App(error)), Some(artwork)) if error.kind == Kind::NotFound => {
                    return Ok(artwork);
                }
                (found, _) => found?,
            };
            policy::change_critique(actor, &row)?;
            tried = Some(ArtworkId(row.artwork_id));
            Entity::delete_by_id(id.0).exec(txn.db()).await?;
            for work in count_critiques(txn, &BTreeMap::from([(row.artwork_id, -1)])).await? {
                let gone = critique_gone::ActiveModel {
                    artwork_id: Set(work.id),
                    seq: Set(work.seq),
                    critique_id: Set(id.0),
                    created_at: Set(now()),
                };
                critique_gone::Entity::insert(gone)
                    .exec_without_returning(txn.db())
                    .await?;
            }
            // Inboxes are locked last, as everywhere: a fixed lock order prevents deadlocks.
            self.notifications.critique_deleted(txn, id.0).await?;
            txn.publish(Message::Artwork(ArtworkId(row.artwork_id)));
            Ok(ArtworkId(row.artwork_id))
        })
    }

    /// Marks a critique as helpful, or removes the mark. Idempotent. Returns the new count.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for the author.
    pub async fn set_helpful(&self, actor: &Actor, id: CritiqueId, helpful: bool) -> Result<i64> {
        change!(self.store, true, |txn| self
            .set_helpful_in(txn, actor, id, helpful)
            .await)
    }

    /// As [`Self::set_helpful`], within a transaction.
    ///
    /// # Errors
    /// As [`Self::set_helpful`].
    pub async fn set_helpful_in(
        &self,
        txn: &mut Txn,
        actor: &Actor,
        id: CritiqueId,
        helpful: bool,
    ) -> Result<i64> {
        let row = find(txn, id).await?;
        policy::mark_helpful(actor, &row)?;
        let changed = if helpful {
            let mark = helpful::ActiveModel {
                critique_id: Set(id.0),
                account_id: Set(actor.id.0),
                created_at: Set(now()),
            };
            let once =
                OnConflict::columns([helpful::Column::CritiqueId, helpful::Column::AccountId])
                    .do_nothing()
                    .to_owned();
            helpful::Entity::insert(mark)
                .on_conflict(once)
                .exec_without_returning(txn.db())
                .await?
        } else {
            helpful::Entity::delete_by_id((id.0, actor.id.0))
                .exec(txn.db())
                .await?
                .rows_affected
        };
        if changed == 0 {
            return Ok(row.helpful_count);
        }
        let step = if helpful { 1 } else { -1 };
        let work = touch(txn, row.artwork_id).await?;
        Entity::update_many()
            .col_expr(
                Column::HelpfulCount,
                Expr::col(Column::HelpfulCount).add(step),
            )
            .col_expr(Column::ChangedSeq, Expr::value(work.seq))
            .filter(Column::Id.eq(id.0))
            .exec(txn.db())
            .await?;
        if helpful {
            self.notifications
                .found_helpful(txn, &row, &work, &actor.viewer)
                .await?;
        } else {
            self.notifications
                .no_longer_helpful(txn, &row, actor.id)
                .await?;
        }
        Ok(row.helpful_count + step)
    }

    /// Renders words that are about to be stored; rejects words that render to nothing visible.
    async fn render(&self, body: &CritiqueBody) -> Result<Rendered> {
        let rendered = self.renderer.render(body.as_str()).await?;
        if rendered.is_blank {
            Err(AppError::field("body", BLANK_BODY).into())
        } else {
            Ok(rendered)
        }
    }
}

/// A critique as `viewer` sees it. Its HTML must be up to date.
fn view(row: Model, author: Person, helpful: bool, viewer: Option<UserId>) -> dto::Critique {
    dto::Critique {
        id: CritiqueId(row.id),
        artwork_id: ArtworkId(row.artwork_id),
        author,
        helpful_count: row.helpful_count,
        helpful,
        editable: viewer.is_some_and(|viewer| policy::owns_critique(viewer, &row)),
        created_at: timestamp(row.created_at),
        edited_at: row.edited_at.map(timestamp),
        version: row.version,
        body: row.body,
        body_html: row.body_html.unwrap_or_default(),
    }
}

/// The critique, locked until the transaction ends. Its artwork is locked first, as everywhere: a
/// fixed lock order prevents deadlocks.
async fn find(txn: &Txn, id: CritiqueId) -> Result<Model> {
    if txn.db().get_database_backend() != DbBackend::Sqlite {
        let work = Entity::find_by_id(id.0)
            .select_only()
            .column(Column::ArtworkId)
            .into_tuple::<i64>()
            .one(txn.db())
            .await?;
        lock_artworks(txn, work.into_iter()).await?;
    }
    Ok(Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(txn.db())
        .await?
        .ok_or_else(|| AppError::not_found(Thing::Critique))?)
}

/// Locks these artworks until the transaction ends, in ascending order of id, which prevents
/// deadlocks. SQLite has a single writer and needs no lock.
async fn lock_artworks(txn: &Txn, ids: impl Iterator<Item = i64>) -> Result<()> {
    use artwork::Column::Id;
    if txn.db().get_database_backend() != DbBackend::Sqlite {
        let rows = artwork::Entity::find()
            .select_only()
            .column(Id)
            .filter(Id.is_in(ids))
            .order_by_asc(Id);
        rows.lock_exclusive()
            .into_tuple::<i64>()
            .all(txn.db())
            .await?;
    }
    Ok(())
}

/// Adds these numbers to the artworks' critique counts, which takes each artwork's next `seq`.
/// Returns the artworks that exist, locked until the transaction ends.
async fn count_critiques(txn: &Txn, more: &BTreeMap<i64, i64>) -> Result<Vec<artwork::Model>> {
    use artwork::Column::{CritiqueCount, Id, Seq};
    if more.len() > 1 {
        lock_artworks(txn, more.keys().copied()).await?;
    }
    let mut ids_by_step: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (id, n) in more {
        ids_by_step.entry(*n).or_default().push(*id);
    }
    let mut artworks = Vec::with_capacity(more.len());
    for (n, ids) in ids_by_step {
        let counted = artwork::Entity::update_many()
            .col_expr(CritiqueCount, Expr::col(CritiqueCount).add(n))
            .col_expr(Seq, Expr::col(Seq).add(1))
            .filter(Id.is_in(ids))
            .exec_with_returning(txn.db())
            .await?;
        artworks.extend(counted);
    }
    Ok(artworks)
}
