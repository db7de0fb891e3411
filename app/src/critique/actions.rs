use leptos::prelude::*;
#[cfg(feature = "ssr")]
use shared::AppError;
use shared::{ArtworkId, CritiqueId, dto::Critique};
#[cfg(feature = "ssr")]
use shared::{
    dto::CritiqueSort,
    paths,
    text::{CritiqueBody, IdempotencyKey},
};

#[cfg(feature = "ssr")]
use crate::failure::answer;
#[cfg(feature = "ssr")]
use crate::request::{actor, domain, go, unless_gone};
use crate::{Failure, json::Answer};

#[cfg(feature = "ssr")]
fn parse(body: &str) -> Result<CritiqueBody, Failure> {
    answer(CritiqueBody::parse(body).map_err(|phrase| AppError::field("body", phrase)))
}

/// Redirects a plain form to a critique.
#[cfg(feature = "ssr")]
async fn go_to(artwork: ArtworkId, critique: CritiqueId) -> Result<(), Failure> {
    go(&answer(
        domain()?.artworks.path_to(artwork, critique).await,
    )?);
    Ok(())
}

/// Posts a critique. Idempotent for the same `attempt` and body.
#[server(endpoint = "post_critique", output = Answer)]
pub async fn post_critique(
    artwork_id: ArtworkId,
    body: String,
    #[server(default)] attempt: Option<String>,
) -> Result<Critique, Failure> {
    let (domain, actor, body) = (domain()?, actor()?, parse(&body)?);
    let attempt = answer(IdempotencyKey::named(attempt.as_deref()))?;
    let critique = answer(
        domain
            .critiques
            .post(&actor, artwork_id, &body, attempt)
            .await,
    )?;
    go_to(critique.artwork_id, critique.id).await?;
    Ok(critique)
}

/// Changes a critique's text. Refused if the critique is no longer at `version`.
#[server(endpoint = "edit_critique", output = Answer)]
pub async fn edit_critique(
    id: CritiqueId,
    body: String,
    #[server(default)] version: Option<i64>,
) -> Result<Critique, Failure> {
    let (domain, actor, body) = (domain()?, actor()?, parse(&body)?);
    let critique = answer(domain.critiques.edit(&actor, id, &body, version).await)?;
    go_to(critique.artwork_id, id).await?;
    Ok(critique)
}

/// Deletes a critique. Idempotent if `artwork_id` is given, so that a retry after a lost answer
/// succeeds.
#[server(endpoint = "delete_critique", output = Answer)]
pub async fn delete_critique(
    id: CritiqueId,
    #[server(default)] artwork_id: Option<ArtworkId>,
) -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let deleted = domain.critiques.delete(&actor, id).await;
    let artwork = answer(unless_gone(deleted, artwork_id))?;
    go(&paths::critiques(artwork, CritiqueSort::Newest, None));
    Ok(())
}

/// Marks a critique as helpful, or removes the mark. Returns the new count.
#[server(endpoint = "set_helpful", output = Answer)]
pub async fn set_helpful(
    id: CritiqueId,
    artwork_id: ArtworkId,
    helpful: bool,
) -> Result<i64, Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let count = answer(domain.critiques.set_helpful(&actor, id, helpful).await)?;
    go_to(artwork_id, id).await?;
    Ok(count)
}
