//! How much is worked on at a time. A request under way takes up to 90 KB, most of it in queries
//! that wait for a connection; thousands that come at once, as after a restart, wait here instead,
//! where each takes next to nothing, and apart from each other: those who come back to their
//! sockets never keep people from pages.

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
use tokio::{
    io::ReadBuf,
    net::TcpStream,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use crate::problem::Problem;

/// Sockets being opened at a time.
const HANDSHAKES: usize = 32;
/// Other requests for reading being answered at a time.
const READS: usize = 256;
/// How long one waits before it is told to come back.
const PATIENCE: Duration = Duration::from_secs(10);

/// The turns of one process.
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
    /// Waits for a request's turn, which lasts until what is given is dropped. What asks no
    /// database needs none, so that it is answered while those who do wait for one; what changes
    /// something needs none either: its sender may take long over it.
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

    /// Waits for the turn of one that will ask for a socket, as [`Self::wait`] does once it has
    /// asked.
    ///
    /// # Errors
    /// 503 after ten seconds.
    pub async fn handshake(&self) -> Result<Permit, Problem> {
        acquire(self.handshakes.clone()).await
    }
}

/// Health, pictures, and the built and public files, whose names have an ending.
fn asks_no_database(path: &str) -> bool {
    let name = path.trim_start_matches('/');
    let public_file = name.contains('.') && !name.contains('/') && !name.starts_with('@');
    public_file
        || matches!(path, "/healthz" | "/readyz")
        || path.starts_with("/pkg/")
        || path.starts_with("/media/")
}

/// Lasts until dropped; none where none is needed.
pub type Permit = Option<OwnedSemaphorePermit>;

async fn acquire(admission: Arc<Semaphore>) -> Result<Permit, Problem> {
    timeout(PATIENCE, admission.acquire_owned())
        .await
        .map(Result::ok)
        .map_err(|_| {
            metrics::counter!("artcritique_turned_away_total").increment(1);
            Error::busy().into()
        })
}

/// Whether a new connection asks for a socket, told by what lies there before anything is set up to
/// read it: what reads requests takes 24 KB for each, and most of those that come in a storm wait.
/// One whose head has not come whole waits once it has: somebody who begins a request and stalls
/// takes nobody's turn.
pub async fn opens_socket(stream: &TcpStream) -> bool {
    const HEAD_MOST: usize = 2_048;
    poll_fn(|cx| {
        // Here, since it would stay with the connection if it were kept over a wait.
        let mut bytes = [0; HEAD_MOST];
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
    async fn a_storm_of_sockets_waits_and_keeps_nobody_from_pages() {
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
    async fn one_that_asks_for_a_socket_is_told_by_its_whole_head() {
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
    async fn health_is_told_and_changes_are_taken_however_many_read() {
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
