//! The reference of the REST API as it is served: written when it is first asked for, by
//! [`crate::http::api::docs`], and compressed once for each encoding.

use std::{
    convert::Infallible,
    future::ready,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{LazyLock, Mutex, PoisonError},
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower::{ServiceExt, service_fn};
use tower_http::{CompressionLevel, compression::Compression};

use crate::http::{entity_tag::is_named, problem::Problem};

/// How long a copy is used without asking whether it is current.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// The page has no script, so the policy allows none.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);
/// Better than for responses that are compressed anew each time, and still within milliseconds.
const QUALITY: CompressionLevel = CompressionLevel::Precise(6);

type Write = Box<dyn FnOnce() -> serde_json::Result<Written> + Send>;

/// The reference, which is written when it is first asked for.
pub struct Reference(LazyLock<serde_json::Result<Written>, Write>);

/// The OpenAPI document and its page.
pub struct Written {
    /// The document.
    pub json: File,
    /// The page.
    pub page: File,
}

impl Reference {
    /// The reference that this function writes.
    pub fn new(write: impl FnOnce() -> serde_json::Result<Written> + Send + 'static) -> Self {
        Self(LazyLock::new(Box::new(write)))
    }

    /// The document and its page.
    ///
    /// # Errors
    /// When the document can't be serialised.
    pub fn written(&self) -> Result<&Written, Problem> {
        self.0
            .as_ref()
            .map_err(|error| domain::Error::internal(error).into())
    }
}

/// A response body with its entity tag.
pub struct File {
    kind: HeaderValue,
    body: Bytes,
    /// Sent as a weak tag, since compression changes the bytes.
    tag: String,
    /// The body in each encoding that a client has asked for.
    compressed: Mutex<Vec<(HeaderValue, Bytes)>>,
}

impl File {
    /// A body of this content type.
    pub fn new(kind: &'static str, body: String) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self {
            kind: HeaderValue::from_static(kind),
            tag: format!("\"{:016x}\"", hasher.finish()),
            body: body.into(),
            compressed: Mutex::default(),
        }
    }

    /// The body in the encoding that the client prefers, or 304 if the client has it.
    pub async fn answer(&self, asked: &HeaderMap) -> Response {
        if is_named(asked, &header::IF_NONE_MATCH, &self.tag) {
            return (StatusCode::NOT_MODIFIED, self.headers()).into_response();
        }
        let mut request = Request::new(Body::empty());
        for accepted in asked.get_all(header::ACCEPT_ENCODING) {
            let headers = request.headers_mut();
            headers.append(header::ACCEPT_ENCODING, accepted.clone());
        }
        let whole = service_fn(|_: Request| ready(Ok::<_, Infallible>(self.whole())));
        let chosen = Compression::new(whole).quality(QUALITY).oneshot(request);
        let (parts, body) = match chosen.await {
            Ok(response) => response.into_parts(),
            Err(never) => match never {},
        };
        let Some(encoding) = parts.headers.get(header::CONTENT_ENCODING) else {
            return Response::from_parts(parts, Body::new(body));
        };
        if let Some(known) = self.known(encoding) {
            return Response::from_parts(parts, known.into());
        }
        // The service compresses while the body is read, which is here and only once.
        match to_bytes(Body::new(body), usize::MAX).await {
            Ok(compressed) => {
                self.keep(encoding.clone(), compressed.clone());
                Response::from_parts(parts, compressed.into())
            }
            Err(error) => Problem::from(domain::Error::internal(error)).into_response(),
        }
    }

    fn headers(&self) -> [(header::HeaderName, HeaderValue); 3] {
        let tag = HeaderValue::try_from(format!("W/{}", self.tag));
        [
            (header::CACHE_CONTROL, CACHE_CONTROL),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (
                header::ETAG,
                tag.unwrap_or(HeaderValue::from_static("W/\"\"")),
            ),
        ]
    }

    fn whole(&self) -> Response {
        let kind = [(header::CONTENT_TYPE, self.kind.clone())];
        (self.headers(), kind, self.body.clone()).into_response()
    }

    fn known(&self, encoding: &HeaderValue) -> Option<Bytes> {
        let kept = self
            .compressed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut kept = kept.iter();
        kept.find(|(known, _)| known == encoding)
            .map(|(_, body)| body.clone())
    }

    fn keep(&self, encoding: HeaderValue, body: Bytes) {
        let mut kept = self
            .compressed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.iter().all(|(known, _)| *known != encoding) {
            kept.push((encoding, body));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(file: &File, accepted: &'static str) -> (Option<HeaderValue>, Bytes) {
        let accepted = (header::ACCEPT_ENCODING, HeaderValue::from_static(accepted));
        let response = file.answer(&HeaderMap::from_iter([accepted])).await;
        let encoding = response.headers().get(header::CONTENT_ENCODING).cloned();
        let body = to_bytes(response.into_body(), usize::MAX).await;
        (encoding, body.expect("a body"))
    }

    #[tokio::test]
    async fn each_encoding_is_compressed_once() {
        let file = File::new("text/html; charset=utf-8", "word ".repeat(1_000));
        for (accepted, encoding) in [("gzip", "gzip"), ("br, gzip", "br")] {
            let (chosen, first) = answer(&file, accepted).await;
            assert_eq!(chosen.expect("an encoding"), encoding);
            assert!(first.len() < 1_000, "{encoding}: {}", first.len());
            let (_, again) = answer(&file, accepted).await;
            assert_eq!(first.as_ptr(), again.as_ptr(), "{encoding}");
        }
        let (chosen, plain) = answer(&file, "identity").await;
        assert_eq!((chosen, plain), (None, file.body.clone()));
    }
}
