//! Artworks: posting, showing, editing and deleting.

mod cached;
mod changes;
mod rendered;
mod words;

use std::sync::Arc;

use bytes::Bytes;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use shared::{
    AppError, ArtworkId, CritiqueId, Current, Kind, UserId,
    dto::{
        Artwork, ArtworkCard, ArtworkChanges, ArtworkView, CritiqueSort, Page, Person, Profile,
        Viewer,
    },
    text::IdempotencyKey,
};

pub(crate) use cached::CachedArtwork;
pub(crate) use changes::{hold, touch};
pub use words::{Words, WordsEdit};

use crate::{
    Error, Result, Store,
    batch::Batcher,
    clock::{now, timestamp},
    critiques::{self, Start},
    entities::{
        account,
        artwork::{ActiveModel, Column, Entity, Model},
        critique, follow,
    },
    idempotency,
    live::Message,
    markdown::{self, Rendered, Renderer},
    media::{self, Media, Stored, picture},
    notifications::Notifications,
    people::{Name, handle_key, with_name},
    policy,
    read_cache::ReadCache,
    store::{ACQUIRE_TIMEOUT, Txn, change},
};

/// Maximum artworks per page of the gallery.
pub const PAGE_MAX: u64 = 48;

/// All artworks.
#[derive(Clone)]
pub struct Artworks {
    store: Store,
    media: Media,
    notifications: Notifications,
    renderer: Renderer,
    /// Batches reads of an artwork's changes after a `seq`.
    watching: Arc<Batcher<(ArtworkId, i64), (), Arc<ArtworkChanges>>>,
}

impl Artworks {
    pub(crate) fn new(
        store: Store,
        media: Media,
        notifications: Notifications,
        renderer: Renderer,
    ) -> Self {
        Self {
            store,
            media,
            notifications,
            renderer,
            watching: Batcher::of_reads("artwork changes", ACQUIRE_TIMEOUT),
        }
    }

    /// The picture storage.
    pub const fn media(&self) -> &Media {
        &self.media
    }

    /// Posts an artwork with the uploaded picture. With an idempotency key, a retry with the same
    /// words and picture returns the artwork that the first request posted.
    ///
    /// # Errors
    /// Those of [`Media::ingest`].
    pub async fn post(
        &self,
        artist: &Viewer,
        words: &Words,
        image: Bytes,
        attempt: Option<IdempotencyKey>,
    ) -> Result<ArtworkCard> {
        let content = [
            words.title.as_str().as_bytes(),
            words.description.as_str().as_bytes(),
            &image,
        ];
        let attempt = attempt.map(|attempt| idempotency::stored_key(&attempt, &content));
        if let Some(attempt) = &attempt
            && let Some(row) = attempted(self.store.readers(), artist.id, attempt).await?
        {
            return Ok(card(row, artist.person()));
        }
        let rendered = self.renderer.render(words.description.as_str()).await?;
        let unclaimed = self.media.ingest(image).await?;
        let row = row(artist.id, words, rendered, unclaimed.stored(), now());
        let posted = change!(self.store, attempt.is_some(), |txn| {
            let written = self
                .write(txn, artist, row.clone(), attempt.as_deref())
                .await;
            if written.is_ok() {
                // The artwork may be committed even if the database's answer is lost, so the
                // picture must be kept.
                unclaimed.claim();
            }
            written
        });
        let posted = posted.map_err(|error| error.of_attempt(attempt.is_some()));
        let (row, new) = posted.inspect_err(|error| {
            if error.is_in_doubt() {
                let key = &unclaimed.stored().key;
                tracing::warn!(key, "a commit is in doubt; the picture stays");
            }
        })?;
        if !new {
            unclaimed.discard().await;
        }
        Ok(card(row, artist.person()))
    }

    /// Inserts an artwork and notifies the artist's followers. Returns it, and whether it is new: a
    /// concurrent request with the same idempotency key may have inserted it.
    async fn write(
        &self,
        txn: &mut Txn,
        artist: &Viewer,
        row: ActiveModel,
        attempt: Option<&str>,
    ) -> Result<(Model, bool)> {
        let row = ActiveModel {
            attempt: Set(attempt.map(str::to_owned)),
            ..row
        };
        let once = OnConflict::columns([Column::ArtistId, Column::Attempt])
            .do_nothing()
            .to_owned();
        let Some(row) = Entity::insert_many([row])
            .on_conflict(once)
            .exec_with_returning(txn.db())
            .await?
            .pop()
        else {
            let made = attempted(txn.db(), artist.id, attempt.unwrap_or_default()).await?;
            return Ok((made.ok_or(DbErr::RecordNotInserted)?, false));
        };
        self.notifications.artwork_posted(txn, &row, artist).await?;
        Ok((row, true))
    }

