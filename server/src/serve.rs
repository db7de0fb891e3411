//! The accept loop. Our own, since `axum::serve` sets no deadline for a request's headers and forgets upgraded sockets.

use std::{cell::Cell, convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use axum::{Router, extract::Request};
use domain::live::Hub;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt;

use crate::{
    edge::{Edge, Place},
    request,
    stalls::Stalls,
    turns::{self, Turns},
};

/// How long a client may take over a request's headers, or stay silent between requests.
const HEADERS_DEADLINE: Duration = Duration::from_secs(20);
/// Largest head of a request that is read, in bytes: above what [`request`] takes, so that it can be told in words what is too long.
const HEAD_MAX: usize = 64 * 1_024;
/// How long requests that are under way may still take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(15);
/// Over how long sockets are sent away, so that they don't all come back at once, and in steps of what length.
const SEND_AWAY: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(50);
/// Sockets sent away in a step at least: a few need no spreading.
const STEP_MIN: usize = 20;

/// Connections that may wait to be accepted, as far as the system lets them: all of a node's sockets may come at once, and one that
/// finds no place tries again after whole seconds.
const BACKLOG: u32 = 16_384;

/// Begins to listen.
pub fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if addr.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // So that one that restarts need not wait for its old connections' last packets.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` resolves. Then, still answering, sends the sockets away little by little; then finishes the requests under way.
pub async fn run(listener: TcpListener, router: Router, hub: Hub, edge: Edge, notice: Duration, stop: impl Future<Output = ()>) {
    let (draining, drain) = watch::channel(false);
    let turns = Turns::default();
    let mut stop = pin!(async {
        stop.await;
        tracing::info!(sockets = hub.sockets(), "draining");
        hub.drain();
        tokio::join!(sleep(notice), send_away(&hub));
    });
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // One that has too many is hung up on.
                    if let Some(place) = edge.admit(peer.ip()) {
                        tokio::spawn(connection(stream, peer, edge.clone(), place, (router.clone(), turns.clone()), drain.clone()));
                    }
                }
                Err(error) => {
                    // Out of file descriptors, most likely: existing connections have to end first.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop((listener, drain, router));
    draining.send_replace(true);
    // Every connection holds a receiver until it has ended.
    if timeout(ANSWER_DEADLINE, draining.closed()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}

/// Sends the sockets away, spread over some seconds, and waits for them to have left, but not for long.
async fn send_away(hub: &Hub) {
    let steps = usize::try_from(SEND_AWAY.as_millis() / STEP.as_millis()).unwrap_or(1);
    let at_once = (hub.sockets() / steps + 1).max(STEP_MIN);
    let deadline = Instant::now() + SEND_AWAY * 2;
    while hub.send_away(at_once) > 0 && Instant::now() < deadline {
        sleep(STEP).await;
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    edge: Edge,
    place: Place,
    (router, turns): (Router, Turns),
    mut drain: watch::Receiver<bool>,
) {
    // News is small and should not wait for more.
    let _ = stream.set_nodelay(true);
    let begun = tokio::select! {
        begun = timeout(HEADERS_DEADLINE, turns::opens_socket(&stream)) => begun,
        () = told(&mut drain) => return,
    };
    let first = match begun {
        Ok(true) => Cell::new(Some(turns.handshake().await)),
        Ok(false) => Cell::new(None),
        Err(_silent) => return,
    };
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        let client = edge.client(peer.ip(), request.headers());
        request.extensions_mut().insert(client);
        let settled = request::settle(&mut request);
        let (router, turns, had) = (router.clone(), turns.clone(), first.take());
        async move {
            let turn = match (settled, had) {
                (Err(refused), _) => Err(refused),
                (Ok(()), Some(turn)) => turn,
                (Ok(()), None) => turns.wait(&request).await,
            };
            // The router answers what is in the extensions, as it answers everything.
            let _turn = turn.unwrap_or_else(|refused| {
                request.extensions_mut().insert(refused);
                None
            });
            Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {}))
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_DEADLINE)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(Stalls::watch(stream)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = told(&mut drain) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    drop(place);
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn told(drain: &mut watch::Receiver<bool>) {
    // A sender that is gone has nothing more to wait for either.
    let _ = drain.wait_for(|draining| *draining).await;
}
