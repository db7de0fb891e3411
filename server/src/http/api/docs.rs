//! The reference of the REST API: the OpenAPI document, and the same document as a page.
//!
//! The table of routes ([`crate::http::router::rest`]) carries each operation's own description.
//! [`document`] adds the rest of the document, [`errors`] the errors that extractors and layers
//! answer, and [`page`] renders the result.

mod document;
mod errors;
mod example;
mod html;
mod operation;
mod page;
mod schema;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};

use app::shell::Assets;
use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
pub use document::base;
use utoipa::openapi::OpenApi;

use crate::http::{api::IfNoneMatchHeader, media::names, router, state::Site};

/// How long a copy is used without asking whether it is current.
const CACHE_CONTROL: HeaderValue = HeaderValue::from_static("public, max-age=300");
/// The page has no script, so the policy allows none.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'",
);

/// The document of the REST API, complete.
///
/// `cookie` is the name of the session cookie.
pub fn complete(cookie: &str) -> OpenApi {
    let mut document = router::rest().merge(router::reference()).into_openapi();
    document::name_items(&mut document);
    errors::add(&mut document);
    document::add_security(&mut document, cookie);
    document
}

/// The document and its page, written once when the server starts.
pub struct Reference {
    json: File,
    page: File,
}

impl Reference {
    /// The reference of a site with these assets and this session cookie.
    ///
    /// # Errors
    /// When the document can't be serialised.
    pub fn new(assets: &Assets, cookie: &str) -> serde_json::Result<Self> {
        let document = serde_json::to_value(complete(cookie))?;
        Ok(Self {
            json: File::new("application/json", serde_json::to_string_pretty(&document)?),
            page: File::new(
                "text/html; charset=utf-8",
                page::page(&document, &assets.css, &assets.origin),
            ),
        })
    }
}

/// A response body with its entity tag.
struct File {
    kind: HeaderValue,
    body: Bytes,
    /// Sent as a weak tag, since compression changes the bytes.
    tag: String,
}

impl File {
    fn new(kind: &'static str, body: String) -> Self {
        let mut hasher = DefaultHasher::new();
        body.hash(&mut hasher);
        Self {
            kind: HeaderValue::from_static(kind),
            tag: format!("\"{:016x}\"", hasher.finish()),
            body: body.into(),
        }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
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

/// OpenAPI document
///
/// This document, in OpenAPI 3.1. It is made from the table of routes that the server answers by.
#[utoipa::path(
    get, path = "/api/openapi.json", tag = "Reference", operation_id = "get_openapi",
    params(IfNoneMatchHeader),
    responses(
        (status = 200, description = "The document.", body = Object,
            content_type = "application/json",
            headers(("ETag" = String, description = "Changes with the document."))),
        (status = 304, description = "The copy is current."),
    ),
    security(()),
)]
pub async fn openapi(State(site): State<Site>, asked: HeaderMap) -> Response {
    site.reference.json.answer(&asked)
}

/// Reference page
///
/// This document as a page for people. It needs no script.
#[utoipa::path(
    get, path = "/api/docs", tag = "Reference", operation_id = "get_reference",
    params(IfNoneMatchHeader),
    responses(
        (status = 200, description = "The page.", body = String,
            content_type = "text/html",
            headers(("ETag" = String, description = "Changes with the page."))),
        (status = 304, description = "The copy is current."),
    ),
    security(()),
)]
pub async fn reference(State(site): State<Site>, asked: HeaderMap) -> Response {
    site.reference.page.answer(&asked)
}
