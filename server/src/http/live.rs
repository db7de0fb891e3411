//! `GET /ws/notifications` and, for guests too, `GET /ws/watch`: the checks before a socket is
//! opened, and the loop that keeps it up to date.
//!
//! A socket holds a cursor, not a queue. A wake-up, a reconnect and a lost message lead to the same
//! step: send the changes after the cursor, from the hub's memory or from the database.

mod connection;
mod guest;
mod inbox;
mod upgrade;

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::{FromRequestParts, Query, Request, State, ws::WebSocketUpgrade},
    http::{header, request::Parts},
    response::Response,
};
use domain::{
    SessionKey,
    hub::{Joined, Limits, Registration},
    limits::Act,
};
use serde::Deserialize;
use shared::{
    AppError, Kind,
    dto::Viewer,
    live::{Cursor, ServerFrame},
};

use crate::http::{auth, problem::Problem, state::Site};

const SUBPROTOCOL: &str = "artcritique.v1";
/// Largest frame a client may send, in bytes.
const FRAME_MAX: usize = 4 * 1_024;
const LIMITS: Limits = Limits {
    per_user: 20,
    per_address: 200,
    in_all: 50_000,
};
/// Lower than [`LIMITS`], so that guests are rejected while signed-in users still fit.
const GUEST_LIMITS: Limits = Limits {
    per_user: 0,
    per_address: 100,
    in_all: 25_000,
};
const NO_LIMITS: Limits = Limits {
    per_user: usize::MAX,
    per_address: usize::MAX,
    in_all: usize::MAX,
};

#[derive(Deserialize)]
struct Asked {
    cursor: Option<String>,
}

/// Rejects requests that may not open a socket before the upgrade, then hands over to
/// [`connection`].
pub async fn open(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    from_own_page(&site, &parts)?;
    let viewer = parts
        .extensions
        .get::<Viewer>()
        .cloned()
        .ok_or_else(AppError::sign_in_first)?;
    let session = parts
        .extensions
        .get::<SessionKey>()
        .cloned()
        .ok_or_else(AppError::sign_in_first)?;
    let Query(asked) = Query::<Asked>::try_from_uri(&parts.uri)
        .map_err(|_| AppError::new(Kind::Malformed, "That query can't be read."))?;
    let cursor = asked
        .cursor
        .as_deref()
        .map(str::parse::<Cursor>)
        .transpose();
    let cursor = cursor.map_err(|error| AppError::new(Kind::Malformed, error.to_string()))?;
    let (socket, address) = handshake(&site, &mut parts).await?;
    let limits = if site.limited() { LIMITS } else { NO_LIMITS };
    let registration = registered(site.domain.hub.join(
        viewer.id,
        session.clone(),
        address,
        limits,
    ))?;
    // Check the session again, now that the registration would report its end: it may have ended
    // between the first lookup and the registration.
    if !site.domain.sessions.is_alive(&session).await? {
        return Err(AppError::sign_in_first().into());
    }
    let feed = inbox::InboxFeed::new(site.domain.clone(), viewer.id, registration, cursor);
    Ok(socket.on_upgrade(|socket| connection::run(socket, feed)))
}

/// Opens a socket for watching artworks, signed in or not, after the same checks except for the
/// session.
pub async fn open_as_guest(
    State(site): State<Site>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    from_own_page(&site, &parts)?;
    let (socket, address) = handshake(&site, &mut parts).await?;
    let limits = if site.limited() {
        GUEST_LIMITS
    } else {
        NO_LIMITS
    };
    let registration = registered(site.domain.hub.join_as_guest(address, limits))?;
    let feed = guest::GuestFeed::new(&site.domain.store.epoch(), registration);
    Ok(socket.on_upgrade(|socket| connection::run(socket, feed)))
}

/// Prevents cross-site WebSocket hijacking: browsers send cookies with a handshake from any page,
/// but always state the page's origin.
fn from_own_page(site: &Site, parts: &Parts) -> Result<(), AppError> {
    let text = |name| {
        parts
            .headers
            .get(name)
            .and_then(|value: &header::HeaderValue| value.to_str().ok())
            .unwrap_or_default()
    };
    if site.origins.ours(text(header::ORIGIN), text(header::HOST)) {
        return Ok(());
    }
    Err(AppError::new(
        Kind::Forbidden,
        "Only pages of this site may open this socket.",
    ))
}

/// The requested socket, subject to the rate limit, and the client's network address.
async fn handshake(site: &Site, parts: &mut Parts) -> Result<(WebSocketUpgrade, IpAddr), AppError> {
    let network = auth::network(&parts.extensions);
    let socket = WebSocketUpgrade::from_request_parts(parts, &())
        .await
        .map_err(|_| {
            AppError::new(
                Kind::Malformed,
                "This address speaks WebSocket (RFC 6455) only.",
            )
        })?;
    if site.limited() {
        site.domain
            .limits
            .spend(Act::Socket, None, network, Instant::now())?;
    }
    Ok((
        upgrade::configured(socket, FRAME_MAX).protocols([SUBPROTOCOL]),
        network.address(),
    ))
}

fn registered<T>(joined: Joined<T>) -> Result<T, AppError> {
    match joined {
        Joined::Registered(registration) => {
            metrics::counter!("artcritique_socket_opens_total").increment(1);
            Ok(registration)
        }
        Joined::Full => Err(refused(
            Kind::Throttled,
            60,
            "Too many sockets from this address; the site can be polled instead.",
        )),
        Joined::Elsewhere => Err(refused(
            Kind::Unavailable,
            1,
            "This node takes no more sockets; please try again.",
        )),
    }
}

fn refused(kind: Kind, retry_after: u32, why: &str) -> AppError {
    AppError {
        retry_after: Some(retry_after),
        ..AppError::new(kind, why)
    }
}

/// Sends which watched artworks changed, and fails with the close code if the hub ended the socket.
async fn send_watched(
    registration: &Registration,
    out: &mut connection::Outgoing<'_>,
) -> Result<(), connection::End> {
    for id in registration.touched() {
        out.frame(&ServerFrame::Artwork { id }).await?;
    }
    registration
        .ended()
        .map_or(Ok(()), |code| Err(connection::End::Code(code)))
}
