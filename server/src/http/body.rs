//! How request bodies are received: deadlines for slow bodies, and draining the rest of a body
//! after an early response.
//!
//! Many clients write the whole request before they read the response. If the server closed the
//! connection meanwhile, the kernel would send a reset and the client would lose the response (RFC
//! 9112, section 9.6). So the rest of the body is read and discarded, within limits.

use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use shared::{AppError, Kind};
use tokio::time::{Instant, Sleep, sleep, timeout, timeout_at};

use crate::http::problem::Problem;

/// Largest request body, in bytes: several uploads' worth, because the fields after an oversized
/// picture are read too.
pub const BODY_MAX: usize = 5 * shared::UPLOAD_MAX;
/// Time limits for one request.
#[derive(Clone, Copy)]
pub struct RequestLimits {
    /// Longest pause within a body.
    silence: Duration,
    /// Time for a whole body: this long, plus its length at `pace` bytes a second.
    body: Duration,
    pace: u64,
    /// How long a request may be processed after the last part of its body arrived.
    work: Duration,
}

/// The limits in production; 20 MB may take 90 minutes.
pub const REQUEST_LIMITS: RequestLimits = RequestLimits {
    silence: Duration::from_secs(30),
    body: Duration::from_mins(2),
    pace: 4 * 1_024,
    work: Duration::from_mins(1),
};

/// Limits for draining a body after an early response: bytes, longest pause and total time.
const READ_ON_MAX: u64 = 256 * 1_024 * 1_024;
const READ_ON_SILENCE: Duration = Duration::from_secs(10);
const READ_ON_TIME: Duration = Duration::from_mins(5);

/// A request body. Clones share it, so that it can be drained from where a handler stopped reading.
#[derive(Clone)]
pub struct Arriving(Arc<Shared>);

struct Shared {
    source: Mutex<Source>,
    /// Whether a time limit was exceeded.
    late: AtomicBool,
}

struct Source {
    body: Body,
    longest_silence: Duration,
    /// Expires when the client pauses for too long.
    silence: Pin<Box<Sleep>>,
    /// When the whole body must have arrived.
    deadline: Instant,
    /// When its latest part arrived.
    moved_at: Instant,
    asked_for: bool,
}

/// The client paused for too long, or the whole body took too long.
#[derive(Debug, thiserror::Error)]
#[error("the body came too slowly")]
struct TooSlow;

impl Arriving {
    fn new(body: Body, patience: RequestLimits) -> Self {
        let now = Instant::now();
        let length = body.size_hint().upper().unwrap_or(BODY_MAX as u64);
        let deadline = now + patience.body + Duration::from_secs(length / patience.pace);
        let (longest_silence, silence) = (patience.silence, Box::pin(sleep(patience.silence)));
        let source = Source {
            body,
            longest_silence,
            silence,
            deadline,
            moved_at: now,
            asked_for: false,
        };
        Self(Arc::new(Shared {
            source: Mutex::new(source),
            late: AtomicBool::new(false),
        }))
    }

    fn source(&self) -> MutexGuard<'_, Source> {
        self.0.source.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads and discards the rest of the body, within the limits.
    async fn read_on(mut self) {
        let (mut read, end) = (0, Instant::now() + READ_ON_TIME);
        while read < READ_ON_MAX && Instant::now() < end {
            match timeout(READ_ON_SILENCE, self.frame()).await {
                Ok(Some(Ok(frame))) => read += frame.data_ref().map_or(0, |data| data.len() as u64),
                _ => return,
            }
        }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut source = self.source();
        source.asked_for = true;
        let now = Instant::now();
        if let Poll::Ready(frame) = Pin::new(&mut source.body).poll_frame(cx) {
            source.moved_at = now;
            let silent = now + source.longest_silence;
            source.silence.as_mut().reset(silent);
            if frame.is_none() || now < source.deadline {
                return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
            }
        } else {
            ready!(source.silence.as_mut().poll(cx));
        }
        self.0.late.store(true, Ordering::Release);
        Poll::Ready(Some(Err(TooSlow.into())))
    }

    fn is_end_stream(&self) -> bool {
        self.source().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.source().body.size_hint()
    }
}

/// Drains the body after an early response, so that a client that is still writing receives the
/// response. Outermost layer, because any other layer may respond early.
pub async fn read_on(
    State(patience): State<RequestLimits>,
    request: Request,
    next: Next,
) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    // With `Expect: 100-continue` a client sends no body before the server asks for it (RFC 9110,
    // section 10.1.1).
    let waits = request
        .headers()
        .get(header::EXPECT)
        .is_some_and(|expects| expects.as_bytes().eq_ignore_ascii_case(b"100-continue"));
    let (mut parts, body) = request.into_parts();
    let arriving = Arriving::new(body, patience);
    parts.extensions.insert(arriving.clone());
    let response = next
        .run(Request::from_parts(parts, Body::new(arriving.clone())))
        .await;
    let (ended, asked_for) = (arriving.is_end_stream(), arriving.source().asked_for);
    if !ended && (asked_for || !waits) {
        tokio::spawn(arriving.read_on());
    }
    response
}

