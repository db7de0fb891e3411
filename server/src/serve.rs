//! The accept loop. Our own, since `axum::serve` sets no deadline for a request's headers and
//! forgets upgraded sockets.

use std::{cell::Cell, convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
};
use domain::live::Hub;
use futures_util::FutureExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt;

use crate::{
    admission::{self, Admission},
    connection_limits::{ConnectionLimits, ConnectionPermit},
    request,
    stall_timeout::StallTimeout,
};

/// How long a client may take over a request's headers, or stay silent between requests.
const HEADERS_DEADLINE: Duration = Duration::from_secs(20);
/// Largest head of a request that is read, in bytes: above what [`request`] takes, so that it can
/// be told in words what is too long.
const HEAD_MAX: usize = 64 * 1_024;
/// How long requests that are under way may still take.
const ANSWER_DEADLINE: Duration = Duration::from_secs(15);
/// Over how long sockets are sent away, so that they don't all come back at once, and in steps of
/// what length.
const SEND_AWAY: Duration = Duration::from_secs(5);
const STEP: Duration = Duration::from_millis(50);
/// How long a client that connected at the last moment may take to begin its request.
const FIRST_REQUEST: Duration = Duration::from_millis(250);
/// How long a busy client may take to make one more request on a connection that is kept alive.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// Sockets sent away in a step at least: a few need no spreading.
const STEP_MIN: usize = 20;

/// Connections that may wait to be accepted, as far as the system lets them: all of a node's
/// sockets may come at once, and one that finds no place tries again after whole seconds.
const BACKLOG: u32 = 16_384;

/// Begins to listen.
pub fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // So that one that restarts need not wait for its old connections' last packets.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// How a connection is to go on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// The process is about to stop: what is answered now is the last answer on its connection, and
    /// says so.
    LastAnswers,
    /// Connections that are silent are closed.
    Closing,
}

/// Serves until `stop` resolves. Then, still answering, sends the sockets away little by little,
/// and lets each connection end with an answer that says `Connection: close`, so that no client
/// sends a request into a connection that is being closed (RFC 9112, section 9.6). Then finishes
/// the requests under way.
pub async fn run(
    listener: TcpListener,
    router: Router,
    hub: Hub,
    limits: ConnectionLimits,
    notice: Duration,
    stop: impl Future<Output = ()>,
) {
    let (phases, phase) = watch::channel(Phase::Serving);
    let admission = Admission::default();
    let mut stop = pin!(async {
        stop.await;
        tracing::info!(sockets = hub.sockets(), "draining");
        hub.drain();
        phases.send_replace(Phase::LastAnswers);
        tokio::join!(sleep(notice), send_away(&hub), last_answers(&phases));
    });
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => {
                    // One that has too many is hung up on.
                    if let Some(slot) = limits.admit(peer.ip()) {
                        tokio::spawn(connection(stream, peer, limits.clone(), slot, (router.clone(), admission.clone()), phase.clone()));
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
    // Those that the system has taken in already are answered too.
    while let Some(Ok((stream, peer))) = listener.accept().now_or_never() {
        if let Some(slot) = limits.admit(peer.ip()) {
            tokio::spawn(connection(
                stream,
                peer,
                limits.clone(),
                slot,
                (router.clone(), admission.clone()),
                phase.clone(),
            ));
        }
    }
    drop((listener, phase, router));
    phases.send_replace(Phase::Closing);
    // Every connection holds a receiver until it has ended.
    if timeout(ANSWER_DEADLINE, phases.closed()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
}

/// Waits for connections to end with an answer, but not long: those on which nothing is asked any
/// more are closed after it.
async fn last_answers(phases: &watch::Sender<Phase>) {
    let until = Instant::now() + LAST_ANSWERS;
    // Besides the accept loop's own.
    while phases.receiver_count() > 1 && Instant::now() < until {
        sleep(STEP).await;
    }
}

/// Sends the sockets away, spread over some seconds, and waits for them to have left, but not for
/// long.
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
    limits: ConnectionLimits,
    slot: ConnectionPermit,
    (router, admission): (Router, Admission),
    mut phase: watch::Receiver<Phase>,
) {
    // News is small and should not wait for more.
    let _ = stream.set_nodelay(true);
    let begun = tokio::select! {
        begun = timeout(HEADERS_DEADLINE, admission::opens_socket(&stream)) => begun,
        // A client that has just connected may be about to ask.
        () = async {
            closing(&mut phase).await;
            sleep(FIRST_REQUEST).await;
        } => return,
    };
    let first = match begun {
        Ok(true) => Cell::new(Some(admission.handshake().await)),
        Ok(false) => Cell::new(None),
        Err(_silent) => return,
    };
    let seen = phase.clone();
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        let client = limits.client(peer.ip(), request.headers());
        request.extensions_mut().insert(client);
        let settled = request::settle(&mut request);
        let (router, admission, had, seen) = (
            router.clone(),
            admission.clone(),
            first.take(),
            seen.clone(),
        );
        async move {
            let permit = match (settled, had) {
                (Err(refused), _) => Err(refused),
                (Ok(()), Some(permit)) => permit,
                (Ok(()), None) => admission.wait(&request).await,
            };
            // The router answers what is in the extensions, as it answers everything.
            let _permit = permit.unwrap_or_else(|refused| {
                request.extensions_mut().insert(refused);
                None
            });
            let mut response = router
                .oneshot(request)
                .await
                .unwrap_or_else(|never| match never {});
            if *seen.borrow() != Phase::Serving
                && response.status() != StatusCode::SWITCHING_PROTOCOLS
            {
                response
                    .headers_mut()
                    .insert(header::CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_DEADLINE)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(StallTimeout::watch(stream)), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = closing(&mut phase) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    drop(slot);
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn closing(phase: &mut watch::Receiver<Phase>) {
    // A sender that is gone has nothing more to wait for either.
    let _ = phase.wait_for(|phase| *phase == Phase::Closing).await;
}
