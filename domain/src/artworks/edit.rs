//! Editing and deleting artworks.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait},
};
use shared::{AppError, ArtworkId, Current, Kind, Thing};

use crate::{
    Error, Result,
    artworks::{Artworks, media, words::WordsEdit},
    bus::Message,
    entities::artwork::{Column, Entity, Model},
    markdown::Rendered,
    policy::{self, Actor},
    store::{Txn, change},
    work_rows::touch,
};

impl Artworks {
    /// Edits an artwork's title and description; fields left out stay as they are. Notifications
    /// that show the title show the new one. An edit that names a `version` is rejected if the
    /// artwork has another one, unless it changes nothing.
    ///
    /// # Errors
    /// [`Kind::NotFound`]; [`Kind::Forbidden`] for anyone but the artist; [`Kind::Conflict`] with
    /// the current artwork.
    pub async fn edit(
        &self,
        actor: &Actor,
        id: ArtworkId,
        words: &WordsEdit,
        version: Option<i64>,
    ) -> Result<()> {
        policy::post(actor)?;
        let description = match &words.description {
            Some(description) => Some(self.renderer.render(description.as_str()).await?),
            None => None,
        };
        let edited: Result<()> = change!(self.store, true, |txn| self
            .edit_in(txn, actor, id, words, description.as_ref(), version)
            .await);
        match edited {
            Err(Error::App(error)) if error.kind == Kind::Conflict => {
                let present = self.show(Some(actor.id), id).await?;
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
        actor: &Actor,
        id: ArtworkId,
        words: &WordsEdit,
        description: Option<&Rendered>,
        version: Option<i64>,
    ) -> Result<()> {
        let row = find(txn, id).await?;
        policy::change_artwork(actor, &row)?;
        if words.changes_nothing(&row) {
            return Ok(());
        }
        if version.is_some_and(|version| version != row.version) {
            return Err(AppError::new(Kind::Conflict, "artwork-changed").into());
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
    pub async fn delete(&self, actor: &Actor, id: ArtworkId) -> Result<()> {
        let mut tried = None;
        let deleted: Result<Model> = change!(self.store, true, |txn| {
            let row = match (find(txn, id).await, &tried) {
                // An earlier try, whose commit was in doubt, has deleted it.
                (Err(Error::App(error)), Some(row)) if error.kind == Kind::NotFound => {
                    return Ok(Model::clone(row));
                }
                (found, _) => found?,
            };
            policy::change_artwork(actor, &row)?;
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
}

/// The artwork, locked until the transaction ends.
async fn find(txn: &Txn, id: ArtworkId) -> Result<Model> {
    Ok(Entity::find_by_id(id.0)
        .lock_exclusive()
        .one(txn.db())
        .await?
        .ok_or_else(|| AppError::not_found(Thing::Artwork))?)
}
