//! Posts critiques. Critiques that arrive at the same time are written by the same statements, in
//! one transaction.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap, HashSet, VecDeque},
    sync::Arc,
};

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};
use shared::{
    AppError, ArtworkId, Thing,
    dto::{self, Viewer},
    text::{CritiqueBody, IdempotencyKey},
};

use crate::{
    Error, Result,
    bus::Message,
    clock::now,
    critiques::{Critiques, count_critiques, lock_artworks, renew, view},
    entities::critique::{ActiveModel, Column, Entity, Model},
    idempotency,
    markdown::Rendered,
    notifications::Posted,
    policy::{self, Actor},
    store::{Txn, change},
};

/// A critique to be posted.
pub struct Draft {
    /// The author.
    pub author: Viewer,
    /// The artwork it is about.
    pub artwork: ArtworkId,
    /// The text.
    pub body: CritiqueBody,
    /// The rendered text.
    pub rendered: Rendered,
    /// The time of posting, in milliseconds since 1970.
    pub at: i64,
    /// The idempotency key in its stored form, if the client sent one.
    pub attempt: Option<String>,
}

impl Draft {
    /// The author and their idempotency key.
    fn key(&self) -> Option<(i64, &str)> {
        self.attempt
            .as_deref()
            .map(|attempt| (self.author.id.0, attempt))
    }
}

impl Critiques {
    /// Posts a critique and notifies the artist. With an idempotency key, a retry with the same
    /// words returns the critique that the first request posted.
    ///
    /// # Errors
    /// [`shared::Kind::Forbidden`] by [`policy::post`], [`shared::Kind::NotFound`] if the artwork
    /// is gone, [`shared::Kind::Invalid`] for words that render to nothing visible.
    pub async fn post(
        &self,
        author: &Actor,
        artwork: ArtworkId,
        body: &CritiqueBody,
        attempt: Option<IdempotencyKey>,
    ) -> Result<dto::Critique> {
        policy::post(author)?;
        let keyed = attempt.is_some();
        let attempt = attempt.map(|attempt| {
            idempotency::stored_key(
                &attempt,
                &[&artwork.0.to_le_bytes(), body.as_str().as_bytes()],
            )
        });
        let rendered = self.render(body).await?;
        let draft = Draft {
            author: author.viewer.clone(),
            artwork,
            body: body.clone(),
            rendered,
            at: now(),
            attempt,
        };
        let critiques = self.clone();
        // SQLite has a single writer, so all critiques share one batch. PostgreSQL locks rows: a
        // locked artwork must not delay critiques of other artworks.
        let locks = (!self.store.one_writer()).then_some(artwork);
        let posted = self
            .drafts
            .submit(locks, draft, move |drafts| {
                critiques.clone().post_all(drafts)
            })
            .await;
        let mut row = posted.map_err(|error| error.of_attempt(keyed))?;
        // A critique that an earlier request posted may have HTML from an older version.
        renew(&self.store, &self.renderer, [&mut row]).await?;
        Ok(view(row, author.person(), false, Some(author.id)))
    }

    async fn post_all(self, drafts: Vec<Arc<Draft>>) -> Result<Vec<Result<Model>>> {
        let keyed = drafts.iter().all(|draft| draft.attempt.is_some());
        change!(self.store, keyed, |txn| self.post_in(txn, &drafts).await)
    }

    /// Posts critiques within a transaction. Returns each critique, in the order of `drafts`, or an
    /// error if its artwork is gone.
    ///
    /// # Errors
    /// On a database error; then none is posted.
    pub async fn post_in(
        &self,
        txn: &mut Txn,
        drafts: &[impl Borrow<Draft>],
    ) -> Result<Vec<Result<Model>>> {
        let drafts: Vec<&Draft> = drafts.iter().map(Borrow::borrow).collect();
        let mut attempts = attempted(txn, &drafts).await?;
        let mut begun = HashSet::new();
        let mut first = |key| !attempts.contains_key(&key) && begun.insert(key);
        let new: Vec<&Draft> = drafts
            .iter()
            .copied()
            .filter(|draft| draft.key().is_none_or(&mut first))
            .collect();
        let mut posted = VecDeque::with_capacity(new.len());
        for (draft, row) in new.iter().zip(self.write(txn, &new).await?) {
            match (draft.key(), row) {
                (None, row) => posted.push_back(row),
                (Some(key), Some(row)) => drop(attempts.insert(key, row)),
                (Some(_), None) => {}
            }
        }
        let answer = |draft: &Draft| {
            let row = match draft.key() {
                Some(key) => attempts.get(&key).cloned(),
                None => posted.pop_front().flatten(),
            };
            row.ok_or_else(|| AppError::not_found(Thing::Artwork).into())
        };
        Ok(drafts.into_iter().map(answer).collect())
    }

