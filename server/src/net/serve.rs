//! The accept loop. It replaces `axum::serve`, which sets no deadline for a request's headers and
//! does not track upgraded sockets.

use std::{cell::Cell, convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, StatusCode, header},
};
use domain::hub::Hub;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt;

use crate::{
    http::{
        admission::{self, Admission},
        request,
    },
    net::{
        connection_limits::{ConnectionLimits, ConnectionPermit},
        stall_timeout::StallTimeout,
    },
};

/// How long a client may take to send a request's headers, or stay idle between requests.
const HEADERS_DEADLINE: Duration = Duration::from_secs(20);
/// Largest request head that is read, in bytes: above the limits in [`request`], so that
/// [`request`] can reject it with an explanation.
const HEAD_MAX: usize = 64 * 1_024;
/// During shutdown, how long requests in flight may take to finish.
const ANSWER_DEADLINE: Duration = Duration::from_secs(15);
/// During shutdown, sockets are closed over this long, one batch every [`DRAIN_STEP`], so that
/// clients do not all reconnect at once.
const DRAIN_TIME: Duration = Duration::from_secs(5);
const DRAIN_STEP: Duration = Duration::from_millis(50);
/// The backlog is empty when no connection is accepted for this long.
const BACKLOG_PAUSE: Duration = Duration::from_millis(5);
/// During shutdown, how long a client that has just connected may take to begin its request.
const FIRST_REQUEST_DEADLINE: Duration = Duration::from_millis(250);
/// During shutdown, how long a kept-alive connection stays open for one more request.
const LAST_ANSWERS_DEADLINE: Duration = Duration::from_secs(2);
/// Fewest sockets in a batch: a small number needs no spreading.
const DRAIN_BATCH_MIN: usize = 20;

/// Listen backlog, as far as the system allows it: all of a node's sockets may reconnect at once,
/// and a client whose connection is dropped retries only after whole seconds.
const BACKLOG: u32 = 16_384;

/// Binds the address and listens.
pub fn listen(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if addr.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    // Lets a restarted server bind the address while old connections are in TIME_WAIT.
    socket.set_reuseaddr(true)?;
    socket.bind(addr)?;
    socket.listen(BACKLOG)
}

/// The phase of shutdown, as connections see it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    Serving,
    /// The process is about to stop: each response is the last on its connection and says
    /// `Connection: close`.
    LastAnswers,
    /// Idle connections are closed.
    Closing,
}

/// Serves until `stop` resolves, then drains. While draining, it still answers requests, closes the
/// sockets in batches, and adds `Connection: close` to each response, so that no client sends a
/// request into a connection that is being closed (RFC 9112, section 9.6). Last, it finishes the
/// requests in flight.
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
                    // A connection over the limit for its network is dropped.
                    if let Some(slot) = limits.admit(peer.ip()) {
                        tokio::spawn(connection(stream, peer, limits.clone(), slot, (router.clone(), admission.clone()), phase.clone()));
                    }
                }
                Err(error) => {
                    // Most likely out of file descriptors; wait for connections to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    // Serve the connections in the backlog, too. Not until `accept` is pending: tokio makes it so
    // now and then.
    let until = Instant::now() + FIRST_REQUEST_DEADLINE;
    while let Ok(Ok((stream, peer))) = timeout(BACKLOG_PAUSE, listener.accept()).await {
        if Instant::now() > until {
            break;
        }
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
    // Each connection holds a receiver until it ends.
    if timeout(ANSWER_DEADLINE, phases.closed()).await.is_err() {
        tracing::warn!("the shutdown deadline has passed; cutting off the requests in flight");
    }
}

/// Waits up to [`LAST_ANSWERS_DEADLINE`] for connections to end with a last response. The caller
/// closes the remaining ones, which are idle.
async fn last_answers(phases: &watch::Sender<Phase>) {
    let until = Instant::now() + LAST_ANSWERS_DEADLINE;
    // One receiver is the accept loop's own.
    while phases.receiver_count() > 1 && Instant::now() < until {
        sleep(DRAIN_STEP).await;
    }
}

/// Closes the sockets in batches over [`DRAIN_TIME`]; stops waiting for them after twice that.
async fn send_away(hub: &Hub) {
    let steps = usize::try_from(DRAIN_TIME.as_millis() / DRAIN_STEP.as_millis()).unwrap_or(1);
    let at_once = (hub.sockets() / steps + 1).max(DRAIN_BATCH_MIN);
    let deadline = Instant::now() + DRAIN_TIME * 2;
    while hub.send_away(at_once) > 0 && Instant::now() < deadline {
        sleep(DRAIN_STEP).await;
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
    // Frames are small and should be sent at once.
    let _ = stream.set_nodelay(true);
    let begun = tokio::select! {
        begun = timeout(HEADERS_DEADLINE, admission::opens_socket(&stream)) => begun,
        // A client that has just connected may be about to send a request.
        () = async {
            closing(&mut phase).await;
            sleep(FIRST_REQUEST_DEADLINE).await;
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
            // The router answers with the rejection that it finds in the extensions.
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
        // Reads a request that has arrived before a shutdown can close the connection.
        biased;
        ended = &mut connection => ended,
        () = closing(&mut phase) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    drop(slot);
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended with an error");
    }
}

async fn closing(phase: &mut watch::Receiver<Phase>) {
    // A dropped sender means closing as well.
    let _ = phase.wait_for(|phase| *phase == Phase::Closing).await;
}
