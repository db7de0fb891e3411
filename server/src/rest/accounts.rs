use app::actions::{Client, begin_session, end_session};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{Domain, accounts::NewAccount};
use serde::Deserialize;
use shared::dto::Viewer;
use tower_sessions::Session;

use super::Json;
use crate::{auth::SignedInViewer, problem::Problem};

/// Fields left out are empty, so that each is refused by name.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    handle: String,
    display_name: String,
    email: String,
    password: String,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Credentials {
    handle: String,
    password: String,
}

pub async fn register(
    State(domain): State<Domain>,
    session: Session,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Json(body): Json<Registration>,
) -> Result<(StatusCode, axum::Json<Viewer>), Problem> {
    let new = NewAccount::parse(&body.handle, &body.display_name, &body.email, &body.password)?;
    let proven = domain.accounts.register(new, client.counted()).await?;
    begin_session(&domain, &session, &proven, &headers, Some(&client)).await?;
    Ok((StatusCode::CREATED, axum::Json(proven.viewer)))
}

pub async fn sign_in(
    State(domain): State<Domain>,
    session: Session,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Json(body): Json<Credentials>,
) -> Result<axum::Json<Viewer>, Problem> {
    let proven = domain.accounts.sign_in(&body.handle, &body.password, client.counted()).await?;
    begin_session(&domain, &session, &proven, &headers, Some(&client)).await?;
    Ok(axum::Json(proven.viewer))
}

pub async fn who(SignedInViewer(viewer): SignedInViewer) -> axum::Json<Viewer> {
    axum::Json(viewer)
}

pub async fn sign_out(State(domain): State<Domain>, session: Session) -> Result<StatusCode, Problem> {
    end_session(&domain, &session).await?;
    Ok(StatusCode::NO_CONTENT)
}
