use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::Domain;
use serde::Deserialize;
use shared::{
    AppError, ArtworkId, CritiqueId,
    dto::Critique,
    text::{Attempt, CritiqueBody},
};

use super::{Id, Json, idempotency_key};
use crate::{auth::SignedInViewer, problem::Problem};

/// A field left out is empty, so that it is refused by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    #[serde(default)]
    body: String,
}

impl Words {
    fn parse(&self) -> Result<CritiqueBody, AppError> {
        CritiqueBody::parse(&self.body).map_err(|message| AppError::field("body", message))
    }
}

pub async fn post(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(artwork): Id<ArtworkId>,
    headers: HeaderMap,
    Json(words): Json<Words>,
) -> Result<(StatusCode, axum::Json<Critique>), Problem> {
    let attempt = Attempt::named(idempotency_key(&headers))?;
    let critique = domain.critiques.post(&viewer, artwork, &words.parse()?, attempt).await?;
    Ok((StatusCode::CREATED, axum::Json(critique)))
}

pub async fn edit(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(id): Id<CritiqueId>,
    Json(words): Json<Words>,
) -> Result<axum::Json<Critique>, Problem> {
    Ok(axum::Json(domain.critiques.edit(viewer.id, id, &words.parse()?).await?))
}

pub async fn delete(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.delete(viewer.id, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn helpful(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.set_helpful(&viewer, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn not_helpful(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.set_helpful(&viewer, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
