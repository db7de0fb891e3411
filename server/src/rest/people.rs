use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::Domain;

use crate::{auth::SignedInViewer, problem::Problem};

pub async fn follow(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    domain.follows.set(viewer.id, &handle, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub async fn unfollow(
    State(domain): State<Domain>,
    SignedInViewer(viewer): SignedInViewer,
    Path(handle): Path<String>,
) -> Result<StatusCode, Problem> {
    domain.follows.set(viewer.id, &handle, false).await?;
    Ok(StatusCode::NO_CONTENT)
}
