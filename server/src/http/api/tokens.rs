use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{Credential, Domain, accounts::tokens::WantedToken, clock};
use serde::Deserialize;
use shared::{
    TokenId,
    dto::{CreatedToken, Page, Scope, TokenView},
    paths,
    text::IdempotencyKey,
};
use utoipa::{IntoParams, ToSchema};

use crate::http::{
    api::{Id, IdempotencyHeader, Json, Params},
    auth::SignedInActor,
    idempotency::idempotency_key,
    problem::Problem,
};

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Stretch {
    /// `next` of the page before.
    before: Option<String>,
}

/// A new token.
// Missing fields are empty, so that validation rejects each by name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewToken)]
pub struct Wanted {
    /// A name that tells its owner what the token is for.
    #[serde(default)]
    #[schema(required, min_length = 1, example = "Inbox reader")]
    name: String,
    /// What it may be used for; at least one scope.
    #[serde(default)]
    #[schema(required, value_type = Vec<Scope>, example = json!(["notifications"]))]
    scopes: Vec<String>,
    /// When it expires; never if left out.
    #[schema(value_type = Option<String>, format = DateTime, example = "2099-11-23T01:37:30Z")]
    expires_at: Option<String>,
}

/// List tokens
///
/// The tokens of the person who is signed in, without their secrets. A token can't see them.
#[utoipa::path(
    get, path = paths::api::TOKENS, tag = "Tokens", operation_id = "list_tokens",
    params(Stretch),
    responses((status = 200, description = "A page of tokens.", body = Page<TokenView>)),
)]
pub async fn list(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Params(stretch): Params<Stretch>,
) -> Result<axum::Json<Page<TokenView>>, Problem> {
    let before = stretch.before.as_deref();
    Ok(axum::Json(domain.tokens.list(&actor, before).await?))
}

/// Create a token
///
/// Creates a token and shows its secret, this once. A token can't create another.
#[utoipa::path(
    post, path = paths::api::TOKENS, tag = "Tokens", operation_id = "create_token",
    params(IdempotencyHeader),
    request_body = Wanted,
    responses((status = 201, description = "The token with its secret.", body = CreatedToken)),
)]
pub async fn create(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Extension(credential): Extension<Credential>,
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
    let created = domain
        .tokens
        .create(&actor, &credential, &wanted, attempt)
        .await?;
    Ok((StatusCode::CREATED, axum::Json(created)))
}

/// Revoke a token
///
/// Ends the token and the sockets that it opened. A token can't revoke another.
#[utoipa::path(
    delete, path = paths::api::TOKEN, tag = "Tokens", operation_id = "revoke_token",
    params(("id" = TokenId, Path, description = "The token.")),
    responses((status = 204, description = "It is revoked.")),
)]
pub async fn revoke(
    State(domain): State<Domain>,
    SignedInActor(actor): SignedInActor,
    Id(id): Id<TokenId>,
) -> Result<StatusCode, Problem> {
    domain.tokens.revoke(&actor, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
