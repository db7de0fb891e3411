//! `GET /ws/notifications`: who may open a socket, and the loop that keeps one up to date.
//!
//! A socket holds a cursor, not a queue. Being woken, catching up after a reconnect and recovering from a lost hint are the same
//! step: send what comes after the cursor, from the hub's memory or from the database.

mod connection;
mod inbox;
mod upgrade;

use std::time::Instant;

use axum::{
    extract::{FromRequestParts, Query, Request, State, ws::WebSocketUpgrade},
    http::header,
    response::Response,
};
use domain::{
    limits::Act,
    live::{Joined, Limits},
    sessions::SessionKey,
};
use serde::Deserialize;
use shared::{AppError, Kind, dto::Viewer, live::Cursor};

use crate::{auth, problem::Problem, state::Site};

const SUBPROTOCOL: &str = "artcritique.v1";
/// Largest frame a client may send, in bytes.
const FRAME_MAX: usize = 4 * 1_024;
const LIMITS: Limits = Limits { per_user: 20, per_address: 200, in_all: 50_000 };
const NO_LIMITS: Limits = Limits { per_user: usize::MAX, per_address: usize::MAX, in_all: usize::MAX };

#[derive(Deserialize)]
struct Asked {
    cursor: Option<String>,
}

/// Refuses everything that may not open a socket before the upgrade, then hands over to [`connection`].
pub async fn open(State(site): State<Site>, request: Request) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let text = |name| parts.headers.get(name).and_then(|value: &header::HeaderValue| value.to_str().ok()).unwrap_or_default();
    // Cross-site WebSocket hijacking: browsers send cookies along whatever page asks, but always say which page it was.
    if !site.origins.ours(text(header::ORIGIN), text(header::HOST)) {
        return Err(AppError::new(Kind::Forbidden, "Only pages of this site may open this socket.").into());
    }
    let viewer = parts.extensions.get::<Viewer>().cloned().ok_or_else(AppError::sign_in_first)?;
    let session = parts.extensions.get::<SessionKey>().cloned().ok_or_else(AppError::sign_in_first)?;
    let Query(asked) =
        Query::<Asked>::try_from_uri(&parts.uri).map_err(|_| AppError::new(Kind::Malformed, "That query can't be read."))?;
    let cursor = asked.cursor.as_deref().map(str::parse::<Cursor>).transpose();
    let cursor = cursor.map_err(|error| AppError::new(Kind::Malformed, error.to_string()))?;
    let network = auth::network(&parts.extensions);
    let socket = WebSocketUpgrade::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| AppError::new(Kind::Malformed, "This address speaks WebSocket (RFC 6455) only."))?;

    let limits = if site.limited() { LIMITS } else { NO_LIMITS };
    let refused = |kind, retry_after, why: &str| AppError { retry_after: Some(retry_after), ..AppError::new(kind, why) };
    if site.limited() {
        site.domain.limits.spend(Act::Socket, None, network, Instant::now())?;
    }
    let seat = match site.domain.hub.join(viewer.id, session.clone(), network.address(), limits) {
        Joined::Seat(seat) => seat,
        Joined::Full => {
            return Err(
                refused(Kind::Throttled, 60, "Too many sockets from this address; the site can be polled instead.").into()
            );
        }
        Joined::Elsewhere => {
            return Err(refused(Kind::Unavailable, 1, "This node takes no more sockets; please try again.").into());
        }
    };
    // Looked up again now that its end would be heard of: it may have ended between the first look and the seat.
    if !site.domain.sessions.is_alive(&session).await? {
        return Err(AppError::sign_in_first().into());
    }
    metrics::counter!("artcritique_socket_opens_total").increment(1);
    let feed = inbox::InboxFeed::new(site.domain.clone(), viewer.id, seat, cursor);
    Ok(upgrade::configured(socket, FRAME_MAX).protocols([SUBPROTOCOL]).on_upgrade(|socket| connection::run(socket, feed)))
}
