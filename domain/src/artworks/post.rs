//! Posting artworks.

use bytes::Bytes;
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::OnConflict,
};
use shared::{
    UserId,
    dto::{ArtworkCard, Viewer},
    text::IdempotencyKey,
};

use crate::{
    Result,
    artworks::{Artworks, card, media::Stored, words::Words},
    clock::now,
    entities::artwork::{ActiveModel, Column, Entity, Model},
    idempotency, markdown,
    markdown::Rendered,
    policy::{self, Actor},
    store::{Txn, change},
};

impl Artworks {
    /// Posts an artwork with the uploaded picture. With an idempotency key, a retry with the same
    /// words and picture returns the artwork that the first request posted.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::post`]; those of
    /// [`crate::artworks::Media::ingest`].
    pub async fn post(
        &self,
        artist: &Actor,
        words: &Words,
        image: Bytes,
        attempt: Option<IdempotencyKey>,
    ) -> Result<ArtworkCard> {
        policy::post(artist)?;
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
                tracing::warn!(key, "a commit's outcome is unknown; keeping its picture");
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
