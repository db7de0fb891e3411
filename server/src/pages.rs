//! What every page needs before it is rendered.

use std::sync::Arc;

use app::{
    actions::local,
    boot::{Boot, RejectedForm},
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Domain, notifications::Filter};
use shared::{ArtworkId, NotificationId, dto::Viewer};

use crate::{auth::MaybeViewer, idempotency, problem::Problem, rest::Id, state::Site};

/// Lines of the inbox that come with a page.
const LINES: u64 = 10;

/// Puts the page's beginnings into the request: who is looking, and their inbox.
pub async fn boot(
    State(site): State<Site>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let domain = &site.domain;
    let viewer = request.extensions().get::<Viewer>().cloned();
    // Whoever is signed in has no use for these; a form that was just refused is shown to them all
    // the same.
    let for_guests = matches!(request.uri().path(), "/login" | "/register")
        && request.extensions().get::<RejectedForm>().is_none();
    if viewer.is_some() && for_guests && matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(Redirect::to(&next_of(request.uri())).into_response());
    }
    let inbox = match &viewer {
        Some(viewer) => Some(
            domain
                .notifications
                .page(viewer.id, Filter::All, None, LINES)
                .await?,
        ),
        None => None,
    };
    let rejected = request.extensions_mut().remove::<RejectedForm>();
    let attempt = idempotency::remembered(request.headers());
    let gone_on = attempt.as_ref().and(work(request.uri().path()));
    request.extensions_mut().insert(Arc::new(Boot {
        viewer,
        inbox,
        rejected,
        attempt,
    }));
    let mut response = next.run(request).await;
    if let Some(cookie) = gone_on.and_then(|work| idempotency::forget(work, site.origins.secure()))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    // Not `no-store`: that would keep the page out of the back/forward cache.
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, no-cache"),
    );
    Ok(response)
}

/// Where signing in was to lead.
fn next_of(uri: &Uri) -> String {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let next = query
        .into_iter()
        .find(|(name, _)| name == "next")
        .map(|(_, next)| next.into_owned());
    local(&next.unwrap_or_default())
}

/// The work, if this is its page.
fn work(path: &str) -> Option<ArtworkId> {
    path.strip_prefix("/artworks/")?.parse().ok()
}

/// A notification's own address: marks it as read and leads on to where it happened. A link on
/// another site leads there too, and so does a browser that only looks ahead, but neither marks
/// anything.
pub async fn open_notification(
    State(domain): State<Domain>,
    Id(id): Id<NotificationId>,
    MaybeViewer(viewer): MaybeViewer,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(viewer) = viewer else {
        return Ok(Redirect::to(&format!("/login?next=/notifications/{id}")).into_response());
    };
    let foreign = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    let opened = method == Method::GET && !foreign && !headers.contains_key("sec-purpose");
    match domain.notifications.open(viewer.id, id, opened).await {
        Ok(url) => Ok(Redirect::to(&url).into_response()),
        // What it was about is gone: the list says so better than an error would.
        Err(domain::Error::App(_)) => Ok(Redirect::to("/notifications").into_response()),
        Err(fault) => Err(fault.into()),
    }
}