    /// Inserts an artwork whose picture is stored, within a transaction.
    ///
    /// # Errors
    /// On a database error.
    pub async fn insert(
        txn: &Txn,
        artist: UserId,
        words: &Words,
        stored: &Stored,
        at: i64,
    ) -> Result<Model> {
        let rendered = markdown::render(words.description.as_str());
        Ok(Entity::insert(row(artist, words, rendered, stored, at))
            .exec_with_returning(txn.db())
            .await?)
    }

    /// Edits an artwork's title and description; fields left out stay as they are. Notifications
    /// that show the title show the new one. An edit that names a `version` is rejected if the
    /// artwork has another one, unless it changes nothing.
    ///
    /// # Errors
    /// [`Kind::NotFound`]; [`Kind::Forbidden`] for anyone but the artist; [`Kind::Conflict`] with
    /// the current artwork.
    pub async fn edit(
        &self,
        viewer: UserId,
        id: ArtworkId,
        words: &WordsEdit,
        version: Option<i64>,
    ) -> Result<()> {
        let description = match &words.description {
            Some(description) => Some(self.renderer.render(description.as_str()).await?),
            None => None,
        };
        let edited: Result<()> = change!(self.store, true, |txn| self
            .edit_in(txn, viewer, id, words, description.as_ref(), version)
            .await);
        match edited {
            Err(Error::App(error)) if error.kind == Kind::Conflict => {
                let present = self.show(Some(viewer), id).await?;
                Err(AppError {
                    current: Some(Box::new(Current::Artwork(present))),
                    ..error
                }
                .into())
            }
            edited => edited,
        }
    }

    async fn edit_in(
        &self,
        txn: &mut Txn,
        viewer: UserId,
        id: ArtworkId,
        words: &WordsEdit,
        description: Option<&Rendered>,
        version: Option<i64>,
    ) -> Result<()> {
        let row = find(txn, id).await?;
        policy::change_artwork(viewer, &row)?;
        if words.changes_nothing(&row) {
            return Ok(());
        }
        if version.is_some_and(|version| version != row.version) {
            return Err(AppError::new(
                Kind::Conflict,
                "This work was changed elsewhere meanwhile. Compare the two, then save again.",
            )
            .into());
        }
        touch(txn, id.0).await?;
        let mut update =
            Entity::update_many().col_expr(Column::Version, Expr::col(Column::Version).add(1));
        if let Some(title) = &words.title {
            update = update.col_expr(Column::Title, Expr::value(title.as_str()));
        }
        if let Some(description) = &words.description {
            update = update.col_expr(Column::Description, Expr::value(description.as_str()));
        }
        if let Some(rendered) = description {
            update = update
                .col_expr(Column::DescriptionHtml, Expr::value(rendered.html.as_str()))
                .col_expr(
                    Column::DescriptionHtmlKey,
                    Expr::value(rendered.key.as_str()),
                );
        }
        update.filter(Column::Id.eq(id.0)).exec(txn.db()).await?;
        if words
            .title
            .as_ref()
            .is_some_and(|title| title.as_str() != row.title)
        {
            self.notifications.artwork_retitled(txn, id.0).await?;
        }
        Ok(())
    }

    /// Deletes an artwork with its critiques, and retracts every notification about it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for anyone but the artist.
    pub async fn delete(&self, viewer: UserId, id: ArtworkId) -> Result<()> {
        let mut tried = None;
        let deleted: Result<Model> = change!(self.store, true, |txn| {
            let row = match (find(txn, id).await, &tried) {
                // An earlier try, whose commit was in doubt, has deleted it.
                (Err(Error::App(error)), Some(row)) if error.kind == Kind::NotFound => {
                    return Ok(Model::clone(row));
                }
                (found, _) => found?,
            };
            policy::change_artwork(viewer, &row)?;
            tried = Some(row.clone());
            Entity::delete_by_id(id.0).exec(txn.db()).await?;
            self.notifications.artwork_deleted(txn, id.0).await?;
            txn.publish(Message::Artwork(id));
            Ok(row)
        });
        let row = deleted?;
        self.media.delete(&row.media_key, &media::files(&row)).await;
        Ok(())
    }

