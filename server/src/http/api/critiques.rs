use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{
    Domain,
    critiques::{ListCursor, PAGE, Start},
};
use serde::Deserialize;
use shared::{
    AppError, ArtworkId, CritiqueId,
    dto::{Critique, CritiqueSort, Page},
    text::{CritiqueBody, IdempotencyKey},
};

use crate::http::{
    api::{Id, Json, Params},
    auth::{Reader, SignedInActor},
    idempotency::idempotency_key,
    problem::Problem,
};

#[derive(Deserialize)]
pub struct Stretch {
    sort: Option<String>,
    before: Option<String>,
    limit: Option<u64>,
}

/// A missing field is empty, so that validation rejects it by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    #[serde(default)]
    body: String,
}

/// As [`Words`], with the version that was edited.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    #[serde(default)]
    body: String,
    version: Option<i64>,
}

fn parse(body: &str) -> Result<CritiqueBody, AppError> {
    CritiqueBody::parse(body).map_err(|message| AppError::field("body", message))
}

/// One page of an artwork's critiques.
pub async fn list(
    State(domain): State<Domain>,
    Reader(actor): Reader,
    Id(artwork): Id<ArtworkId>,
    Params(stretch): Params<Stretch>,
) -> Result<axum::Json<Page<Critique>>, Problem> {
    let sort = match stretch.sort.as_deref() {
        None | Some("" | "newest") => CritiqueSort::Newest,
        Some("helpful") => CritiqueSort::Helpful,
        Some(_) => return Err(AppError::field("sort", "Sort by newest or helpful.").into()),
    };
    let start = match stretch.before {
        Some(before) => Start::After(ListCursor::parse(sort, &before)?),
        None => Start::First,
    };
    let limit = stretch.limit.unwrap_or(PAGE);
    let viewer = actor.map(|actor| actor.id);
    Ok(axum::Json(
        domain
            .critiques
            .page(viewer, artwork, sort, start, limit)
            .await?,
    ))
}

pub async fn post(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(artwork): Id<ArtworkId>,
    headers: HeaderMap,
    Json(words): Json<Words>,
) -> Result<(StatusCode, axum::Json<Critique>), Problem> {
    let attempt = IdempotencyKey::named(idempotency_key(&headers))?;
    let critique = domain
        .critiques
        .post(&actor, artwork, &parse(&words.body)?, attempt)
        .await?;
    Ok((StatusCode::CREATED, axum::Json(critique)))
}

pub async fn edit(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<CritiqueId>,
    Json(Edit { body, version }): Json<Edit>,
) -> Result<axum::Json<Critique>, Problem> {
    Ok(axum::Json(
        domain
            .critiques
            .edit(&actor, id, &parse(&body)?, version)
            .await?,
    ))
}

pub async fn delete(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.delete(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn helpful(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.set_helpful(&actor, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn not_helpful(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.set_helpful(&actor, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
