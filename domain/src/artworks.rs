//! Artworks: posting, showing, editing and deleting.

mod cached;
mod changes;
mod edit;
pub mod media;
pub mod pictures;
mod post;
mod rendered;
mod words;

use std::sync::Arc;

pub(crate) use cached::CachedArtwork;
pub use media::Media;
use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, sea_query::ExprTrait,
};
use shared::{
    AppError, ArtworkId, CritiqueId, Thing, UserId,
    dto::{Artwork, ArtworkCard, ArtworkChanges, ArtworkView, CritiqueSort, Page, Person, Profile},
};
pub use words::{Words, WordsEdit};

use crate::{
    Result, Store,
    accounts::people::{Name, handle_key, with_name},
    artworks::media::picture,
    clock::timestamp,
    critiques::{self, Start},
    entities::{
        account,
        artwork::{Column, Entity, Model},
        critique, follow,
    },
    markdown::Renderer,
    notifications::Notifications,
    store::{ACQUIRE_TIMEOUT, Cache, Reach, Subject, batch::Batcher},
    work_rows::on_first_page,
};

/// Maximum artworks per page of the gallery.
pub const PAGE_MAX: u64 = 48;

/// Artworks kept in the read cache.
const MAX_CACHED: usize = 50;

/// All artworks.
#[derive(Clone)]
pub struct Artworks {
    store: Store,
    media: Media,
    notifications: Notifications,
    renderer: Renderer,
    /// Artworks with their first page of critiques.
    shown: Cache<ArtworkId, Arc<CachedArtwork>>,
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
            shown: store.cache(Reach::AloneOnly, MAX_CACHED),
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
        let db = self.store.readers();
        if let Some(known) = self.shown.get(&id) {
            return known.view(db, viewer).await;
        }
        let seen = self.shown.note(&[Subject::Artwork(id)]);
        let cached = Arc::new(
            self.read(viewer, id, CritiqueSort::Newest, Start::First)
                .await?,
        );
        self.shown.put(id, cached.clone(), seen);
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
        let mut work = shown.ok_or_else(|| AppError::not_found(Thing::Artwork))?;
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
        let first = on_first_page(self.store.readers(), id, critique).await?;
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
        let key = handle_key(handle).ok_or_else(|| AppError::not_found(Thing::Person))?;
        let db = self.store.readers();
        let row = account::Entity::find()
            .filter(account::Column::HandleKey.eq(key))
            .one(db)
            .await?;
        let row = row.ok_or_else(|| AppError::not_found(Thing::Person))?;
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
