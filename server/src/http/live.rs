//! `GET /ws/notifications` and, for guests too, `GET /ws/watch`: the checks before a socket is
//! opened, and the loop that keeps it up to date.
//!
//! A socket holds a cursor, not a queue. A wake-up, a reconnect and a lost message lead to the same
//! step: send the changes after the cursor, from the hub's memory or from the database.

mod connection;
mod expiry;
mod inbox;
mod upgrade;
mod watch;

use std::{net::IpAddr, time::Instant};

use axum::{
    extract::{FromRequestParts, Query, Request, State, ws::WebSocketUpgrade},
    http::{header, request::Parts},
    response::Response,
};
use domain::{
    Credential, Domain, clock,
    hub::{InboxRegistration, Joined, Limits, Registration},
    limits::Act,
    policy::{self, Actor},
};
use expiry::Expiry;
use serde::Deserialize;
use shared::{
    AppError, Kind,
    live::{Cursor, ServerFrame},
};

use crate::http::{
    auth::{self, bearer::ExpiresAt},
    problem::Problem,
    state::Site,
};

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

/// Opens the socket of an inbox: rejects requests that may not before the upgrade, then hands over
/// to [`connection`].
pub async fn open_inbox(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    from_own_page(&site, &parts)?;
    let owner = SocketOwner::of(&parts).ok_or_else(AppError::sign_in_first)?;
    policy::use_inbox(&owner.actor)?;
    let Query(asked) = Query::<Asked>::try_from_uri(&parts.uri)
        .map_err(|_| AppError::new(Kind::Malformed, "query"))?;
    let cursor = asked
        .cursor
        .as_deref()
        .map(str::parse::<Cursor>)
        .transpose();
    let cursor = cursor.map_err(|error| AppError::new(Kind::Malformed, error))?;
    let (socket, address) = handshake(&site, &mut parts).await?;
    let registration = join(&site, &owner, address).await?;
    let feed = inbox::InboxFeed::new(
        site.domain.clone(),
        owner.actor,
        registration,
        cursor,
        owner.expiry,
    );
    Ok(socket.on_upgrade(|socket| connection::run(socket, feed)))
}

/// Opens a socket for watching artworks, signed in or not, after the same checks except for the
/// session. A socket that was opened with a token ends with the token.
pub async fn open_watch(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    from_own_page(&site, &parts)?;
    let owner = SocketOwner::of(&parts).filter(|owner| owner.credential.token().is_some());
    policy::read(owner.as_ref().map(|owner| &owner.actor))?;
    let (socket, address) = handshake(&site, &mut parts).await?;
    if let Some(owner) = owner {
        let registration = join(&site, &owner, address).await?;
        let feed = watch::WatchFeed::new(&site.domain.store.epoch(), registration, owner.expiry);
        return Ok(socket.on_upgrade(|socket| connection::run(socket, feed)));
    }
    let limits = if site.limited() {
        GUEST_LIMITS
    } else {
        NO_LIMITS
    };
    let registration = registered(site.domain.hub.join_as_guest(address, limits))?;
    let feed = watch::WatchFeed::new(
        &site.domain.store.epoch(),
        registration,
        Expiry::new(None, clock::now()),
    );
    Ok(socket.on_upgrade(|socket| connection::run(socket, feed)))
}

/// Who opens a socket, by a session or a token.
struct SocketOwner {
    actor: Actor,
    credential: Credential,
    expiry: Expiry,
}

impl SocketOwner {
    fn of(parts: &Parts) -> Option<Self> {
        let expires_at = parts.extensions.get::<ExpiresAt>().map(|at| at.0);
        Some(Self {
            actor: parts.extensions.get().cloned()?,
            credential: parts.extensions.get().cloned()?,
            expiry: Expiry::new(expires_at, clock::now()),
        })
    }
}

/// Registers a socket with the hub.
async fn join(
    site: &Site,
    SocketOwner {
        actor, credential, ..
    }: &SocketOwner,
    address: IpAddr,
) -> Result<InboxRegistration, AppError> {
    let limits = if site.limited() { LIMITS } else { NO_LIMITS };
    let joined = site
        .domain
        .hub
        .join(actor.id, credential.clone(), address, limits);
    let registration = registered(joined)?;
    // Check the credential again, now that the registration would report its end: it may have ended
    // between the first lookup and the registration.
    if is_alive(&site.domain, credential).await? {
        Ok(registration)
    } else {
        Err(AppError::sign_in_first())
    }
}

async fn is_alive(domain: &Domain, credential: &Credential) -> domain::Result<bool> {
    match credential {
        Credential::Session(key) => domain.sessions.is_alive(key).await,
        Credential::Token(key) => domain.tokens.is_alive(key).await,
    }
}

/// Prevents cross-site WebSocket hijacking: browsers send cookies with a handshake from any page,
/// but always state the page's origin. A program with a token states none. If it states one, that
/// must be the site's own too: then a browser is involved after all.
fn from_own_page(site: &Site, parts: &Parts) -> Result<(), AppError> {
    let credential = parts.extensions.get::<Credential>();
    if credential.is_some_and(|credential| credential.token().is_some())
        && !parts.headers.contains_key(header::ORIGIN)
    {
        return Ok(());
    }
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
    Err(AppError::new(Kind::Forbidden, "socket-origin"))
}

/// The requested socket, subject to the rate limit, and the client's network address.
async fn handshake(site: &Site, parts: &mut Parts) -> Result<(WebSocketUpgrade, IpAddr), AppError> {
    let network = auth::network(&parts.extensions);
    let socket = WebSocketUpgrade::from_request_parts(parts, &())
        .await
        .map_err(|_| AppError::new(Kind::Malformed, "socket-only"))?;
    if site.limited() {
        site.domain
            .limits
            .spend(Act::Socket, None, None, network, Instant::now())?;
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
        Joined::Full => Err(AppError::new(Kind::Throttled, "sockets-of-network").retry_in(60)),
        Joined::Elsewhere => Err(AppError::new(Kind::Unavailable, "sockets-of-node").retry_in(1)),
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
