use app::actions::ClientAddress;
use axum::{Extension, extract::State, http::{HeaderMap, StatusCode, header}};
use domain::{
    Domain,
    accounts::NewAccount,
    clock::now,
    sessions::{SIGNED_IN, SignedIn},
};
use serde::Deserialize;
use shared::dto::Viewer;
use tower_sessions::Session;

use super::Json;
use crate::{auth::SignedInViewer, problem::Problem};

/// Fields left out are empty, so that each is refused by name.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct Registration {
    handle: String,
    display_name: String,
    email: String,
    password: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Credentials {
    handle: String,
    password: String,
}

type Address = Option<Extension<ClientAddress>>;

pub async fn register(
    State(domain): State<Domain>,
    session: Session,
    address: Address,
    headers: HeaderMap,
    Json(body): Json<Registration>,
) -> Result<(StatusCode, axum::Json<Viewer>), Problem> {
    let new = NewAccount::parse(&body.handle, &body.display_name, &body.email, &body.password)?;
    let viewer = domain.accounts.register(new).await?;
    begin(&session, &viewer, address, &headers).await?;
    Ok((StatusCode::CREATED, axum::Json(viewer)))
}

pub async fn sign_in(
    State(domain): State<Domain>,
    session: Session,
    address: Address,
    headers: HeaderMap,
    Json(body): Json<Credentials>,
) -> Result<axum::Json<Viewer>, Problem> {
    let from = address.as_ref().and_then(|Extension(address)| address.0);
    let viewer = domain.accounts.sign_in(&body.handle, &body.password, from).await?;
    begin(&session, &viewer, address, &headers).await?;
    Ok(axum::Json(viewer))
}

pub async fn who(SignedInViewer(viewer): SignedInViewer) -> axum::Json<Viewer> {
    axum::Json(viewer)
}

pub async fn sign_out(session: Session) -> Result<StatusCode, Problem> {
    session.flush().await.map_err(domain::Error::internal)?;
    Ok(StatusCode::NO_CONTENT)
}

async fn begin(session: &Session, viewer: &Viewer, address: Address, headers: &HeaderMap) -> Result<(), Problem> {
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let address = address.and_then(|Extension(address)| address.0).map(|address| address.to_string()).unwrap_or_default();
    let signed_in = SignedIn { user: viewer.id, agent: agent.chars().take(200).collect(), address, at: now(), seen_at: now() };
    // A new id, so that one planted before the sign-in is worth nothing after it (OWASP session fixation).
    session.cycle_id().await.map_err(domain::Error::internal)?;
    session.insert(SIGNED_IN, signed_in).await.map_err(domain::Error::internal)?;
    Ok(())
}
