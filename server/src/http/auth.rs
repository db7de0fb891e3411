//! The actor: looks up the account of the request's token or session and adds it to the request for
//! the layers and handlers behind.

pub mod bearer;

use std::net::{IpAddr, Ipv4Addr};

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use domain::{
    Credential, Domain, SessionKey,
    accounts::sessions::{Browser, CookieChange, LIFE_DAYS, SIGNED_IN, SessionCookie, SignedIn},
    clock,
    limits::{Client, Network},
    policy::{self, Actor},
};
use shared::AppError;
use tower_sessions::{
    Session,
    cookie::{Cookie, SameSite},
};

use crate::http::{problem::Problem, state::Site};

/// How often a session's last-seen time is updated, in milliseconds.
const SEEN_EVERY: i64 = 60 * 60 * 1_000;

/// Adds the [`Actor`] and the [`Credential`] of the token or the session to the request's
/// extensions. A request with a token that is refused is not taken for a guest's.
pub async fn actor(
    State(domain): State<Domain>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    match bearer::authenticate(&domain, &mut request).await {
        Ok(true) => return Ok(next.run(request).await),
        Ok(false) => {}
        Err(refusal) => return Ok(refusal),
    }
    if session.id().is_some() {
        let signed_in = session
            .get::<SignedIn>(SIGNED_IN)
            .await
            .map_err(unreachable)?;
        if let (Some(signed_in), Some(id)) = (signed_in, session.id())
            && let Some(actor) = domain
                .accounts
                .actor(signed_in.user, &signed_in.stamp)
                .await?
        {
            let key = SessionKey::of(id);
            if clock::now() - signed_in.seen_at > SEEN_EVERY {
                if let Some(cookie) = request.extensions().get::<SessionCookie>() {
                    cookie.change(CookieChange::Set(id.to_string()));
                }
                note_seen(&domain, key.clone(), signed_in);
            }
            request.extensions_mut().insert(actor);
            request.extensions_mut().insert(Credential::Session(key));
        }
    }
    Ok(next.run(request).await)
}

/// Updates the session's last-seen time in the background: a failure does not fail the request, and
/// the next request tries again.
fn note_seen(domain: &Domain, key: SessionKey, signed_in: SignedIn) {
    let sessions = domain.sessions.clone();
    tokio::spawn(async move {
        if let Err(error) = sessions
            .note_seen(
                &key,
                SignedIn {
                    seen_at: clock::now(),
                    ..signed_in
                },
            )
            .await
        {
            tracing::debug!(%error, "a session's last-seen time could not be updated");
        }
    });
}

/// Writes the session cookie that a handler requested into the response, and removes any other
/// session cookie from it.
pub async fn cookie(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let left = SessionCookie::default();
    request.extensions_mut().insert(left.clone());
    let mut response = next.run(request).await;
    let Some(change) = left.left() else {
        return response;
    };
    let name = site.origins.cookie_name();
    let cookie = match change {
        CookieChange::Set(value) => {
            Cookie::build((name, value)).max_age(time::Duration::days(LIFE_DAYS))
        }
        CookieChange::Clear => Cookie::build((name, String::new())).max_age(time::Duration::ZERO),
    };
    let cookie = cookie
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(site.origins.secure())
        .build();
    let headers = response.headers_mut();
    let own = |value: &HeaderValue| {
        value
            .as_bytes()
            .strip_prefix(name.as_bytes())
            .is_some_and(|rest| rest.starts_with(b"="))
    };
    let others: Vec<HeaderValue> = headers
        .get_all(header::SET_COOKIE)
        .iter()
        .filter(|value| !own(value))
        .cloned()
        .collect();
    headers.remove(header::SET_COOKIE);
    for value in others
        .into_iter()
        .chain(HeaderValue::from_str(&cookie.to_string()))
    {
        headers.append(header::SET_COOKIE, value);
    }
    response
}

/// The browser that sent a request.
pub fn browser(parts: &Parts) -> Browser {
    let agent = parts
        .headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    let session = parts.extensions.get::<Session>().and_then(Session::id);
    Browser::new(agent, parts.extensions.get().copied(), session)
}

/// The browser that signs in or out, and where the handler stores the change of its cookie.
pub struct CookieClient {
    pub browser: Browser,
    pub cookie: SessionCookie,
}

impl<S: Send + Sync> FromRequestParts<S> for CookieClient {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        let cookie = parts
            .extensions
            .get::<SessionCookie>()
            .cloned()
            .unwrap_or_default();
        Ok(Self {
            browser: browser(parts),
            cookie,
        })
    }
}

/// A session that cannot be read may still exist: the database is unavailable, and the client may
/// retry.
fn unreachable(error: tower_sessions::session::Error) -> AppError {
    tracing::warn!(%error, "a session could not be read");
    domain::Error::busy()
}

/// The actor; 401 if the request has none.
pub struct SignedInActor(pub Actor);

impl<S: Send + Sync> FromRequestParts<S> for SignedInActor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(
            parts
                .extensions
                .get::<Actor>()
                .cloned()
                .ok_or_else(AppError::sign_in_first)?,
        ))
    }
}

/// The actor, if the request has one.
pub struct MaybeActor(pub Option<Actor>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeActor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<Actor>().cloned()))
    }
}

/// The actor of a request that reads what guests may read; 403 if its token may not.
pub struct Reader(pub Option<Actor>);

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let actor = parts.extensions.get::<Actor>().cloned();
        policy::read(actor.as_ref())?;
        Ok(Self(actor))
    }
}

/// The network the request came from.
pub fn network(extensions: &axum::http::Extensions) -> Network {
    extensions
        .get::<Client>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into(), |client| {
            client.network()
        })
}
