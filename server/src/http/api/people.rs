use axum::{extract::State, http::StatusCode};
use domain::Domain;

use crate::http::{api::Id, auth::SignedInActor, problem::Problem};

pub async fn follow(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(handle): Id<String>,
) -> Result<StatusCode, Problem> {
    domain.follows.set(&actor, &handle, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn unfollow(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(handle): Id<String>,
) -> Result<StatusCode, Problem> {
    domain.follows.set(&actor, &handle, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
