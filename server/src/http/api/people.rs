use axum::{extract::State, http::StatusCode};
use domain::Domain;

use crate::http::{api::Id, auth::SignedInViewer, problem::Problem};

pub async fn follow(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(handle): Id<String>,
) -> Result<StatusCode, Problem> {
    domain.follows.set(viewer.id, &handle, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn unfollow(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Id(handle): Id<String>,
) -> Result<StatusCode, Problem> {
    domain.follows.set(viewer.id, &handle, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
