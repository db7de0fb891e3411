use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use domain::{Domain, artworks::WordsEdit};
use serde::Deserialize;
use shared::{
    ArtworkId,
    dto::{Artwork, ArtworkCard, ArtworkChanges, Page},
};

use crate::http::{
    api::{Id, Json, Params},
    auth::{Reader, SignedInActor},
    problem::Problem,
};

#[derive(Deserialize)]
pub struct Stretch {
    before: Option<ArtworkId>,
    limit: Option<u64>,
}

/// Missing fields stay unchanged.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    title: Option<String>,
    description: Option<String>,
    version: Option<i64>,
}

#[derive(Deserialize)]
pub struct Since {
    #[serde(default)]
    after: i64,
}

pub async fn list(
    State(domain): State<Domain>,
    _: Reader,
    Params(stretch): Params<Stretch>,
) -> Result<axum::Json<Page<ArtworkCard>>, Problem> {
    Ok(axum::Json(
        domain
            .artworks
            .page(None, stretch.before, stretch.limit.unwrap_or(24))
            .await?,
    ))
}

pub async fn show(
    State(domain): State<Domain>,
    Reader(actor): Reader,
    Id(id): Id<ArtworkId>,
) -> Result<axum::Json<Artwork>, Problem> {
    Ok(axum::Json(
        domain
            .artworks
            .show(actor.map(|actor| actor.id), id)
            .await?,
    ))
}

/// The changes to an artwork and its critiques after a `seq`, for clients that watch it.
pub async fn changes(
    State(domain): State<Domain>,
    _: Reader,
    Id(id): Id<ArtworkId>,
    Params(since): Params<Since>,
) -> Result<axum::Json<Arc<ArtworkChanges>>, Problem> {
    Ok(axum::Json(domain.artworks.changes(id, since.after).await?))
}

pub async fn edit(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<ArtworkId>,
    Json(Edit {
        title,
        description,
        version,
    }): Json<Edit>,
) -> Result<axum::Json<Artwork>, Problem> {
    let words = WordsEdit::parse(title.as_deref(), description.as_deref())?;
    domain.artworks.edit(&actor, id, &words, version).await?;
    Ok(axum::Json(domain.artworks.show(Some(actor.id), id).await?))
}

pub async fn delete(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<ArtworkId>,
) -> Result<StatusCode, Problem> {
    domain.artworks.delete(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
