//! Who is asking: the session's person, put into the request for everything behind it.

use std::net::{IpAddr, Ipv4Addr};

use app::actions::{Client, CookieChange, SessionCookie, browser};
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use domain::{
    Domain, clock,
    limits::Network,
    sessions::{Browser, LIFE_DAYS, SIGNED_IN, SessionKey, SignedIn},
};
use shared::{AppError, dto::Viewer};
use tower_sessions::{
    Session,
    cookie::{Cookie, SameSite},
};

use crate::{problem::Problem, state::Site};

/// A session is noted as seen this often, in milliseconds.
const SEEN_EVERY: i64 = 60 * 60 * 1_000;

/// Turns the session into a [`Viewer`] and its [`SessionKey`] in the request's extensions.
pub async fn viewer(
    State(domain): State<Domain>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    if session.id().is_some() {
        let signed_in = session
            .get::<SignedIn>(SIGNED_IN)
            .await
            .map_err(unreachable)?;
        if let (Some(signed_in), Some(id)) = (signed_in, session.id())
            && let Some(viewer) = domain
                .accounts
                .viewer(signed_in.user, &signed_in.stamp)
                .await?
        {
            let key = SessionKey::of(id);
            if clock::now() - signed_in.seen_at > SEEN_EVERY {
                if let Some(cookie) = request.extensions().get::<SessionCookie>() {
                    cookie.change(CookieChange::Set(id.to_string()));
                }
                note_seen(&domain, key.clone(), signed_in);
            }
            request.extensions_mut().insert(viewer);
            request.extensions_mut().insert(key);
        }
    }
    Ok(next.run(request).await)
}

/// Notes beside the request that a session is in use: if that fails, it is no fault of the request,
/// and the next one tries again.
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
            tracing::debug!(%error, "a session could not be noted as seen");
        }
    });
}

/// Puts what a handler left for the session's cookie into the answer, in the place of what may be
/// there already.
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

/// The browser that asks to be signed in or out, and where to leave what becomes of its cookie.
pub struct Caller {
    pub browser: Browser,
    pub cookie: SessionCookie,
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
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

/// A session that can't be read is no reason to believe that there is none: the database is out of
/// reach, and the client may try again.
fn unreachable(error: tower_sessions::session::Error) -> AppError {
    tracing::warn!(%error, "a session could not be read");
    domain::Error::busy()
}

/// The person asking; nobody is a 401.
pub struct SignedInViewer(pub Viewer);

impl<S: Send + Sync> FromRequestParts<S> for SignedInViewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(
            parts
                .extensions
                .get::<Viewer>()
                .cloned()
                .ok_or_else(AppError::sign_in_first)?,
        ))
    }
}

/// The person asking, if there is one.
pub struct MaybeViewer(pub Option<Viewer>);

impl<S: Send + Sync> FromRequestParts<S> for MaybeViewer {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self(parts.extensions.get::<Viewer>().cloned()))
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
