//! The reference of the REST API as it is served: written once when the server starts, by
//! [`crate::http::api::docs`].

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::http::media::names;

/// How long a copy is used without asking whether it is current.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// The page has no script, so the policy allows none.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The OpenAPI document and its page.
pub struct Reference {
    /// The document.
    pub json: File,
    /// The page.
    pub page: File,
}

/// A response body with its entity tag.
pub struct File {
    kind: HeaderValue,
    body: Bytes,
    /// Sent as a weak tag, since compression changes the bytes.
    tag: String,
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
        }
    }

    /// The body, or 304 if the client has it.
    pub fn answer(&self, asked: &HeaderMap) -> Response {
        let headers = [
            (header::CACHE_CONTROL, CACHE_CONTROL),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        let tag = [(header::ETAG, format!("W/{}", self.tag))];
        if names(asked, &header::IF_NONE_MATCH, &self.tag) {
            return (StatusCode::NOT_MODIFIED, headers, tag).into_response();
        }
        let kind = [(header::CONTENT_TYPE, self.kind.clone())];
        (headers, tag, kind, self.body.clone()).into_response()
    }
}
