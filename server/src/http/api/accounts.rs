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
use shared::{dto::Viewer, paths, text::IdempotencyKey};
use utoipa::ToSchema;
use words::Locale;

use crate::http::{
    api::{IdempotencyHeader, Json},
    auth::{CookieClient, MaybeActor, SignedInActor},
    idempotency::idempotency_key,
    problem::Problem,
};

/// A new account.
// Missing fields are empty, so that validation rejects each by name.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// The name in the address of the person's page: letters of ASCII, digits, `_` and `-`.
    #[serde(default)]
    #[schema(
        required,
        min_length = 2,
        max_length = 30,
        pattern = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
    )]
    #[schema(example = "ann")]
    handle: String,
    /// The name that others see.
    #[serde(default)]
    #[schema(required, min_length = 1, max_length = 50, example = "Ann Berg")]
    display_name: String,
    /// An e-mail address, which others don't see.
    #[serde(default)]
    #[schema(required, format = Email, max_length = 254, example = "ann@example.org")]
    email: String,
    /// At least 8 characters and at most 512 bytes.
    #[serde(default)]
    #[schema(required, format = Password, min_length = 8, max_length = 512)]
    #[schema(example = "correct horse battery")]
    password: String,
}

/// What signs an account in.
// As above.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The account's handle.
    #[serde(default)]
    #[schema(required, example = "ann")]
    handle: String,
    /// Its password.
    #[serde(default)]
    #[schema(required, format = Password, example = "correct horse battery")]
    password: String,
}

/// Register
///
/// Creates an account and signs it in.
#[utoipa::path(
    post, path = paths::api::ACCOUNTS, tag = "Accounts", operation_id = "register",
    params(IdempotencyHeader),
    request_body = Registration,
    responses(
        (status = 201, description = "The new account, signed in.", body = Viewer,
            headers(("Set-Cookie" = String, description = "The session."))),
    ),
    security(()),
)]
pub async fn register(
    State(domain): State<Domain>,
    caller: CookieClient,
    Extension(client): Extension<Client>,
    Extension(locale): Extension<Locale>,
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
    .in_language(locale);
    let (proven, cookie) = domain
        .accounts
        .sign_up(new, attempt, &caller.browser, client.counted())
        .await?;
    caller.cookie.change(CookieChange::Set(cookie));
    Ok((StatusCode::CREATED, axum::Json(proven.viewer)))
}

/// Sign in
///
/// Starts a session. Repeated failures for one handle or from one network are slowed down.
#[utoipa::path(
    post, path = paths::api::SESSION, tag = "Accounts", operation_id = "sign_in",
    request_body = Credentials,
    responses(
        (status = 200, description = "The account.", body = Viewer,
            headers(("Set-Cookie" = String, description = "The session."))),
        (status = 401, description = "Handle and password don't match."),
    ),
    security(()),
)]
pub async fn sign_in(
    State(domain): State<Domain>,
    caller: CookieClient,
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

/// Who is signed in
///
/// The account that the request's session or token belongs to. Needs no scope.
#[utoipa::path(
    get, path = paths::api::SESSION, tag = "Accounts", operation_id = "get_session",
    responses((status = 200, description = "The account.", body = Viewer)),
)]
pub async fn who(SignedInActor(actor): SignedInActor) -> axum::Json<Viewer> {
    axum::Json(actor.viewer)
}

/// Sign out
///
/// Ends the request's session and its sockets. Without a session nothing happens.
#[utoipa::path(
    delete, path = paths::api::SESSION, tag = "Accounts", operation_id = "sign_out",
    responses(
        (status = 204, description = "Nobody is signed in.",
            headers(("Set-Cookie" = String, description = "Removes the session's cookie."))),
    ),
    security((), ("session" = [])),
)]
pub async fn sign_out(
    State(domain): State<Domain>,
    MaybeActor(actor): MaybeActor,
    caller: CookieClient,
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
