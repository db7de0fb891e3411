use leptos::{prelude::*, server_fn::codec::GetUrl};
use shared::{
    SessionId, TokenId,
    dto::{CreatedToken, Page, SessionView, TokenView},
};
#[cfg(feature = "ssr")]
use shared::{paths, text::IdempotencyKey};
#[cfg(feature = "ssr")]
use {
    crate::request::{actor, browser, change_cookie, domain, go, language, parts, session_key},
    domain::{
        accounts::{NewAccount, sessions::CookieChange, tokens::WantedToken},
        limits::Client,
    },
};

#[cfg(feature = "ssr")]
use crate::failure::answer;
use crate::{Failure, json::Answer};

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
            domain.sessions.sign_in(&proven, &browser(&parts)).await,
        )?),
    );
    go(&local(&next));
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
        .in_language(language(&parts.headers));
    let counted = parts
        .extensions
        .get::<Client>()
        .copied()
        .and_then(Client::counted);
    let (_, cookie) = answer(
        domain
            .accounts
            .sign_up(new, attempt, &browser(&parts), counted)
            .await,
    )?;
    change_cookie(&parts, CookieChange::Set(cookie));
    go(&local(&next));
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
    go("/");
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
            &browser(&parts),
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
    answer(domain.tokens.create(&actor, &wanted, attempt).await)
}

/// Revokes a token.
#[server(endpoint = "revoke_token", output = Answer)]
pub async fn revoke_token(id: TokenId) -> Result<(), Failure> {
    let (domain, actor) = (domain()?, actor()?);
    answer(domain.tokens.revoke(&actor, id).await)?;
    go(paths::TOKENS);
    Ok(())
}

/// `next` if it is a path on this site, else the gallery. Prevents open redirects after sign-in.
#[cfg(feature = "ssr")]
pub fn local(next: &str) -> String {
    on_this_site(next).unwrap_or_else(|| "/".to_owned())
}

/// The path as a browser resolves it (WHATWG URL), percent-encoded for a header; `None` if it is
/// not a path on this site, or is a sign-in or registration page.
#[cfg(feature = "ssr")]
fn on_this_site(next: &str) -> Option<String> {
    // The base is arbitrary: only whether the result keeps its origin matters.
    let base = url::Url::parse("http://this.invalid").ok()?;
    let target = Some(next)
        .filter(|next| next.starts_with('/') && next.len() <= MAX_NEXT_BYTES)
        .and_then(|next| base.join(next).ok())?;
    let path = &target[url::Position::BeforePath..];
    let page = target.path().trim_end_matches('/');
    let allowed = target.origin() == base.origin()
        && !path.starts_with("//")
        && page != paths::LOGIN
        && page != paths::REGISTER;
    allowed.then(|| path.to_owned())
}

/// Longest `next` accepted, in bytes.
#[cfg(feature = "ssr")]
const MAX_NEXT_BYTES: usize = 2_000;

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #[test]
    fn sign_in_redirects_only_to_this_site() {
        for (next, to) in [
            ("/artworks/1#critique-2", "/artworks/1#critique-2"),
            ("/ü", "/%C3%BC"),
            ("/%C3%BC?q=a%20b", "/%C3%BC?q=a%20b"),
            (
                "/search?q=Öl und Kohle&x=%2F#é",
                "/search?q=%C3%96l%20und%20Kohle&x=%2F#%C3%A9",
            ),
            ("/@ann\r\nset-cookie: a=b", "/@annset-cookie:%20a=b"),
            ("/login-help", "/login-help"),
        ] {
            assert_eq!(super::local(next), to);
        }
        for away in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/a/..//evil.example",
            "/./\\evil.example",
            "/%2e%2e//evil.example",
            "//this.invalid//evil.example",
            "javascript:alert(1)",
            "/login",
            "/login?next=/login",
            "/register/",
            &format!("/{}", "x".repeat(3_000)),
        ] {
            assert_eq!(super::local(away), "/", "{away}");
        }
    }
}
