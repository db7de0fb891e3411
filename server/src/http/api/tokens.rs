use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{Domain, accounts::tokens::WantedToken, clock};
use serde::Deserialize;
use shared::{
    TokenId,
    dto::{CreatedToken, Page, TokenView},
    text::IdempotencyKey,
};

use crate::http::{
    api::{Id, Json, Params},
    auth::SignedInActor,
    idempotency::idempotency_key,
    problem::Problem,
};

#[derive(Deserialize)]
pub struct Stretch {
    before: Option<String>,
}

/// Missing fields are empty, so that validation rejects each by name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    #[serde(default)]
    name: String,
    #[serde(default)]
    scopes: Vec<String>,
    expires_at: Option<String>,
}

/// The tokens of the person who is signed in.
pub async fn list(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Params(stretch): Params<Stretch>,
) -> Result<axum::Json<Page<TokenView>>, Problem> {
    let before = stretch.before.as_deref();
    Ok(axum::Json(domain.tokens.list(&actor, before).await?))
}

/// Creates a token, and shows its secret.
pub async fn create(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    headers: HeaderMap,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, axum::Json<CreatedToken>), Problem> {
    let attempt = IdempotencyKey::named(idempotency_key(&headers))?;
    let Wanted {
        name,
        scopes,
        expires_at,
    } = wanted;
    let wanted = WantedToken::parse(&name, &scopes, expires_at.as_deref(), clock::now())?;
    let created = domain.tokens.create(&actor, &wanted, attempt).await?;
    Ok((StatusCode::CREATED, axum::Json(created)))
}

/// Revokes a token.
pub async fn revoke(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, Problem> {
    domain.tokens.revoke(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
