//! Who is asking: the session's person, put into the request for everything behind it.

use std::net::{IpAddr, Ipv4Addr};

use app::actions::Client;
use axum::{
    extract::{FromRequestParts, Request, State},
    http::request::Parts,
    middleware::Next,
    response::Response,
};
use domain::{
    Domain, clock,
    limits::Network,
    sessions::{SIGNED_IN, SessionKey, SignedIn},
};
use shared::{AppError, dto::Viewer};
use tower_sessions::Session;

use crate::problem::Problem;

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
        let signed_in = session.get::<SignedIn>(SIGNED_IN).await.map_err(unreachable)?;
        if let (Some(signed_in), Some(id)) = (signed_in, session.id())
            && let Some(viewer) = domain.accounts.viewer(signed_in.user, &signed_in.stamp).await?
        {
            if clock::now() - signed_in.seen_at > SEEN_EVERY {
                let seen = SignedIn { seen_at: clock::now(), ..signed_in };
                session.insert(SIGNED_IN, seen).await.map_err(domain::Error::internal)?;
            }
            request.extensions_mut().insert(viewer);
            request.extensions_mut().insert(SessionKey::of(id));
        }
    }
    Ok(next.run(request).await)
}

/// A session that can't be read is no reason to believe that there is none: the database is out of reach, and the client may try
/// again.
fn unreachable(error: tower_sessions::session::Error) -> AppError {
    tracing::warn!(%error, "a session could not be read");
    domain::Error::busy()
}

/// The person asking; nobody is a 401.
pub struct SignedInViewer(pub Viewer);

impl<S: Send + Sync> FromRequestParts<S> for SignedInViewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(parts.extensions.get::<Viewer>().cloned().ok_or_else(AppError::sign_in_first)?))
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
    extensions.get::<Client>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED).into(), |client| client.network())
}
