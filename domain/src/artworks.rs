//! Works: posting, showing, changing and taking them away.

mod exhibit;

use std::sync::Arc;

use bytes::Bytes;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use shared::{
    AppError, ArtworkId, UserId,
    dto::{Artwork, ArtworkCard, Page, Person, Profile, Viewer},
    text::{Attempt, Description, Fields, Title},
};

pub(crate) use exhibit::Exhibit;

use crate::{
    Result, Store, attempts,
    clock::{now, timestamp},
    critiques,
    entities::{
        account,
        artwork::{ActiveModel, Column, Entity, Model},
        critique, follow,
    },
    live::Message,
    media::{Media, Stored, picture},
    notifications::Notifications,
    people::{Name, handle_key, with_name},
    policy,
    recent::Recent,
    store::{Txn, change},
};

/// Works on a page of the gallery, at most.
pub const PAGE_MAX: u64 = 48;

/// The words of a work, checked.
#[derive(Clone)]
pub struct Words {
    /// Its title.
    pub title: Title,
    /// What the artist says of it.
    pub description: Description,
}

impl Words {
    /// Checks what was typed, both fields at once.
    ///
    /// # Errors
    /// [`shared::Kind::Invalid`] with a sentence for each bad field.
    pub fn parse(title: &str, description: &str) -> Result<Self, AppError> {
        let mut fields = Fields::default();
        let title = fields.take("title", Title::parse(title));
        let description = fields.take("description", Description::parse(description));
        match (title, description) {
            (Some(title), Some(description)) => Ok(Self { title, description }),
            _ => Err(fields.into_error()),
        }
    }
}

/// The works of all people.
#[derive(Clone)]
pub struct Artworks {
    store: Store,
    media: Media,
    notifications: Notifications,
}

impl Artworks {
    pub(crate) const fn new(store: Store, media: Media, notifications: Notifications) -> Self {
        Self { store, media, notifications }
    }

    /// Where the pictures are.
    pub const fn media(&self) -> &Media {
        &self.media
    }

    /// Posts a work with the picture that was uploaded. An attempt that is made again with the same words and picture is posted once, and
    /// gives what the first one did.
    ///
    /// # Errors
    /// Those of [`Media::ingest`].
    pub async fn post(&self, artist: &Viewer, words: &Words, image: Bytes, attempt: Option<Attempt>) -> Result<ArtworkCard> {
        let content = [words.title.as_str().as_bytes(), words.description.as_str().as_bytes(), &image];
        let attempt = attempt.map(|attempt| attempts::kept_as(&attempt, &content));
        if let Some(attempt) = &attempt
            && let Some(row) = attempted(self.store.readers(), artist.id, attempt).await?
        {
            return Ok(card(row, artist.person()));
        }
        let stored = self.media.ingest(image).await?;
        let posted =
            change!(self.store, |txn| self.write(txn, artist, row(artist.id, words, &stored, now()), attempt.as_deref()).await);
        // Where the database failed, its answer may have been lost and the work be there: then the picture stays.
        let (row, new) = posted.inspect_err(|_| tracing::warn!(key = stored.key, "a work was not posted; its picture stays"))?;
        if !new {
            self.media.delete(&stored.key, stored.ext, stored.width).await;
        }
        Ok(card(row, artist.person()))
    }

    /// Writes a work and tells its artist's followers. Gives it, and whether it is new: an attempt may have been made at the same time.
    async fn write(&self, txn: &mut Txn, artist: &Viewer, row: ActiveModel, attempt: Option<&str>) -> Result<(Model, bool)> {
        let row = ActiveModel { attempt: Set(attempt.map(str::to_owned)), ..row };
        let once = OnConflict::columns([Column::ArtistId, Column::Attempt]).do_nothing().to_owned();
        let Some(row) = Entity::insert_many([row]).on_conflict(once).exec_with_returning(txn.db()).await?.pop() else {
            let made = attempted(txn.db(), artist.id, attempt.unwrap_or_default()).await?;
            return Ok((made.ok_or(DbErr::RecordNotInserted)?, false));
        };
        self.notifications.artwork_posted(txn, &row, artist).await?;
        Ok((row, true))
    }

