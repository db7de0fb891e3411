//! A cache of artwork pages as guests see them, each rendered once per version of the data: when a
//! link to an artwork spreads, most visitors are guests.

use std::{sync::Arc, time::Instant};

use app::boot::RejectedForm;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, header::CONTENT_SECURITY_POLICY},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{CACHE_TTL, Domain, Error, policy::Actor};
use leptos::nonce::Nonce;
use quick_cache::sync::Cache;
use shared::ArtworkId;

use crate::http::{idempotency, problem::Problem};

/// Pages kept in the cache.
const MAX_PAGES: usize = 32;
/// Longest page that is cached, in bytes.
const MAX_PAGE_BYTES: usize = 1 << 20;

/// The page cache of one process.
#[derive(Clone)]
pub struct GuestPages {
    domain: Domain,
    pages: Arc<Cache<ArtworkId, Arc<Page>>>,
}

struct Page {
    /// The version of the data before the page was rendered.
    version: u64,
    rendered_at: Instant,
    headers: HeaderMap,
    html: String,
    /// The nonce of its scripts; each guest gets a fresh one in its place (CSP3,
    /// "security-nonces").
    nonce: String,
}

impl GuestPages {
    pub fn new(domain: Domain) -> Self {
        Self {
            domain,
            pages: Arc::new(Cache::new(MAX_PAGES)),
        }
    }

    /// Answers from the cache, or renders the page and caches it.
    pub async fn show(State(guests): State<Self>, request: Request, next: Next) -> Response {
        let (asked, version) = (asked(&request), guests.domain.store.version());
        let (Some(id), Some(version)) = (asked, version) else {
            return next.run(request).await;
        };
        if let Some(page) = guests.pages.get(&id).filter(|page| page.is_fresh(version)) {
            return page.response();
        }
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
                version,
                rendered_at: Instant::now(),
                headers: parts.headers.clone(),
                html: html.clone(),
                nonce,
            };
            guests.pages.insert(id, Arc::new(page));
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
    uri.path()
        .strip_prefix("/artworks/")
        .filter(|_| guest && plain)?
        .parse()
        .ok()
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
    fn is_fresh(&self, version: u64) -> bool {
        self.version == version && self.rendered_at.elapsed() < CACHE_TTL
    }

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
