//! Works as those see them who are not signed in, rendered once for all who come while nothing
//! changes: when a link to one goes round, most who follow it are guests.

use std::{sync::Arc, time::Instant};

use app::boot::RejectedForm;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_SECURITY_POLICY},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{CACHE_TTL, Domain, Error};
use leptos::nonce::Nonce;
use quick_cache::sync::Cache;
use shared::{ArtworkId, dto::Viewer};

use crate::problem::Problem;

/// Pages kept, at most.
const MOST: usize = 32;
/// Longer pages are rendered each time, in bytes.
const LONGEST: usize = 1 << 20;

/// The pages of one process.
#[derive(Clone)]
pub struct GuestPages {
    domain: Domain,
    pages: Arc<Cache<ArtworkId, Arc<Page>>>,
}

struct Page {
    /// How things stood before it was rendered.
    version: u64,
    rendered_at: Instant,
    headers: HeaderMap,
    html: String,
    /// What its own scripts are known by; each guest is given another (CSP3, "security-nonces").
    nonce: String,
}

impl GuestPages {
    pub fn new(domain: Domain) -> Self {
        Self {
            domain,
            pages: Arc::new(Cache::new(MOST)),
        }
    }

    /// Answers with the page that others were just shown, or renders and keeps it.
    pub async fn show(State(guests): State<Self>, request: Request, next: Next) -> Response {
        let (asked, version) = (asked(&request), guests.domain.store.version());
        let (Some(id), Some(version)) = (asked, version) else {
            return next.run(request).await;
        };
        if let Some(page) = guests.pages.get(&id).filter(|page| page.stands(version)) {
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
        if html.len() <= LONGEST {
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

/// The work, if this asks for its page and for nothing that depends on who asks or what they sent.
fn asked(request: &Request) -> Option<ArtworkId> {
    let (extensions, uri) = (request.extensions(), request.uri());
    let guest = extensions.get::<Viewer>().is_none() && extensions.get::<RejectedForm>().is_none();
    let plain = *request.method() == Method::GET && uri.query().is_none();
    uri.path()
        .strip_prefix("/artworks/")
        .filter(|_| guest && plain)?
        .parse()
        .ok()
}

/// The nonce of a page that is a work's.
fn nonce(response: &Response) -> Option<String> {
    let policy = response
        .headers()
        .get(CONTENT_SECURITY_POLICY)
        .filter(|_| response.status() == StatusCode::OK)?;
    let (_, rest) = policy.to_str().ok()?.split_once("'nonce-")?;
    Some(rest.split_once('\'')?.0.to_owned())
}

impl Page {
    fn stands(&self, version: u64) -> bool {
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
