use leptos::{prelude::*, server_fn::codec::GetUrl};
#[cfg(feature = "ssr")]
use shared::{AppError, paths, text::IdempotencyKey};
use shared::{
    SessionId, TokenId,
    dto::{CreatedToken, Page, SessionView, TokenView},
};
#[cfg(feature = "ssr")]
use {
    crate::request::{actor, browser, change_cookie, credential, domain, go, parts, session_key},
    domain::{
        accounts::{NewAccount, sessions::CookieChange, tokens::WantedToken},
        limits::Client,
    },
};

use crate::{Failure, json::Answer};
#[cfg(feature = "ssr")]
use crate::{failure::answer, next_page::after_sign_in};

/// Signs in and redirects to `next`, a path on this site.
#[server(endpoint = "sign_in", output = Answer)]
pub async fn sign_in(
    handle: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), Failure> {
    let (domain, parts) = (domain()?, parts()?);
    let counted = parts
        .extensions
        .get::<Client>()
        .copied()
        .and_then(Client::counted);
    let proven = answer(domain.accounts.sign_in(&handle, &password, counted).await)?;
    change_cookie(
        &parts,
        CookieChange::Set(answer(
            domain.sessions.sign_in(&proven, &browser(&parts)?).await,
        )?),
    );
    go(&after_sign_in(&next));
    Ok(())
}

/// Creates an account, signs it in and redirects to `next`, a path on this site. Idempotent per
/// `attempt`.
#[server(endpoint = "register", output = Answer)]
pub async fn register(
    handle: String,
    display_name: String,
    email: String,
    password: String,
    #[server(default)] next: String,
    #[server(default)] attempt: Option<String>,
) -> Result<(), Failure> {
    let (domain, parts) = (domain()?, parts()?);
    let attempt = answer(IdempotencyKey::named(attempt.as_deref()))?;
    let new = answer(NewAccount::parse(&handle, &display_name, &email, &password))?
        .in_language(crate::i18n::locale());
    let counted = parts
        .extensions
        .get::<Client>()
        .copied()
        .and_then(Client::counted);
    let (_, cookie) = answer(
        domain
            .accounts
            .sign_up(new, attempt, &browser(&parts)?, counted)
            .await,
    )?;
    change_cookie(&parts, CookieChange::Set(cookie));
    go(&after_sign_in(&next));
    Ok(())
}

/// Signs this browser out.
#[server(endpoint = "sign_out", output = Answer)]
pub async fn sign_out() -> Result<(), Failure> {
    let (domain, parts) = (domain()?, parts()?);
    if let Some(key) = session_key() {
        let signed_out = domain.sessions.sign_out(&key).await;
        if signed_out
            .as_ref()
            .err()
            .is_none_or(domain::Error::is_in_doubt)
        {
            change_cookie(&parts, CookieChange::Clear);
        }
        answer(signed_out)?;
    }
    go(paths::GALLERY);
    Ok(())
}

/// Changes the password. Signs out all other browsers and gives this one a new session id.
#[server(endpoint = "change_password", output = Answer)]
pub async fn change_password(
    current_password: String,
    new_password: String,
) -> Result<(), Failure> {
    let (domain, actor, parts) = (domain()?, actor()?, parts()?);
    let limited = parts
        .extensions
        .get::<Client>()
        .is_some_and(|client| client.throttled);
    let changed = domain
        .accounts
        .change_password(
            &actor,
            &current_password,
            &new_password,
            &browser(&parts)?,
            limited,
        )
        .await;
    change_cookie(&parts, CookieChange::Set(answer(changed)?));
    go(paths::PASSWORD_CHANGED);
    Ok(())
}

/// A page of the viewer's sessions.
#[server(endpoint = "list_sessions", input = GetUrl, output = Answer)]
pub async fn list_sessions(before: Option<String>) -> Result<Page<SessionView>, Failure> {
    let (domain, actor, key) = (domain()?, actor()?, session_key());
    answer(
        domain
            .sessions
            .list(&actor, key.as_ref(), before.as_deref())
            .await,
    )
}

/// Signs another browser out.
#[server(endpoint = "revoke_session", output = Answer)]
pub async fn revoke_session(id: SessionId) -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    answer(domain.sessions.revoke(&actor, id).await)?;
    go(paths::SESSIONS);
    Ok(())
}

/// A page of the viewer's tokens.
#[server(endpoint = "list_tokens", input = GetUrl, output = Answer)]
pub async fn list_tokens(before: Option<String>) -> Result<Page<TokenView>, Failure> {
    let (domain, actor) = (domain()?, actor()?);
    answer(domain.tokens.list(&actor, before.as_deref()).await)
}

/// Creates a token that expires in this many days, or never. Returns it with its secret.
#[server(endpoint = "create_token", output = Answer)]
pub async fn create_token(
    #[server(default)] name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)] expires: String,
    #[server(default)] attempt: Option<String>,
) -> Result<CreatedToken, Failure> {
    let (domain, actor) = (domain()?, actor()?);
    let attempt = answer(IdempotencyKey::named(attempt.as_deref()))?;
    let wanted = answer(WantedToken::parse_form(
        &name,
        &scopes,
        &expires,
        domain::clock::now(),
    ))?;
    let credential = answer(credential().ok_or_else(AppError::sign_in_first))?;
    let created = domain.tokens.create(&actor, &credential, &wanted, attempt);
    answer(created.await)
}

/// Revokes a token.
#[server(endpoint = "revoke_token", output = Answer)]
pub async fn revoke_token(id: TokenId) -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    answer(domain.tokens.revoke(&actor, id).await)?;
    go(paths::TOKENS);
    Ok(())
}
