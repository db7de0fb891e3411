use axum::{extract::State, http::StatusCode};
use domain::{Domain, artworks::Words};
use serde::Deserialize;
use shared::{
    ArtworkId,
    dto::{Artwork, ArtworkCard, Page},
};

use super::{Id, Json, Params};
use crate::{
    auth::{MaybeViewer, SignedInViewer},
    problem::Problem,
};

#[derive(Deserialize)]
pub struct Stretch {
    before: Option<ArtworkId>,
    limit: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    title: Option<String>,
    description: Option<String>,
}

pub async fn list(
    State(domain): State<Domain>,
    Params(stretch): Params<Stretch>,
) -> Result<axum::Json<Page<ArtworkCard>>, Problem> {
    Ok(axum::Json(domain.artworks.page(None, stretch.before, stretch.limit.unwrap_or(24)).await?))
}

pub async fn show(
    State(domain): State<Domain>,
    MaybeViewer(viewer): MaybeViewer,
    Id(id): Id<ArtworkId>,
) -> Result<axum::Json<Artwork>, Problem> {
    Ok(axum::Json(domain.artworks.show(viewer.map(|viewer| viewer.id), id).await?))
}

pub async fn edit(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(id): Id<ArtworkId>,
    Json(change): Json<Change>,
) -> Result<axum::Json<Artwork>, Problem> {
    let now = domain.artworks.show(Some(viewer.id), id).await?;
    let words =
        Words::parse(change.title.as_deref().unwrap_or(&now.title), change.description.as_deref().unwrap_or(&now.description))?;
    domain.artworks.edit(viewer.id, id, &words).await?;
    Ok(axum::Json(domain.artworks.show(Some(viewer.id), id).await?))
}

pub async fn delete(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(id): Id<ArtworkId>,
) -> Result<StatusCode, Problem> {
    domain.artworks.delete(viewer.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
