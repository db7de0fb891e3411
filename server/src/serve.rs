//! The accept loop. Our own, since `axum::serve` sets no deadline for a request's headers and forgets upgraded sockets.

use std::{convert::Infallible, net::SocketAddr, pin::pin, time::Duration};

use app::actions::Client;
use axum::{Router, extract::Request};
use domain::live::Hub;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{Instant, sleep, timeout},
};
use tower::ServiceExt;

/// How long a client may take over a request's headers, or stay silent between requests.
const HEADERS_DEADLINE: Duration = Duration::from_secs(20);
/// Largest head of a request, in bytes.
const HEAD_MAX: usize = 32 * 1_024;
/// How long stopping may take.
const DRAIN_DEADLINE: Duration = Duration::from_secs(25);

/// Serves until `stop` resolves, then finishes what is under way: requests are answered, sockets sent away.
pub async fn run(listener: TcpListener, router: Router, hub: Hub, throttled: bool, stop: impl Future<Output = ()>) {
    let (draining, drain) = watch::channel(false);
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => drop(tokio::spawn(connection(stream, client(peer, throttled), router.clone(), drain.clone()))),
                Err(error) => {
                    // Out of file descriptors, most likely: existing connections have to end first.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    tracing::info!(sockets = hub.sockets(), "draining");
    drop((listener, drain, router));
    hub.drain();
    draining.send_replace(true);
    let deadline = Instant::now() + DRAIN_DEADLINE;
    // Every connection holds a receiver until it has ended; sockets have left the hub when they have.
    if timeout(DRAIN_DEADLINE, draining.closed()).await.is_err() {
        tracing::warn!("some requests were cut off");
    }
    while hub.sockets() > 0 && Instant::now() < deadline {
        sleep(Duration::from_millis(20)).await;
    }
}

fn client(peer: SocketAddr, throttled: bool) -> Client {
    Client { address: peer.ip().to_canonical(), throttled }
}

async fn connection(stream: TcpStream, client: Client, router: Router, mut drain: watch::Receiver<bool>) {
    // News is small and should not wait for more.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let mut request: Request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(client);
        let router = router.clone();
        async move { Ok::<_, Infallible>(router.oneshot(request).await.unwrap_or_else(|never| match never {})) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_DEADLINE)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        ended = &mut connection => ended,
        () = told(&mut drain) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}

async fn told(drain: &mut watch::Receiver<bool>) {
    // A sender that is gone has nothing more to wait for either.
    let _ = drain.wait_for(|draining| *draining).await;
}
