//! A cache of artwork pages as guests see them, each rendered once per version of its artwork and
//! language: when a link to an artwork spreads, most visitors are guests.

use std::sync::Arc;

use app::boot::RejectedForm;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, header::CONTENT_SECURITY_POLICY},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{
    Domain, Error,
    policy::Actor,
    store::{Cache, Reach, Subject},
};
use leptos::nonce::Nonce;
use shared::{ArtworkId, paths};
use words::Locale;

use crate::http::{idempotency, language, problem::Problem};

/// Pages kept in the cache.
const MAX_PAGES: usize = 32;
/// Longest page that is cached, in bytes.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// The page cache of one process.
#[derive(Clone)]
pub struct GuestPages(Cache<(ArtworkId, Locale), Arc<Page>>);

struct Page {
    headers: HeaderMap,
    html: String,
    /// The nonce of its scripts; each guest gets a fresh one in its place (CSP3,
    /// "security-nonces").
    nonce: String,
}

impl GuestPages {
    pub fn new(domain: &Domain) -> Self {
        Self(domain.store.cache(Reach::AloneOnly, MAX_PAGES))
    }

    /// Answers from the cache, or renders the page and caches it.
    pub async fn show(State(Self(pages)): State<Self>, request: Request, next: Next) -> Response {
        let Some(id) = asked(&request) else {
            return next.run(request).await;
        };
        let key = (id, language::of(request.extensions()));
        if let Some(page) = pages.get(&key) {
            return page.response();
        }
        let Some(seen) = pages.note(&[Subject::Artwork(id)]) else {
            return next.run(request).await;
        };
        let response = next.run(request).await;
        let Some(nonce) = nonce(&response) else {
            return response;
        };
        let (parts, body) = response.into_parts();
        let Ok(Ok(html)) = to_bytes(body, usize::MAX)
            .await
            .map(|bytes| String::from_utf8(bytes.into()))
        else {
            return Problem::from(Error::internal("a page broke off")).into_response();
        };
        let personal = parts.headers.contains_key(header::SET_COOKIE);
        if html.len() <= MAX_PAGE_BYTES && !personal {
            let page = Page {
                headers: parts.headers.clone(),
                html: html.clone(),
                nonce,
            };
            pages.put(key, Arc::new(page), Some(seen));
        }
        Response::from_parts(parts, Body::from(html))
    }
}

/// The artwork's ID, if the request is for its page and the response depends on nothing else in it.
fn asked(request: &Request) -> Option<ArtworkId> {
    let (extensions, uri) = (request.extensions(), request.uri());
    let guest = extensions.get::<Actor>().is_none() && extensions.get::<RejectedForm>().is_none();
    let plain = *request.method() == Method::GET
        && uri.query().is_none()
        && idempotency::remembered(request.headers()).is_none();
    paths::artwork_of(uri.path()).filter(|_| guest && plain)
}

/// The nonce of a successful page.
fn nonce(response: &Response) -> Option<String> {
    let policy = response
        .headers()
        .get(CONTENT_SECURITY_POLICY)
        .filter(|_| response.status() == StatusCode::OK)?;
    let (_, rest) = policy.to_str().ok()?.split_once("'nonce-")?;
    Some(rest.split_once('\'')?.0.to_owned())
}

impl Page {
    fn response(&self) -> Response {
        let nonce = Nonce::new().to_string();
        let mut headers = self.headers.clone();
        if let Some(policy) = headers.get_mut(CONTENT_SECURITY_POLICY) {
            let fresh = policy
                .to_str()
                .ok()
                .map(|policy| policy.replace(&self.nonce, &nonce));
            match fresh.and_then(|policy| HeaderValue::try_from(policy).ok()) {
                Some(fresh) => *policy = fresh,
                None => {
                    return Problem::from(Error::internal("a policy that is not text"))
                        .into_response();
                }
            }
        }
        (headers, self.html.replace(&self.nonce, &nonce)).into_response()
    }
}
