//! Admission control: limits the number of requests in flight. A request in flight takes up to 90
//! KB, most of it in queries that wait for a connection. When thousands arrive at once, as after a
//! restart, they wait here, where each takes almost no memory. Handshakes and reads have separate
//! permits, so that reconnecting sockets never delay pages.

use std::{
    future::poll_fn,
    sync::Arc,
    task::{Poll, ready},
    time::Duration,
};

use axum::{
    extract::Request,
    http::{Method, header},
};
use domain::Error;
use shared::paths;
use tokio::{
    io::ReadBuf,
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::http::problem::Problem;

/// Permits for socket handshakes.
const HANDSHAKES: usize = 32;
/// Permits for other reads.
const READS: usize = 256;
/// How long a request waits for a permit before it gets a 503.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// The permits of one process.
#[derive(Clone)]
pub struct Admission {
    handshakes: Arc<Semaphore>,
    reads: Arc<Semaphore>,
}

impl Default for Admission {
    fn default() -> Self {
        Self {
            handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
            reads: Arc::new(Semaphore::new(READS)),
        }
    }
}

impl Admission {
    /// Waits for a permit for the request; dropping the permit releases it. Requests without
    /// database access need none, so that they are answered under any load. Writes need none
    /// either, because their bodies may arrive slowly.
    ///
    /// # Errors
    /// 503 after ten seconds.
    pub fn wait(&self, request: &Request) -> impl Future<Output = Result<Permit, Problem>> + use<> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        let admission = if !reads || asks_no_database(request.uri().path()) {
            None
        } else if request.headers().contains_key(header::UPGRADE) {
            Some(self.handshakes.clone())
        } else {
            Some(self.reads.clone())
        };
        async move {
            match admission {
                Some(admission) => acquire(admission).await,
                None => Ok(None),
            }
        }
    }

    /// Waits for the permit of a connection that is about to request a socket, as [`Self::wait`]
    /// does for its request.
    ///
    /// # Errors
    /// 503 after ten seconds.
    pub async fn handshake(&self) -> Result<Permit, Problem> {
        acquire(self.handshakes.clone()).await
    }
}

/// Health checks, the API's reference, pictures and static files, whose names have an extension.
fn asks_no_database(path: &str) -> bool {
    let name = path.trim_start_matches('/');
    let public_file = name.contains('.') && !name.contains('/') && !name.starts_with('@');
    public_file
        || matches!(
            path,
            paths::ALIVE | paths::READY | paths::api::DOCUMENT | paths::api::REFERENCE
        )
        || path
            .strip_prefix(paths::files::BUILT)
            .is_some_and(|file| file.starts_with('/'))
        || path.starts_with(paths::files::PICTURES)
}

/// Released when dropped; `None` if the request needs none.
pub type Permit = Option<OwnedSemaphorePermit>;

async fn acquire(admission: Arc<Semaphore>) -> Result<Permit, Problem> {
    timeout(ACQUIRE_TIMEOUT, admission.acquire_owned())
        .await
        .map(Result::ok)
        .map_err(|_| {
            metrics::counter!("artcritique_turned_away_total").increment(1);
            Error::busy().into()
        })
}

/// Whether a new connection requests a socket. Peeks at its bytes before an HTTP reader is set up,
/// since a reader takes 24 KB and most connections in a storm have to wait. Returns false if the
/// head is incomplete: such a request waits for its permit once the head has arrived, so that a
/// stalled handshake holds no permit.
pub async fn opens_socket(stream: &TcpStream) -> bool {
    const PEEK_MAX: usize = 2_048;
    poll_fn(|cx| {
        // Inside the closure, so that the buffer is not part of the future while it waits.
        let mut bytes = [0; PEEK_MAX];
        let mut head = ReadBuf::new(&mut bytes);
        let peeked = ready!(stream.poll_peek(cx, &mut head));
        let (begins, ends) = (
            head.filled().starts_with(b"GET /ws/"),
            head.filled().windows(4).any(|four| four == b"\r\n\r\n"),
        );
        Poll::Ready(peeked.is_ok() && begins && ends)
    })
    .await
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    async fn permit(
        admission: &Admission,
        method: &str,
        path: &str,
        upgrade: bool,
    ) -> Option<Option<OwnedSemaphorePermit>> {
        let mut request = Request::builder().method(method).uri(path);
        if upgrade {
            request = request.header(header::UPGRADE, "websocket");
        }
        let request = request.body(Body::empty()).expect("a request");
        timeout(Duration::from_millis(20), admission.wait(&request))
            .await
            .ok()
            .map(|permit| permit.expect("not yet out of patience"))
    }

    #[tokio::test]
    async fn handshakes_over_the_limit_wait_while_pages_are_admitted() {
        let admission = Admission::default();
        let mut opening = Vec::new();
        for _ in 0..HANDSHAKES {
            opening.push(
                permit(&admission, "GET", "/ws/notifications", true)
                    .await
                    .expect("a permit"),
            );
        }
        assert!(
            permit(&admission, "GET", "/ws/notifications", true)
                .await
                .is_none(),
            "it waits"
        );
        assert!(
            permit(&admission, "GET", "/artworks/1", false)
                .await
                .expect("at once")
                .is_some()
        );
        opening.pop();
        assert!(
            permit(&admission, "GET", "/ws/notifications", true)
                .await
                .expect("at once")
                .is_some()
        );
    }

    #[tokio::test]
    async fn a_socket_request_is_recognised_by_its_complete_head() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        for (says, opens) in [
            ("GET /ws/notifications HTTP/1.1\r\nhost: x\r\n\r\n", true),
            ("GET /ws/notifications HTTP/1.1\r\nhost: x\r\n", false),
            ("GET /ws/", false),
            ("GET /artworks/1 HTTP/1.1\r\n\r\n", false),
            ("POST /ws/notifications HTTP/1.1\r\n\r\n", false),
            ("", false),
        ] {
            let mut client = TcpStream::connect(listener.local_addr().expect("its address"))
                .await
                .expect("connects");
            let (mut server, _) = listener.accept().await.expect("is accepted");
            client.write_all(says.as_bytes()).await.expect("says it");
            client.shutdown().await.expect("says no more");
            assert_eq!(opens_socket(&server).await, opens, "{says:?}");
            let mut left = String::new();
            server.read_to_string(&mut left).await.expect("text");
            assert_eq!(left, says, "all is left to read");
        }
    }

    #[tokio::test]
    async fn health_checks_files_and_writes_need_no_permit() {
        let admission = Admission::default();
        let reading: Vec<_> = (0..READS)
            .map(|_| {
                admission
                    .reads
                    .clone()
                    .try_acquire_owned()
                    .expect("a permit")
            })
            .collect();
        for path in ["/", "/@ann.", "/artworks/1.", "/api/artworks"] {
            assert!(
                permit(&admission, "GET", path, false).await.is_none(),
                "{path} waits"
            );
        }
        for (method, path) in [
            ("GET", "/healthz"),
            ("GET", "/readyz"),
            ("GET", "/favicon.svg"),
            ("GET", "/pkg/artcritique.js"),
            ("GET", "/media/1/960.jpg"),
            ("POST", "/api/artworks"),
            ("DELETE", "/api/session"),
        ] {
            assert!(
                permit(&admission, method, path, false)
                    .await
                    .expect("at once")
                    .is_none(),
                "{method} {path}"
            );
        }
        drop(reading);
        assert!(permit(&admission, "GET", "/", false).await.is_some());
    }
}
