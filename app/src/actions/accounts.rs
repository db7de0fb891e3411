use leptos::{prelude::*, server_fn::codec::GetUrl};
use shared::{SessionId, dto::SessionView};

use crate::{Failure, json::Answer};
#[cfg(feature = "ssr")]
use {
    super::{ClientAddress, domain, go, parts, session, session_key, viewer},
    crate::failure::answer,
    domain::{
        accounts::NewAccount,
        clock::now,
        sessions::{SIGNED_IN, SignedIn},
    },
    shared::{AppError, Kind, dto::Viewer},
};

/// Signs in and leads to `next`, a path on this site.
#[server(endpoint = "sign_in", output = Answer)]
pub async fn sign_in(handle: String, password: String, #[server(default)] next: String) -> Result<(), Failure> {
    let (domain, address) = (domain()?, address()?);
    let viewer = answer(domain.accounts.sign_in(&handle, &password, address).await)?;
    begin_session(&viewer).await?;
    go(&local(&next));
    Ok(())
}

/// Makes an account, signs it in and leads to `next`, a path on this site.
#[server(endpoint = "register", output = Answer)]
pub async fn register(
    handle: String,
    display_name: String,
    email: String,
    password: String,
    #[server(default)] next: String,
) -> Result<(), Failure> {
    let domain = domain()?;
    let new = answer(NewAccount::parse(&handle, &display_name, &email, &password))?;
    let viewer = answer(domain.accounts.register(new).await)?;
    begin_session(&viewer).await?;
    go(&local(&next));
    Ok(())
}

/// Signs this browser out.
#[server(endpoint = "sign_out", output = Answer)]
pub async fn sign_out() -> Result<(), Failure> {
    let session = session()?;
    answer(session.flush().await.map_err(domain::Error::internal))?;
    go("/");
    Ok(())
}

/// Changes the password; all other browsers are signed out and this one gets a new session id.
#[server(endpoint = "change_password", output = Answer)]
pub async fn change_password(current_password: String, new_password: String) -> Result<(), Failure> {
    let (domain, viewer, key, session) = (domain()?, viewer()?, session_key(), session()?);
    answer(domain.accounts.change_password(viewer.id, &current_password, &new_password, key.as_ref()).await)?;
    answer(session.cycle_id().await.map_err(domain::Error::internal))?;
    go("/settings?changed=1");
    Ok(())
}

/// Where the viewer is signed in.
#[server(endpoint = "list_sessions", input = GetUrl, output = Answer)]
pub async fn list_sessions() -> Result<Vec<SessionView>, Failure> {
    let (domain, viewer, key) = (domain()?, viewer()?, session_key());
    answer(domain.sessions.list(viewer.id, key.as_ref()).await)
}

/// Signs another browser out.
#[server(endpoint = "revoke_session", output = Answer)]
pub async fn revoke_session(id: SessionId) -> Result<(), Failure> {
    let (domain, viewer) = (domain()?, viewer()?);
    answer(domain.sessions.revoke(viewer.id, id).await)?;
    go("/settings/sessions");
    Ok(())
}

#[cfg(feature = "ssr")]
fn address() -> Result<Option<std::net::IpAddr>, Failure> {
    Ok(parts()?.extensions.get::<ClientAddress>().and_then(|address| address.0))
}

#[cfg(feature = "ssr")]
async fn begin_session(viewer: &Viewer) -> Result<(), Failure> {
    let (session, parts) = (session()?, parts()?);
    let agent = parts.headers.get(axum::http::header::USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default();
    let signed_in = SignedIn {
        user: viewer.id,
        agent: agent.chars().take(200).collect(),
        address: address()?.map(|address| address.to_string()).unwrap_or_default(),
        at: now(),
        seen_at: now(),
    };
    // A new id, so that one planted before the sign-in is worth nothing after it (OWASP session fixation).
    let begun = async {
        session.cycle_id().await?;
        session.insert(SIGNED_IN, signed_in).await
    };
    begun.await.map_err(|error| {
        leptos::logging::error!("a session could not be begun: {error}");
        Failure(AppError::new(Kind::Unavailable, "Signing in did not work just now. Please try again."))
    })
}

/// A path on this site, or the gallery: where a sign-in leads must not be another site's to choose.
#[cfg(feature = "ssr")]
fn local(next: &str) -> String {
    let sound = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\n', '\r', '\t'])
        && !next.starts_with("/login")
        && !next.starts_with("/register");
    if sound { next.to_owned() } else { "/".to_owned() }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    #[test]
    fn signing_in_never_leads_away() {
        assert_eq!(super::local("/artworks/1#critique-2"), "/artworks/1#critique-2");
        for away in ["", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "/login"] {
            assert_eq!(super::local(away), "/", "{away}");
        }
    }
}