    /// Writes a work whose picture is stored, within a transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn insert(txn: &Txn, artist: UserId, words: &Words, stored: &Stored, at: i64) -> Result<Model> {
        Ok(Entity::insert(row(artist, words, stored, at)).exec_with_returning(txn.db()).await?)
    }

    /// Changes a work's words.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for anyone but its artist.
    pub async fn edit(&self, viewer: UserId, id: ArtworkId, words: &Words) -> Result<()> {
        let edited: Result<()> = change!(self.store, |txn| {
            policy::change_artwork(viewer, &find(txn, id).await?)?;
            Entity::update_many()
                .col_expr(Column::Title, Expr::value(words.title.as_str()))
                .col_expr(Column::Description, Expr::value(words.description.as_str()))
                .filter(Column::Id.eq(id.0))
                .exec(txn.db())
                .await?;
            txn.publish(Message::Artwork(id));
            Ok(())
        });
        // Its title stands in many inboxes.
        self.store.forget_all();
        edited
    }

    /// Deletes a work with its critiques, and takes back every notification about it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`], or [`shared::Kind::Forbidden`] for anyone but its artist.
    pub async fn delete(&self, viewer: UserId, id: ArtworkId) -> Result<()> {
        let deleted: Result<Model> = change!(self.store, |txn| {
            let row = find(txn, id).await?;
            policy::change_artwork(viewer, &row)?;
            Entity::delete_by_id(id.0).exec(txn.db()).await?;
            self.notifications.artwork_deleted(txn, id.0).await?;
            txn.publish(Message::Artwork(id));
            Ok(row)
        });
        let row = deleted?;
        self.media.delete(&row.media_key, &row.media_ext, u32::try_from(row.width).unwrap_or(0)).await;
        Ok(())
    }

    /// A stretch of the gallery, newest first; of one artist's works if named.
    ///
    /// # Errors
    /// When the database can't be read.
    pub async fn page(&self, artist: Option<i64>, before: Option<ArtworkId>, limit: u64) -> Result<Page<ArtworkCard>> {
        let limit = limit.clamp(1, PAGE_MAX);
        let mut query = Entity::find().order_by_desc(Column::Id).limit(limit + 1);
        if let Some(artist) = artist {
            query = query.filter(Column::ArtistId.eq(artist));
        }
        if let Some(before) = before {
            query = query.filter(Column::Id.lt(before.0));
        }
        let mut rows = with_name(query, Column::ArtistId).into_model::<Shown>().all(self.store.readers()).await?;
        let more = rows.len() as u64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let next = rows.last().filter(|_| more).map(|shown| shown.row.id.to_string());
        Ok(Page { items: rows.into_iter().map(|Shown { row, artist }| card(row, artist.into())).collect(), next })
    }

    /// A work with its critiques, as this viewer sees it.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`].
    pub async fn show(&self, viewer: Option<UserId>, id: ArtworkId) -> Result<Artwork> {
        let (db, memory) = (self.store.readers(), self.store.known());
        if let Some(known) = memory.and_then(|memory| memory.artwork(id)) {
            return known.view(db, viewer).await;
        }
        let generation = memory.map(Recent::generation);
        let shown = with_name(Entity::find_by_id(id.0), Column::ArtistId).into_model::<Shown>().one(db).await?;
        let work = shown.ok_or_else(|| AppError::not_found("artwork"))?;
        let critiques = critiques::of_artwork(db, viewer, id).await?;
        let exhibit = Arc::new(Exhibit::new(work, critiques, viewer));
        if let (Some(memory), Some(generation)) = (memory, generation) {
            memory.remember_artwork(exhibit.clone(), generation);
        }
        exhibit.view(db, viewer).await
    }

    /// A person's page.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if nobody has that handle.
    pub async fn profile(&self, viewer: Option<UserId>, handle: &str, before: Option<ArtworkId>, limit: u64) -> Result<Profile> {
        let key = handle_key(handle).ok_or_else(|| AppError::not_found("person"))?;
        let db = self.store.readers();
        let row = account::Entity::find().filter(account::Column::HandleKey.eq(key)).one(db).await?;
        let row = row.ok_or_else(|| AppError::not_found("person"))?;
        let written: Vec<i64> = critique::Entity::find()
            .select_only()
            .column(critique::Column::HelpfulCount)
            .filter(critique::Column::AuthorId.eq(row.id))
            .into_tuple()
            .all(db)
            .await?;
        Ok(Profile {
            person: shared::dto::Person { handle: row.handle, display_name: row.display_name },
            joined_at: timestamp(row.created_at),
            follower_count: row.follower_count,
            followed: match viewer {
                Some(viewer) if viewer.0 != row.id => {
                    Some(follow::Entity::find_by_id((row.id, viewer.0)).one(db).await?.is_some())
                }
                _ => None,
            },
            artwork_count: i64::try_from(Entity::find().filter(Column::ArtistId.eq(row.id)).count(db).await?).unwrap_or(i64::MAX),
            critique_count: i64::try_from(written.len()).unwrap_or(i64::MAX),
            helpful_count: written.iter().sum(),
            artworks: self.page(Some(row.id), before, limit).await?,
        })
    }
}

/// A work with its artist's name.
#[derive(FromQueryResult)]
struct Shown {
    #[sea_orm(nested)]
    row: Model,
    #[sea_orm(nested)]
    artist: Name,
}

fn row(artist: UserId, words: &Words, stored: &Stored, at: i64) -> ActiveModel {
    ActiveModel {
        artist_id: Set(artist.0),
        title: Set(words.title.to_string()),
        description: Set(words.description.to_string()),
        media_key: Set(stored.key.clone()),
        media_ext: Set(stored.ext.into()),
        width: Set(i32::try_from(stored.width).unwrap_or(i32::MAX)),
        height: Set(i32::try_from(stored.height).unwrap_or(i32::MAX)),
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
        title: row.title,
    }
}

/// What has come of an artist's attempt before.
async fn attempted(db: &impl ConnectionTrait, artist: UserId, attempt: &str) -> Result<Option<Model>> {
    Ok(Entity::find().filter(Column::ArtistId.eq(artist.0)).filter(Column::Attempt.eq(attempt)).one(db).await?)
}

/// The work, held until the transaction ends.
async fn find(txn: &Txn, id: ArtworkId) -> Result<Model> {
    Ok(Entity::find_by_id(id.0).lock_exclusive().one(txn.db()).await?.ok_or_else(|| AppError::not_found("artwork"))?)
}
