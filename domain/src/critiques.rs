//! Critiques and helpful marks.

mod post;

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, IntoCondition, OnConflict},
};
use shared::{
    AppError, ArtworkId, CritiqueId, UserId,
    dto::{self, Person, Viewer},
    text::CritiqueBody,
};

use crate::{
    Result, Store,
    batch::Batcher,
    clock::{now, timestamp},
    entities::{
        artwork,
        critique::{Column, Entity, Model},
        helpful,
    },
    live::Message,
    markdown,
    notifications::Notifications,
    people::{Name, with_name},
    policy,
    store::{PATIENCE, Txn, change},
};

pub use post::Draft;

/// Critiques shown on one artwork, at most.
const MOST: u64 = 1_000;

/// The critiques of all works.
#[derive(Clone)]
pub struct Critiques {
    store: Store,
    notifications: Notifications,
    /// Critiques to be posted, by what they lock.
    drafts: Arc<Batcher<Option<ArtworkId>, Draft, Model>>,
}

impl Critiques {
    pub(crate) fn new(store: Store, notifications: Notifications) -> Self {
        Self { store, notifications, drafts: Batcher::new("critiques", PATIENCE) }
    }

    /// Changes a critique's words. Nobody is told again.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for anyone but its author.
    pub async fn edit(&self, viewer: UserId, id: CritiqueId, body: &CritiqueBody) -> Result<dto::Critique> {
        let edited: Result<()> = change!(self.store, |txn| {
            let row = find(txn, id).await?;
            policy::change_critique(viewer, &row)?;
            if row.body == body.as_str() {
                return Ok(());
            }
            txn.publish(Message::Artwork(ArtworkId(row.artwork_id)));
            Entity::update_many()
                .col_expr(Column::Body, Expr::value(body.as_str()))
                .col_expr(Column::EditedAt, Expr::value(now()))
                .filter(Column::Id.eq(id.0))
                .exec(txn.db())
                .await?;
            Ok(())
        });
        edited?;
        self.show(Some(viewer), id).await
    }

    /// Deletes a critique and takes back every notification about it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for anyone but its author.
    pub async fn delete(&self, viewer: UserId, id: CritiqueId) -> Result<ArtworkId> {
        change!(self.store, |txn| {
            let row = find(txn, id).await?;
            policy::change_critique(viewer, &row)?;
            Entity::delete_by_id(id.0).exec(txn.db()).await?;
            count_critiques(txn, &BTreeMap::from([(row.artwork_id, -1)])).await?;
            // Inboxes are locked last, here as everywhere: two changes that lock in the same order never wait for each other.
            self.notifications.critique_deleted(txn, id.0).await?;
            txn.publish(Message::Artwork(ArtworkId(row.artwork_id)));
            Ok(ArtworkId(row.artwork_id))
        })
    }

    /// Says that a critique helped, or takes that back; doing either twice is doing it once. Gives the new count.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for its author.
    pub async fn set_helpful(&self, viewer: &Viewer, id: CritiqueId, helpful: bool) -> Result<i64> {
        change!(self.store, |txn| self.set_helpful_in(txn, viewer, id, helpful).await)
    }

    /// The same within a transaction.
    ///
    /// # Errors
    /// As [`Self::set_helpful`].
    pub async fn set_helpful_in(&self, txn: &mut Txn, viewer: &Viewer, id: CritiqueId, helpful: bool) -> Result<i64> {
        let row = find(txn, id).await?;
        policy::mark_helpful(viewer.id, &row)?;
        let changed = if helpful {
            let mark = helpful::ActiveModel { critique_id: Set(id.0), account_id: Set(viewer.id.0), created_at: Set(now()) };
            let once = OnConflict::columns([helpful::Column::CritiqueId, helpful::Column::AccountId]).do_nothing().to_owned();
            helpful::Entity::insert(mark).on_conflict(once).exec_without_returning(txn.db()).await?
        } else {
            helpful::Entity::delete_by_id((id.0, viewer.id.0)).exec(txn.db()).await?.rows_affected
        };
        if changed == 0 {
            return Ok(row.helpful_count);
        }
        let step = if helpful { 1 } else { -1 };
        Entity::update_many()
            .col_expr(Column::HelpfulCount, Expr::col(Column::HelpfulCount).add(step))
            .filter(Column::Id.eq(id.0))
            .exec(txn.db())
            .await?;
        if helpful {
            self.notifications.found_helpful(txn, &row, viewer).await?;
        } else {
            self.notifications.no_longer_helpful(txn, &row, viewer.id).await?;
        }
        txn.publish(Message::Artwork(ArtworkId(row.artwork_id)));
        Ok(row.helpful_count + step)
    }

    /// A critique as this viewer sees it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`].
    pub async fn show(&self, viewer: Option<UserId>, id: CritiqueId) -> Result<dto::Critique> {
        let shown = with_mark(Entity::find_by_id(id.0), viewer).into_model::<Shown>().one(self.store.readers()).await?;
        let shown = shown.ok_or_else(|| AppError::not_found("critique"))?;
        let marked = shown.marked();
        Ok(shown.view(viewer, marked))
    }
}

