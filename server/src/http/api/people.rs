use axum::{extract::State, http::StatusCode};
use domain::Domain;
use shared::paths;

use crate::http::{api::PathWord, auth::SignedInActor, problem::Problem};

/// Follow an artist
///
/// Notifies the account of the artist's new artworks. Idempotent.
#[utoipa::path(
    put, path = paths::api::FOLLOW, tag = "People", operation_id = "follow",
    params(("handle" = String, Path, description = "The artist's handle.", example = "bo")),
    responses(
        (status = 204, description = "The account follows the artist."),
        (status = 403, description = "It is the account itself."),
    ),
)]
pub async fn follow(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    PathWord(handle): PathWord,
) -> Result<StatusCode, Problem> {
    domain.follows.set(&actor, &handle, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stop following an artist
///
/// Idempotent.
#[utoipa::path(
    delete, path = paths::api::FOLLOW, tag = "People", operation_id = "unfollow",
    params(("handle" = String, Path, description = "The artist's handle.", example = "bo")),
    responses(
        (status = 204, description = "The account does not follow the artist."),
        (status = 403, description = "It is the account itself."),
    ),
)]
pub async fn unfollow(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    PathWord(handle): PathWord,
) -> Result<StatusCode, Problem> {
    domain.follows.set(&actor, &handle, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
