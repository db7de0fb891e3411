//! Loads the data that every page needs, before it is rendered.

use std::sync::Arc;

use app::{
    boot::{Boot, RejectedForm},
    next_page::local,
};
use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use domain::{Domain, notifications::Filter, policy::Actor};
use shared::{NotificationId, paths};

use crate::http::{api::Id, auth::MaybeActor, idempotency, problem::Problem, state::Site};

/// Notifications sent along with a page.
const INBOX_PREVIEW: u64 = 10;

/// Adds the page's boot data to the request: the viewer and their inbox.
pub async fn boot(
    State(site): State<Site>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let domain = &site.domain;
    let actor = request.extensions().get::<Actor>().cloned();
    // Signed-in viewers are redirected away from these pages, except to show a form that was just
    // rejected.
    let for_guests = matches!(request.uri().path(), paths::LOGIN | paths::REGISTER)
        && request.extensions().get::<RejectedForm>().is_none();
    if actor.is_some() && for_guests && matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(Redirect::to(&next_of(request.uri())).into_response());
    }
    let inbox = match &actor {
        Some(actor) => Some(
            domain
                .notifications
                .page(actor, Filter::All, None, INBOX_PREVIEW)
                .await?,
        ),
        None => None,
    };
    let rejected = request.extensions_mut().remove::<RejectedForm>();
    let attempt = idempotency::remembered(request.headers());
    let resumed = attempt
        .as_ref()
        .and(paths::artwork_of(request.uri().path()));
    request.extensions_mut().insert(Arc::new(Boot {
        viewer: actor.map(|actor| actor.viewer),
        inbox,
        rejected,
        attempt,
    }));
    let secret = paths::holds_secret(request.uri().path());
    let mut response = next.run(request).await;
    if let Some(cookie) = resumed.and_then(|work| idempotency::forget(work, site.origins.secure()))
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    if secret {
        keep_secret(response.headers_mut());
    } else {
        // Not `no-store`: that would keep the page out of the back/forward cache.
        response.headers_mut().insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, no-cache"),
        );
    }
    Ok(response)
}

/// Keeps a response out of caches, and its address out of `Referer`, since the address is a secret.
pub fn keep_secret(headers: &mut HeaderMap) {
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Not `no-referrer`: then forms have the `Origin: null` that is refused from browsers without
    // `Sec-Fetch-Site`.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("strict-origin"),
    );
}

/// The path in the query parameter `next`, to open after signing in.
fn next_of(uri: &Uri) -> String {
    let query = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    let next = query
        .into_iter()
        .find(|(name, _)| name == "next")
        .map(|(_, next)| next.into_owned());
    local(&next.unwrap_or_default())
}

/// A notification's own address: marks it as read and redirects to its subject. Requests from
/// another site and prefetches are redirected, but mark nothing.
pub async fn open_notification(
    State(domain): State<Domain>,
    Id(id): Id<NotificationId>,
    MaybeActor(actor): MaybeActor,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(actor) = actor else {
        return Ok(
            Redirect::to(&paths::with_next(paths::LOGIN, &paths::notification(id))).into_response(),
        );
    };
    let foreign = headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    let opened = method == Method::GET && !foreign && !headers.contains_key("sec-purpose");
    match domain.notifications.open(&actor, id, opened).await {
        Ok(url) => Ok(Redirect::to(&url).into_response()),
        // The subject is gone: show the list instead of an error.
        Err(domain::Error::App(_)) => Ok(Redirect::to(paths::NOTIFICATIONS).into_response()),
        Err(fault) => Err(fault.into()),
    }
}