/// A critique with its author's name, and the viewer's mark if they found it helpful.
#[derive(Clone, FromQueryResult)]
pub(crate) struct Shown {
    #[sea_orm(nested)]
    row: Model,
    #[sea_orm(nested)]
    author: Name,
    marked_at: Option<i64>,
}

impl Shown {
    pub(crate) const fn id(&self) -> i64 {
        self.row.id
    }

    /// Whether it helped the viewer it was read for.
    pub(crate) const fn marked(&self) -> bool {
        self.marked_at.is_some()
    }

    pub(crate) fn view(self, viewer: Option<UserId>, marked: bool) -> dto::Critique {
        view(self.row, self.author.into(), marked, viewer)
    }
}

fn with_mark(rows: Select<Entity>, viewer: Option<UserId>) -> Select<Entity> {
    // Nobody is number nought.
    let viewer = viewer.map_or(0, |viewer| viewer.0);
    let mark = Entity::belongs_to(helpful::Entity).from(Column::Id).to(helpful::Column::CritiqueId);
    let mark = mark.on_condition(move |_, mark| Expr::col((mark, helpful::Column::AccountId)).eq(viewer).into_condition());
    with_name(rows, Column::AuthorId).join(JoinType::LeftJoin, mark.into()).column_as(helpful::Column::CreatedAt, "marked_at")
}

/// An artwork's critiques, oldest first.
pub(crate) async fn of_artwork(db: &impl ConnectionTrait, viewer: Option<UserId>, id: ArtworkId) -> Result<Vec<Shown>> {
    let rows = Entity::find().filter(Column::ArtworkId.eq(id.0)).order_by_asc(Column::Id).limit(MOST);
    Ok(with_mark(rows, viewer).into_model::<Shown>().all(db).await?)
}

/// Which of an artwork's critiques somebody found helpful.
pub(crate) async fn marked(db: &impl ConnectionTrait, viewer: UserId, id: ArtworkId) -> Result<HashSet<i64>> {
    let mark = helpful::Entity::belongs_to(Entity).from(helpful::Column::CritiqueId).to(Column::Id);
    let marks = helpful::Entity::find()
        .select_only()
        .column(helpful::Column::CritiqueId)
        .join(JoinType::InnerJoin, mark.into())
        .filter(Column::ArtworkId.eq(id.0))
        .filter(helpful::Column::AccountId.eq(viewer.0));
    Ok(marks.into_tuple().all(db).await?.into_iter().collect())
}

/// A critique as `viewer` sees it.
fn view(row: Model, author: Person, helpful: bool, viewer: Option<UserId>) -> dto::Critique {
    dto::Critique {
        id: CritiqueId(row.id),
        artwork_id: ArtworkId(row.artwork_id),
        author,
        body_html: markdown::render(&row.body),
        helpful_count: row.helpful_count,
        helpful,
        editable: viewer.is_some_and(|viewer| policy::owns_critique(viewer, &row)),
        created_at: timestamp(row.created_at),
        edited_at: row.edited_at.map(timestamp),
        body: row.body,
    }
}

/// The critique, held until the transaction ends.
async fn find(txn: &Txn, id: CritiqueId) -> Result<Model> {
    Ok(Entity::find_by_id(id.0).lock_exclusive().one(txn.db()).await?.ok_or_else(|| AppError::not_found("critique"))?)
}

/// Holds these works until the transaction ends, waiting for the lowest id first, as everybody does who needs several. Where one writer
/// holds everything anyway, there is nothing to do.
async fn lock_artworks(txn: &Txn, ids: impl Iterator<Item = i64>) -> Result<()> {
    use artwork::Column::Id;
    if txn.db().get_database_backend() != DbBackend::Sqlite {
        let rows = artwork::Entity::find().select_only().column(Id).filter(Id.is_in(ids)).order_by_asc(Id);
        rows.lock_exclusive().into_tuple::<i64>().all(txn.db()).await?;
    }
    Ok(())
}

/// Counts so many critiques more at each of these works. Gives those that are there, held until the transaction ends.
async fn count_critiques(txn: &Txn, more: &BTreeMap<i64, i64>) -> Result<Vec<artwork::Model>> {
    use artwork::Column::{CritiqueCount, Id};
    if more.len() > 1 {
        lock_artworks(txn, more.keys().copied()).await?;
    }
    let mut alike: BTreeMap<i64, Vec<i64>> = BTreeMap::new();
    for (id, n) in more {
        alike.entry(*n).or_default().push(*id);
    }
    let mut artworks = Vec::with_capacity(more.len());
    for (n, ids) in alike {
        let counted = artwork::Entity::update_many()
            .col_expr(CritiqueCount, Expr::col(CritiqueCount).add(n))
            .filter(Id.is_in(ids))
            .exec_with_returning(txn.db())
            .await?;
        artworks.extend(counted);
    }
    Ok(artworks)
}