    /// A page of the gallery, newest first; with `artist`, of that artist's works only.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn page(
        &self,
        artist: Option<i64>,
        before: Option<ArtworkId>,
        limit: u64,
    ) -> Result<Page<ArtworkCard>> {
        let limit = limit.clamp(1, PAGE_MAX);
        let mut query = Entity::find().order_by_desc(Column::Id).limit(limit + 1);
        if let Some(artist) = artist {
            query = query.filter(Column::ArtistId.eq(artist));
        }
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before.0));
        }
        let mut rows = with_name(query, Column::ArtistId)
            .into_model::<Shown>()
            .all(self.store.readers())
            .await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = rows
            .last()
            .filter(|_| more)
            .map(|shown| shown.row.id.to_string());
        Ok(Page {
            items: rows
                .into_iter()
                .map(|Shown { row, artist }| card(row, artist.into()))
                .collect(),
            next,
        })
    }

    /// An artwork with its first page of critiques, as this viewer sees it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`].
    pub async fn show(&self, viewer: Option<UserId>, id: ArtworkId) -> Result<Artwork> {
        let (db, memory) = (self.store.readers(), self.store.exclusive_cache());
        if let Some(known) = memory.and_then(|memory| memory.artwork(id)) {
            return known.view(db, viewer).await;
        }
        let generation = memory.map(ReadCache::generation);
        let cached = Arc::new(
            self.read(viewer, id, CritiqueSort::Newest, Start::First)
                .await?,
        );
        if let (Some(memory), Some(generation)) = (memory, generation) {
            memory.cache_artwork(cached.clone(), generation);
        }
        cached.view(db, viewer).await
    }

    /// As [`Self::show`], with another page of critiques, or the page that contains a given
    /// critique.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if there is no such artwork. The result says if there is no such
    /// critique.
    pub async fn show_page(
        &self,
        viewer: Option<UserId>,
        id: ArtworkId,
        sort: CritiqueSort,
        start: Start,
    ) -> Result<ArtworkView> {
        let first = |artwork: Artwork, missing| {
            let newest = artwork.critiques.first().map(|critique| critique.id);
            ArtworkView {
                artwork,
                sort: CritiqueSort::Newest,
                first: true,
                newest,
                missing,
            }
        };
        match (sort, start) {
            (CritiqueSort::Newest, Start::First) => Ok(first(self.show(viewer, id).await?, false)),
            (_, Start::At(critique)) => {
                let artwork = self.show(viewer, id).await?;
                let has_it =
                    |artwork: &Artwork| artwork.critiques.iter().any(|shown| shown.id == critique);
                if has_it(&artwork) {
                    return Ok(first(artwork, false));
                }
                let page = self
                    .read(viewer, id, CritiqueSort::Newest, start)
                    .await?
                    .view(self.store.readers(), viewer)
                    .await?;
                let newest = artwork.critiques.first().map(|critique| critique.id);
                Ok(if has_it(&page) {
                    ArtworkView {
                        artwork: page,
                        sort: CritiqueSort::Newest,
                        first: false,
                        newest,
                        missing: false,
                    }
                } else {
                    first(artwork, true)
                })
            }
            (sort, start) => {
                let newest = critiques::newest(self.store.readers(), id).await?;
                let artwork = self
                    .read(viewer, id, sort, start)
                    .await?
                    .view(self.store.readers(), viewer)
                    .await?;
                Ok(ArtworkView {
                    artwork,
                    sort,
                    first: start == Start::First,
                    newest,
                    missing: false,
                })
            }
        }
    }

    async fn read(
        &self,
        viewer: Option<UserId>,
        id: ArtworkId,
        sort: CritiqueSort,
        start: Start,
    ) -> Result<CachedArtwork> {
        let db = self.store.readers();
        let shown = with_name(Entity::find_by_id(id.0), Column::ArtistId)
            .into_model::<Shown>()
            .one(db)
            .await?;
        let mut work = shown.ok_or_else(|| AppError::not_found("artwork"))?;
        rendered::renew(&self.store, &self.renderer, &mut work.row).await?;
        let mut critiques =
            critiques::of_artwork(db, viewer, id, sort, start, critiques::PAGE).await?;
        critiques::renew(
            &self.store,
            &self.renderer,
            critiques.items.iter_mut().map(critiques::Shown::row_mut),
        )
        .await?;
        Ok(CachedArtwork::new(work, critiques, viewer))
    }

    /// The path of a critique: its artwork's page and, if it isn't on the first page of critiques,
    /// the page that contains it.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn path_to(&self, id: ArtworkId, critique: CritiqueId) -> Result<String> {
        let first = critiques::on_first_page(self.store.readers(), id, critique).await?;
        Ok(shared::paths::critique(id, critique, !first))
    }

    /// A person's profile page.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if no account has that handle.
    pub async fn profile(
        &self,
        viewer: Option<UserId>,
        handle: &str,
        before: Option<ArtworkId>,
        limit: u64,
    ) -> Result<Profile> {
        let key = handle_key(handle).ok_or_else(|| AppError::not_found("person"))?;
        let db = self.store.readers();
        let row = account::Entity::find()
            .filter(account::Column::HandleKey.eq(key))
            .one(db)
            .await?;
        let row = row.ok_or_else(|| AppError::not_found("person"))?;
        let written: Option<(i64, Option<i64>)> = critique::Entity::find()
            .select_only()
            .column_as(critique::Column::Id.count(), "written")
            // PostgreSQL sums bigints to a numeric.
            .column_as(
                critique::Column::HelpfulCount.sum().cast_as("bigint"),
                "helpful",
            )
            .filter(critique::Column::AuthorId.eq(row.id))
            .into_tuple()
            .one(db)
            .await?;
        let (critique_count, helpful_count) =
            written.map_or((0, 0), |(written, helpful)| (written, helpful.unwrap_or(0)));
        Ok(Profile {
            person: shared::dto::Person {
                handle: row.handle,
                display_name: row.display_name,
            },
            joined_at: timestamp(row.created_at),
            follower_count: row.follower_count,
            followed: match viewer {
                Some(viewer) if viewer.0 != row.id => Some(
                    follow::Entity::find_by_id((row.id, viewer.0))
                        .one(db)
                        .await?
                        .is_some(),
                ),
                _ => None,
            },
            artwork_count: i64::try_from(
                Entity::find()
                    .filter(Column::ArtistId.eq(row.id))
                    .count(db)
                    .await?,
            )
            .unwrap_or(i64::MAX),
            critique_count,
            helpful_count,
            artworks: self.page(Some(row.id), before, limit).await?,
        })
    }
}

