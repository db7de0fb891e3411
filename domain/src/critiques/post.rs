//! Posting. Critiques that come at the same time are written by the same statements, in one transaction.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use sea_orm::{ActiveValue::Set, EntityTrait};
use shared::{
    AppError, ArtworkId,
    dto::{self, Viewer},
    text::CritiqueBody,
};

use super::{Critiques, count_critiques, view};
use crate::{
    Error, Result,
    clock::now,
    entities::critique::{ActiveModel, Entity, Model},
    live::Message,
    notifications::Posted,
    store::{Txn, change},
};

/// A critique to be posted.
pub struct Draft {
    /// Who wrote it.
    pub author: Viewer,
    /// The work it is of.
    pub artwork: ArtworkId,
    /// Its words.
    pub body: CritiqueBody,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

impl Draft {
    fn became(&self, row: &Model) -> bool {
        (row.artwork_id, row.author_id, row.body.as_str()) == (self.artwork.0, self.author.id.0, self.body.as_str())
    }
}

impl Critiques {
    /// Posts a critique and tells the artist.
    ///
    /// # Errors
    /// [`shared::Kind::NotFound`] if the work is gone.
    pub async fn post(&self, author: &Viewer, artwork: ArtworkId, body: &CritiqueBody) -> Result<dto::Critique> {
        let draft = Draft { author: author.clone(), artwork, body: body.clone(), at: now() };
        let critiques = self.clone();
        // SQLite's one writer is for all. PostgreSQL locks rows: one that is held by somebody else is no matter of other works.
        let locks = (!self.store.one_writer()).then_some(artwork);
        let row = self.drafts.submit(locks, draft, move |drafts| critiques.clone().post_all(drafts)).await?;
        Ok(view(row, author.person(), false, Some(author.id)))
    }

    async fn post_all(self, drafts: Vec<Arc<Draft>>) -> Result<Vec<Result<Model>>> {
        change!(self.store, |txn| self.post_in(txn, &drafts).await)
    }

    /// Posts critiques within a transaction. Gives each, in their order, or that its work is gone.
    ///
    /// # Errors
    /// When the database refuses; then none is posted.
    pub async fn post_in(&self, txn: &mut Txn, drafts: &[impl Borrow<Draft>]) -> Result<Vec<Result<Model>>> {
        let drafts: Vec<&Draft> = drafts.iter().map(Borrow::borrow).collect();
        let mut more: BTreeMap<i64, i64> = BTreeMap::new();
        for draft in &drafts {
            *more.entry(draft.artwork.0).or_default() += 1;
        }
        let artworks: HashMap<i64, _> = count_critiques(txn, &more).await?.into_iter().map(|row| (row.id, row)).collect();
        let sound: Vec<_> =
            drafts.iter().filter_map(|draft| artworks.get(&draft.artwork.0).map(|artwork| (*draft, artwork))).collect();
        let rows = insert(txn, sound.iter().map(|(draft, _)| *draft)).await?;
        let posted: Vec<Posted<'_>> = sound
            .iter()
            .zip(&rows)
            .map(|((draft, artwork), critique)| Posted { critique, artwork, author: &draft.author })
            .collect();
        self.notifications.critiques_posted(txn, &posted).await?;
        for id in artworks.keys() {
            txn.publish(Message::Artwork(ArtworkId(*id)));
        }
        let mut rows = rows.into_iter();
        let answer = |draft: &Draft| {
            let row = artworks.contains_key(&draft.artwork.0).then(|| rows.next()).flatten();
            row.ok_or_else(|| AppError::not_found("artwork").into())
        };
        Ok(drafts.into_iter().map(answer).collect())
    }
}

/// Writes critiques. Gives them in their order, which is that of their ids.
async fn insert(txn: &Txn, drafts: impl Iterator<Item = &Draft> + Clone) -> Result<Vec<Model>> {
    let rows: Vec<ActiveModel> = drafts
        .clone()
        .map(|draft| ActiveModel {
            artwork_id: Set(draft.artwork.0),
            author_id: Set(draft.author.id.0),
            body: Set(draft.body.to_string()),
            helpful_count: Set(0),
            created_at: Set(draft.at),
            ..Default::default()
        })
        .collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let mut rows = Entity::insert_many(rows).exec_with_returning(txn.db()).await?;
    rows.sort_unstable_by_key(|row| row.id);
    if !drafts.zip(&rows).all(|(draft, row)| draft.became(row)) {
        return Err(Error::internal("critiques were numbered in another order than they were given"));
    }
    Ok(rows)
}
