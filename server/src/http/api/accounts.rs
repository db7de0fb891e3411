use app::request::language;
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use domain::{
    Domain,
    accounts::{NewAccount, sessions::CookieChange},
    limits::Client,
    policy,
};
use serde::Deserialize;
use shared::{dto::Viewer, text::IdempotencyKey};

use crate::http::{
    api::Json,
    auth::{Caller, MaybeActor, SignedInActor},
    idempotency::idempotency_key,
    problem::Problem,
};

/// Missing fields are empty, so that validation rejects each by name.
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
    caller: Caller,
    Extension(client): Extension<Client>,
    headers: HeaderMap,
    Json(body): Json<Registration>,
) -> Result<(StatusCode, axum::Json<Viewer>), Problem> {
    let attempt = IdempotencyKey::named(idempotency_key(&headers))?;
    let new = NewAccount::parse(
        &body.handle,
        &body.display_name,
        &body.email,
        &body.password,
    )?
    .in_language(language(&headers));
    let (proven, cookie) = domain
        .accounts
        .sign_up(new, attempt, &caller.browser, client.counted())
        .await?;
    caller.cookie.change(CookieChange::Set(cookie));
    Ok((StatusCode::CREATED, axum::Json(proven.viewer)))
}

pub async fn sign_in(
    State(domain): State<Domain>,
    caller: Caller,
    Extension(client): Extension<Client>,
    Json(body): Json<Credentials>,
) -> Result<axum::Json<Viewer>, Problem> {
    let proven = domain
        .accounts
        .sign_in(&body.handle, &body.password, client.counted())
        .await?;
    caller.cookie.change(CookieChange::Set(
        domain.sessions.sign_in(&proven, &caller.browser).await?,
    ));
    Ok(axum::Json(proven.viewer))
}

/// Needs no scope: whoever holds a token may ask whose it is.
pub async fn who(SignedInActor(actor): SignedInActor) -> axum::Json<Viewer> {
    axum::Json(actor.viewer)
}

pub async fn sign_out(
    State(domain): State<Domain>,
    MaybeActor(actor): MaybeActor,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    if let Some(actor) = &actor {
        policy::manage_account(actor)?;
    }
    if let Some(key) = &caller.browser.before {
        let signed_out = domain.sessions.sign_out(key).await;
        if signed_out
            .as_ref()
            .err()
            .is_none_or(domain::Error::is_in_doubt)
        {
            caller.cookie.change(CookieChange::Clear);
        }
        signed_out?;
    }
    Ok(StatusCode::NO_CONTENT)
}