/// An artwork with its artist's name.
#[derive(FromQueryResult)]
struct Shown {
    #[sea_orm(nested)]
    row: Model,
    #[sea_orm(nested)]
    artist: Name,
}

fn row(artist: UserId, words: &Words, rendered: Rendered, stored: &Stored, at: i64) -> ActiveModel {
    let pixels = |side: u32| i32::try_from(side).unwrap_or(i32::MAX);
    ActiveModel {
        artist_id: Set(artist.0),
        title: Set(words.title.to_string()),
        description: Set(words.description.to_string()),
        description_html: Set(Some(rendered.html)),
        description_html_key: Set(Some(rendered.key)),
        media_key: Set(stored.key.clone()),
        media_ext: Set(stored.ext.clone()),
        media_files: Set(Some(stored.files.join(" "))),
        width: Set(pixels(stored.earlier_width())),
        height: Set(pixels(stored.earlier_height())),
        full_width: Set(Some(pixels(stored.width))),
        full_height: Set(Some(pixels(stored.height))),
        placeholder: Set(stored.placeholder.clone()),
        critique_count: Set(0),
        created_at: Set(at),
        ..Default::default()
    }
}

fn card(row: Model, artist: Person) -> ArtworkCard {
    ArtworkCard {
        id: ArtworkId(row.id),
        artist,
        picture: picture(&row),
        critique_count: row.critique_count,
        created_at: timestamp(row.created_at),
        version: row.version,
        title: row.title,
    }
}

/// The artwork that an earlier request with the same idempotency key created.
async fn attempted(
    db: &impl ConnectionTrait,
    artist: UserId,
    attempt: &str,
) -> Result<Option<Model>> {
    Ok(Entity::find()
        .filter(Column::ArtistId.eq(artist.0))
        .filter(Column::Attempt.eq(attempt))
        .one(db)
        .await?)
}

/// The artwork, locked until the transaction ends.
async fn find(txn: &Txn, id: ArtworkId) -> Result<Model> {
    Ok(Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(txn.db())
        .await?
        .ok_or_else(|| AppError::not_found("artwork"))?)
}
