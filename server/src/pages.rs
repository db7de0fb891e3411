//! What every page needs before it is rendered.

use std::sync::Arc;

use app::boot::{Boot, Echo};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Domain, notifications::Filter};
use shared::{NotificationId, dto::Viewer};

use crate::{auth::MaybeViewer, problem::Problem, rest::Id};

/// Lines of the inbox that come with a page.
const LINES: u64 = 10;

/// Puts the page's beginnings into the request: who is looking, and their inbox.
pub async fn boot(State(domain): State<Domain>, mut request: Request, next: Next) -> Result<Response, Problem> {
    let viewer = request.extensions().get::<Viewer>().cloned();
    let inbox = match &viewer {
        Some(viewer) => Some(domain.notifications.page(viewer.id, Filter::All, None, LINES).await?),
        None => None,
    };
    let echo = request.extensions_mut().remove::<Echo>();
    request.extensions_mut().insert(Arc::new(Boot { viewer, inbox, echo }));
    let mut response = next.run(request).await;
    // Not `no-store`: that would keep the page out of the back/forward cache.
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(response)
}

/// A notification's own address: marks it as read and leads on to where it happened. A link on another site leads there too, and so
/// does a browser that only looks ahead, but neither marks anything.
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
    let foreign = headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site");
    let opened = method == Method::GET && !foreign && !headers.contains_key("sec-purpose");
    match domain.notifications.open(viewer.id, id, opened).await {
        Ok(url) => Ok(Redirect::to(&url).into_response()),
        // What it was about is gone: the list says so better than an error would.
        Err(domain::Error::App(_)) => Ok(Redirect::to("/notifications").into_response()),
        Err(fault) => Err(fault.into()),
    }
}
