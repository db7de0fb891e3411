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
    paths,
    text::{CritiqueBody, IdempotencyKey},
};
use utoipa::{IntoParams, ToSchema};

use crate::http::{
    api::{Id, IdempotencyHeader, Json, Params},
    auth::{Reader, SignedInActor},
    idempotency::idempotency_key,
    problem::Problem,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Stretch {
    /// The order, newest first if left out.
    #[param(value_type = Option<CritiqueSort>, inline)]
    sort: Option<String>,
    /// `next` of the page before, in the same order.
    before: Option<String>,
    /// Critiques on the page, 1 to 100; 20 if left out.
    #[param(format = "uint64")]
    limit: Option<u64>,
}

/// A new critique.
// A missing field is empty, so that validation rejects it by name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCritique)]
pub struct Words {
    /// The text in Markdown.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 10_000)]
    #[schema(example = "The sky holds the picture together.")]
    body: String,
}

/// The new text of a critique.
// As `Words`, with the version that was edited.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CritiqueEdit)]
pub struct Edit {
    /// The text in Markdown.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 10_000)]
    #[schema(example = "The sky holds the picture together, and the boats lead to it.")]
    body: String,
    /// The version that was edited.
    #[schema(example = 1)]
    version: Option<i64>,
}

fn parse(body: &str) -> Result<CritiqueBody, AppError> {
    CritiqueBody::parse(body).map_err(|phrase| AppError::field("body", phrase))
}

/// List an artwork's critiques
///
/// A page of the critiques, newest or most helpful first.
#[utoipa::path(
    get, path = paths::api::ARTWORK_CRITIQUES, tag = "Critiques", operation_id = "list_critiques",
    params(("id" = ArtworkId, Path, description = "The artwork."), Stretch),
    responses((status = 200, description = "A page of critiques.", body = Page<Critique>)),
    security((), ("session" = []), ("token" = [])),
)]
pub async fn list(
    State(domain): State<Domain>,
    Reader(actor): Reader,
    Id(artwork): Id<ArtworkId>,
    Params(stretch): Params<Stretch>,
) -> Result<axum::Json<Page<Critique>>, Problem> {
    let sort = match stretch.sort.as_deref() {
        None | Some("" | "newest") => CritiqueSort::Newest,
        Some("helpful") => CritiqueSort::Helpful,
        Some(_) => return Err(AppError::field("sort", "sort").into()),
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

/// Post a critique
///
/// Adds a critique to an artwork and notifies the artist.
#[utoipa::path(
    post, path = paths::api::ARTWORK_CRITIQUES, tag = "Critiques", operation_id = "post_critique",
    params(("id" = ArtworkId, Path, description = "The artwork."), IdempotencyHeader),
    request_body = Words,
    responses((status = 201, description = "The critique.", body = Critique)),
)]
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

/// Edit a critique
///
/// Replaces the text. Only the author can.
#[utoipa::path(
    patch, path = paths::api::CRITIQUE, tag = "Critiques", operation_id = "edit_critique",
    params(("id" = CritiqueId, Path, description = "The critique.")),
    request_body = Edit,
    responses(
        (status = 200, description = "The critique after the change.", body = Critique),
        (status = 403, description = "It is another author's."),
        (status = 409, description = "Its version is another: `current` is what is stored."),
    ),
)]
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

/// Delete a critique
///
/// Deletes the critique and retracts the notifications about it. Only the author can.
#[utoipa::path(
    delete, path = paths::api::CRITIQUE, tag = "Critiques", operation_id = "delete_critique",
    params(("id" = CritiqueId, Path, description = "The critique.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 403, description = "It is another author's."),
    ),
)]
pub async fn delete(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.delete(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Mark a critique as helpful
///
/// Notifies its author. Idempotent.
#[utoipa::path(
    put, path = paths::api::HELPFUL, tag = "Critiques", operation_id = "mark_helpful",
    params(("id" = CritiqueId, Path, description = "The critique.")),
    responses(
        (status = 204, description = "It is marked."),
        (status = 403, description = "It is your own."),
    ),
)]
pub async fn helpful(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.set_helpful(&actor, id, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Remove a helpful mark
///
/// Retracts the notification about it. Idempotent.
#[utoipa::path(
    delete, path = paths::api::HELPFUL, tag = "Critiques", operation_id = "unmark_helpful",
    params(("id" = CritiqueId, Path, description = "The critique.")),
    responses(
        (status = 204, description = "It is not marked."),
        (status = 403, description = "It is your own."),
    ),
)]
pub async fn not_helpful(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<CritiqueId>,
) -> Result<StatusCode, Problem> {
    domain.critiques.set_helpful(&actor, id, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