    /// Inserts critiques and notifies the artists. Returns each critique, in the order of `drafts`,
    /// or `None` if its artwork is gone.
    async fn write(&self, txn: &mut Txn, drafts: &[&Draft]) -> Result<Vec<Option<Model>>> {
        let mut more: BTreeMap<i64, i64> = BTreeMap::new();
        for draft in drafts {
            *more.entry(draft.artwork.0).or_default() += 1;
        }
        let artworks: HashMap<i64, _> = count_critiques(txn, &more)
            .await?
            .into_iter()
            .map(|row| (row.id, row))
            .collect();
        let sound: Vec<_> = drafts
            .iter()
            .filter_map(|draft| {
                artworks
                    .get(&draft.artwork.0)
                    .map(|artwork| (*draft, artwork))
            })
            .collect();
        let rows = insert(
            txn,
            sound.iter().map(|(draft, artwork)| (*draft, artwork.seq)),
        )
        .await?;
        let posted: Vec<Posted<'_>> = sound
            .iter()
            .zip(&rows)
            .map(|((draft, artwork), critique)| Posted {
                critique,
                artwork,
                author: &draft.author,
            })
            .collect();
        self.notifications.critiques_posted(txn, &posted).await?;
        for id in artworks.keys() {
            txn.publish(Message::Artwork(ArtworkId(*id)));
        }
        let mut rows = rows.into_iter();
        Ok(drafts
            .iter()
            .map(|draft| {
                artworks
                    .contains_key(&draft.artwork.0)
                    .then(|| rows.next())
                    .flatten()
            })
            .collect())
    }
}

/// The critiques that earlier requests with the same idempotency keys created. Locks their
/// artworks, so that no concurrent request can create one.
async fn attempted<'a>(txn: &Txn, drafts: &[&'a Draft]) -> Result<HashMap<(i64, &'a str), Model>> {
    let keys: Vec<_> = drafts.iter().filter_map(|draft| draft.key()).collect();
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    lock_artworks(txn, drafts.iter().map(|draft| draft.artwork.0)).await?;
    let rows = Entity::find()
        .filter(Column::AuthorId.is_in(keys.iter().map(|key| key.0)))
        .filter(Column::Attempt.is_in(keys.iter().map(|key| key.1)))
        .all(txn.db())
        .await?;
    let made = |(author, attempt): (i64, &'a str)| {
        let row = rows
            .iter()
            .find(|row| row.author_id == author && row.attempt.as_deref() == Some(attempt))?;
        Some(((author, attempt), row.clone()))
    };
    Ok(keys.into_iter().filter_map(made).collect())
}

/// Inserts critiques, each with this `seq` of its artwork. Returns them in the order given, which
/// is that of their ids.
async fn insert(
    txn: &Txn,
    drafts: impl Iterator<Item = (&Draft, i64)> + Clone,
) -> Result<Vec<Model>> {
    let rows: Vec<ActiveModel> = drafts
        .clone()
        .map(|(draft, seq)| ActiveModel {
            artwork_id: Set(draft.artwork.0),
            author_id: Set(draft.author.id.0),
            body: Set(draft.body.to_string()),
            body_html: Set(Some(draft.rendered.html.clone())),
            body_html_key: Set(Some(draft.rendered.key.clone())),
            excerpt: Set(Some(draft.rendered.excerpt.clone())),
            helpful_count: Set(0),
            created_at: Set(draft.at),
            attempt: Set(draft.attempt.clone()),
            version: Set(1),
            changed_seq: Set(seq),
            ..Default::default()
        })
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = Entity::insert_many(rows)
        .exec_with_returning(txn.db())
        .await?;
    rows.sort_unstable_by_key(|row| row.id);
    let became = |draft: &Draft, row: &Model| {
        (row.artwork_id, row.author_id, row.body.as_str())
            == (draft.artwork.0, draft.author.id.0, draft.body.as_str())
    };
    if !drafts
        .zip(&rows)
        .all(|((draft, _), row)| became(draft, row))
    {
        return Err(Error::internal(
            "the database numbered the critiques in another order than the insert listed them",
        ));
    }
    Ok(rows)
}
