use leptos::{prelude::*, server_fn::codec::GetUrl};
use shared::{
    SessionId,
    dto::{Page, SessionView},
};

use crate::{Failure, json::Answer};
#[cfg(feature = "ssr")]
use {
    super::{Client, CookieChange, browser, cookie::leave, domain, go, parts, session_key, viewer},
    crate::failure::answer,
    domain::accounts::NewAccount,
    shared::text::IdempotencyKey,
};

/// Signs in and leads to `next`, a path on this site.
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
    leave(
        &parts,
        CookieChange::Set(answer(
            domain.sessions.sign_in(&proven, &browser(&parts)).await,
        )?),
    );
    go(&local(&next));
    Ok(())
}

/// Makes an account, signs it in and leads to `next`, a path on this site; once, however often the
/// same attempt is made.
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
    let new = answer(NewAccount::parse(&handle, &display_name, &email, &password))?;
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
    leave(&parts, CookieChange::Set(cookie));
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
            leave(&parts, CookieChange::Clear);
        }
        answer(signed_out)?;
    }
    go("/");
    Ok(())
}

/// Changes the password; all other browsers are signed out, and this one gets a new session id.
#[server(endpoint = "change_password", output = Answer)]
pub async fn change_password(
    current_password: String,
    new_password: String,
) -> Result<(), Failure> {
    let (domain, viewer, parts) = (domain()?, viewer()?, parts()?);
    let limited = parts
        .extensions
        .get::<Client>()
        .is_some_and(|client| client.throttled);
    let changed = domain
        .accounts
        .change_password(
            viewer.id,
            &current_password,
            &new_password,
            &browser(&parts),
            limited,
        )
        .await;
    leave(&parts, CookieChange::Set(answer(changed)?));
    go("/settings?changed=1");
    Ok(())
}

/// Where the viewer is signed in, a page at a time.
#[server(endpoint = "list_sessions", input = GetUrl, output = Answer)]
pub async fn list_sessions(before: Option<String>) -> Result<Page<SessionView>, Failure> {
    let (domain, viewer, key) = (domain()?, viewer()?, session_key());
    answer(
        domain
            .sessions
            .list(viewer.id, key.as_ref(), before.as_deref())
            .await,
    )
}

/// Signs another browser out.
#[server(endpoint = "revoke_session", output = Answer)]
pub async fn revoke_session(id: SessionId) -> Result<(), Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    answer(domain.sessions.revoke(viewer.id, id).await)?;
    go("/settings/sessions");
    Ok(())
}

/// A path on this site, or the gallery: where a sign-in leads must not be another site's to choose.
#[cfg(feature = "ssr")]
pub fn local(next: &str) -> String {
    on_this_site(next).unwrap_or_else(|| "/".to_owned())
}

/// The path as a browser would understand it, encoded for a header. Read as browsers do (WHATWG
/// URL), since what they take for another site is what matters.
#[cfg(feature = "ssr")]
fn on_this_site(next: &str) -> Option<String> {
    // Any base will do: only what stays beside it counts.
    let base = url::Url::parse("http://this.invalid").ok()?;
    let led = Some(next)
        .filter(|next| next.starts_with('/') && next.len() <= NEXT_MAX)
        .and_then(|next| base.join(next).ok())?;
    let path = &led[url::Position::BeforePath..];
    let page = led.path().trim_end_matches('/');
    let sound = led.origin() == base.origin()
        && !path.starts_with("//")
        && page != "/login"
        && page != "/register";
    sound.then(|| path.to_owned())
}

/// Longest path that a sign-in leads to, in bytes.
#[cfg(feature = "ssr")]
const NEXT_MAX: usize = 2_000;

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #[test]
    fn signing_in_never_leads_away() {
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
