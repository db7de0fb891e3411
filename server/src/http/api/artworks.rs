use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use domain::{Domain, artworks::WordsEdit};
use serde::Deserialize;
use shared::{
    ArtworkId,
    dto::{Artwork, ArtworkCard, ArtworkChanges, Page},
    paths,
};
use utoipa::{IntoParams, ToSchema};

use crate::http::{
    api::{Id, Json, Params},
    auth::{Reader, SignedInActor},
    problem::Problem,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Stretch {
    /// `next` of the page before.
    before: Option<ArtworkId>,
    /// Artworks on the page, 1 to 48; 24 if left out.
    #[param(format = "uint64")]
    limit: Option<u64>,
}

/// What to change about an artwork. Fields that are missing or null stay unchanged.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ArtworkEdit)]
pub struct Edit {
    /// The new title, on one line.
    #[schema(min_length = 1, max_length = 120, example = "Dusk over the harbour")]
    title: Option<String>,
    /// The new description in Markdown.
    #[schema(max_length = 5_000, example = "Oil on canvas, second attempt.")]
    description: Option<String>,
    /// The version that was edited.
    #[schema(example = 1)]
    version: Option<i64>,
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Since {
    /// The `seq` of the artwork or of the changes before.
    #[serde(default)]
    after: i64,
}

/// List artworks
///
/// All artworks, newest first.
#[utoipa::path(
    get, path = paths::api::ARTWORKS, tag = "Artworks", operation_id = "list_artworks",
    params(Stretch),
    responses((status = 200, description = "A page of artworks.", body = Page<ArtworkCard>)),
    security((), ("session" = []), ("token" = [])),
)]
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

/// Show an artwork
///
/// The artwork with the first page of its critiques.
#[utoipa::path(
    get, path = paths::api::ARTWORK, tag = "Artworks", operation_id = "get_artwork",
    params(("id" = ArtworkId, Path, description = "The artwork.")),
    responses((status = 200, description = "The artwork.", body = Artwork)),
    security((), ("session" = []), ("token" = [])),
)]
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

/// List an artwork's changes
///
/// The changes to an artwork and its critiques after a `seq`, for clients that watch it.
#[utoipa::path(
    get, path = paths::api::ARTWORK_CHANGES, tag = "Artworks", operation_id = "list_artwork_changes",
    params(("id" = ArtworkId, Path, description = "The artwork."), Since),
    responses((status = 200, description = "The changes.", body = ArtworkChanges)),
    security((), ("session" = []), ("token" = [])),
)]
pub async fn changes(
    State(domain): State<Domain>,
    _: Reader,
    Id(id): Id<ArtworkId>,
    Params(since): Params<Since>,
) -> Result<axum::Json<Arc<ArtworkChanges>>, Problem> {
    Ok(axum::Json(domain.artworks.changes(id, since.after).await?))
}

/// Edit an artwork
///
/// Changes title or description. Only the artist can.
#[utoipa::path(
    patch, path = paths::api::ARTWORK, tag = "Artworks", operation_id = "edit_artwork",
    params(("id" = ArtworkId, Path, description = "The artwork.")),
    request_body = Edit,
    responses(
        (status = 200, description = "The artwork after the change.", body = Artwork),
        (status = 403, description = "It is another artist's."),
        (status = 409, description = "Its version is another: `current` is what is stored."),
    ),
)]
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

/// Delete an artwork
///
/// Deletes the artwork with its critiques, and retracts the notifications about them. Only the
/// artist can.
#[utoipa::path(
    delete, path = paths::api::ARTWORK, tag = "Artworks", operation_id = "delete_artwork",
    params(("id" = ArtworkId, Path, description = "The artwork.")),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 403, description = "It is another artist's."),
    ),
)]
pub async fn delete(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<ArtworkId>,
) -> Result<StatusCode, Problem> {
    domain.artworks.delete(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