/// Responds with 408 to a body that arrives too slowly, and with 503 to a request that is processed
/// for too long.
pub async fn deadline(
    State(patience): State<RequestLimits>,
    request: Request,
    next: Next,
) -> Response {
    let (arriving, begun) = (
        request.extensions().get::<Arriving>().cloned(),
        Instant::now(),
    );
    let moved_at = || {
        arriving
            .as_ref()
            .map_or(begun, |arriving| arriving.source().moved_at)
    };
    let mut answer = std::pin::pin!(next.run(request));
    loop {
        let until = moved_at() + patience.work;
        match timeout_at(until, &mut answer).await {
            Ok(_)
                if arriving
                    .as_ref()
                    .is_some_and(|arriving| arriving.0.late.load(Ordering::Acquire)) =>
            {
                return too_slow();
            }
            Ok(response) => return response,
            Err(_) if moved_at() + patience.work > until => {}
            Err(_) => return too_long(),
        }
    }
}

fn too_slow() -> Response {
    let error = AppError::new(Kind::TimedOut, "request-stalled");
    let mut response = Problem(error).into_response();
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn too_long() -> Response {
    let error = AppError::new(Kind::Unavailable, "request-too-slow");
    Problem(error.retry_in(5)).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{
        Router, body::to_bytes, http::StatusCode, middleware::from_fn_with_state, routing::post,
    };
    use futures_util::stream;
    use tower::ServiceExt;

    use super::*;

    const SHORT: RequestLimits = RequestLimits {
        silence: Duration::from_millis(300),
        body: Duration::from_secs(3),
        pace: u64::MAX,
        work: Duration::from_millis(600),
    };

    /// Routes that read the body, work without reading it, and reject the request.
    fn site() -> Router {
        let take = async |body: Body| {
            to_bytes(body, usize::MAX)
                .await
                .map(|bytes| bytes.len().to_string())
                .map_err(|_| StatusCode::BAD_REQUEST)
        };
        let work = async || sleep(Duration::from_mins(1)).await;
        let routes = Router::new()
            .route("/take", post(take))
            .route("/work", post(work));
        let routes = routes.route("/refuse", post(async || StatusCode::FORBIDDEN));
        routes
            .layer(from_fn_with_state(SHORT, deadline))
            .layer(from_fn_with_state(SHORT, read_on))
    }

    /// A body of `parts` parts of 10,000 bytes, each after a pause.
    fn dripping(parts: usize, pause: Duration) -> Body {
        let part = move |n: usize| async move {
            sleep(pause).await;
            (n < parts).then(|| (Ok::<_, BoxError>(Bytes::from(vec![0; 10_000])), n + 1))
        };
        Body::from_stream(stream::unfold(0, part))
    }

    async fn send(path: &str, body: Body) -> (u16, Vec<&'static str>, String) {
        let response = site()
            .oneshot(Request::post(path).body(body).expect("a request"))
            .await
            .expect("an answer");
        let status = response.status().as_u16();
        let problem = response.extensions().get::<Problem>();
        let codes = problem.map(|Problem(error)| error.phrase.code);
        let text = to_bytes(response.into_body(), usize::MAX)
            .await
            .expect("a body");
        let text = String::from_utf8(text.into()).expect("text");
        (status, codes.into_iter().collect(), text)
    }

    #[tokio::test]
    async fn a_slow_steady_body_is_accepted() {
        let begun = Instant::now();
        assert_eq!(
            send("/take", dripping(20, Duration::from_millis(60))).await,
            (200, vec![], "200000".into())
        );
        assert!(
            begun.elapsed() > SHORT.work * 2,
            "longer than any request is worked on"
        );
    }

    #[tokio::test]
    async fn stalled_and_slow_bodies_get_408() {
        for (parts, pause) in [
            (2, Duration::from_hours(1)),
            (100_000, Duration::from_millis(50)),
        ] {
            let (status, codes, _) = send("/take", dripping(parts, pause)).await;
            assert_eq!((status, codes), (408, vec!["request-stalled"]));
        }
    }

    #[tokio::test]
    async fn requests_processed_for_too_long_get_503() {
        for body in [Body::from("some"), Body::empty()] {
            let (status, codes, _) = send("/work", body).await;
            assert_eq!((status, codes), (503, vec!["request-too-slow"]));
        }
    }

    #[tokio::test]
    async fn bodies_are_drained_within_limits_after_an_early_response() {
        let (sender, mut read) = tokio::sync::mpsc::unbounded_channel();
        let endless = stream::unfold((), move |()| {
            let sent = sender.send(()).is_ok();
            async move { sent.then(|| (Ok::<_, BoxError>(Bytes::from(vec![0; 1 << 20])), ())) }
        });
        assert_eq!(send("/refuse", Body::from_stream(endless)).await.0, 403);
        let mut parts = 0;
        while read.recv().await.is_some() {
            parts += 1;
        }
        assert!((256..=258).contains(&parts), "{parts} MiB");
    }
}
