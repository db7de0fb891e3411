//! The layer stack of every request, outermost first.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, Uri, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Redirect, Response},
};
use domain::Domain;
use http_body_util::Limited;
use shared::{AppError, Kind, paths};
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel,
    catch_panic::CatchPanicLayer,
    compression::CompressionLayer,
    csrf::CsrfLayer,
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer},
    trace::{DefaultOnResponse, TraceLayer},
};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use crate::http::{
    api::AllowFollows, auth, body, body::BODY_MAX, cookies, error_pages, language, limits, metrics,
    pages, problem::Problem, state::Site,
};

const SESSION_LIFE: time::Duration = time::Duration::days(domain::accounts::sessions::LIFE_DAYS);

/// Default headers of every response (OWASP secure headers). Pages set a content security policy of
/// their own.
const HEADERS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=()",
    ),
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'",
    ),
];
/// Also sent where the site is served over HTTPS (RFC 6797).
const HSTS: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// Wraps all routes. The layers form one service: axum would box separate layers around every
/// route, and clone the inner ones at each step of every request.
pub fn around(routes: Router, site: &Site) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let log = TraceLayer::new_for_http()
        .make_span_with(span)
        .on_response(DefaultOnResponse::new().level(tracing::Level::DEBUG))
        // Failures are logged where their cause is known.
        .on_failure(());
    let (secure, languages) = (site.origins.secure(), site.languages());
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(body::REQUEST_LIMITS, body::read_on))
        .map_request(without_own_request_id)
        .layer(SetRequestIdLayer::new(request_id.clone(), MakeRequestUuid))
        .layer(PropagateRequestIdLayer::new(request_id))
        .layer(log)
        .layer(from_fn(metrics::count))
        .map_response(move |response| with_headers(response, secure))
        .layer(from_fn(keep_private))
        .layer(from_fn(without_trailing_slash))
        .map_request(move |mut request: Request| {
            language::negotiate(languages, &mut request);
            request
        })
        .layer(from_fn_with_state(
            Arc::from(site.assets.css.as_str()),
            error_pages::write,
        ))
        .layer(CatchPanicLayer::custom(|_| fault().into_response()))
        .layer(from_fn_with_state(body::REQUEST_LIMITS, body::deadline))
        .map_request(|request: Request| request.map(|body| Body::new(Limited::new(body, BODY_MAX))))
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        // Body readers set their own limits; axum's default would reject an upload.
        .layer(DefaultBodyLimit::disable());
    routes.layer(layers)
}

/// Wraps the routes that depend on the actor: CSRF protection, tokens, sessions and rate limits.
pub fn with_viewer(routes: Router, site: &Site) -> anyhow::Result<Router> {
    let mut csrf = CsrfLayer::new();
    if let Some(origin) = &site.config.origin {
        csrf = csrf.add_trusted_origin(origin.as_str())?;
    }
    let cookie = site.origins.cookie_name();
    let sessions = SessionManagerLayer::new(site.domain.sessions.clone())
        .with_name(cookie)
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(site.origins.secure())
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(SESSION_LIFE));
    let layers = ServiceBuilder::new()
        .map_request(move |mut request: Request| {
            cookies::keep_ours(request.headers_mut(), cookie);
            request
        })
        .map_request(auth::bearer::take)
        .layer(csrf.with_rejection_response(|_| foreign().into_response()))
        .layer(from_fn_with_state(site.clone(), auth::cookie))
        .layer(from_fn_with_state(site.domain.clone(), database_in_place))
        .layer(sessions)
        .layer(from_fn_with_state(site.domain.clone(), auth::actor))
        .layer(from_fn_with_state(site.languages(), language::of_account))
        .layer(from_fn_with_state(site.domain.clone(), limits::count));
    Ok(routes.layer(layers))
}

/// Adds the default headers that a response does not set.
fn with_headers<B>(mut response: axum::http::Response<B>, secure: bool) -> axum::http::Response<B> {
    let without_allow = response.status() == StatusCode::METHOD_NOT_ALLOWED
        && response.extensions().get::<AllowFollows>().is_none();
    let headers = response.headers_mut();
    if without_allow {
        // Each 405 needs an `Allow` (RFC 9110, section 15.5.6).
        headers
            .entry(header::ALLOW)
            .or_insert(HeaderValue::from_static(
                "GET, HEAD, POST, PUT, PATCH, DELETE",
            ));
    }
    for (name, value) in HEADERS.into_iter().chain(secure.then_some(HSTS)) {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// The span of a request's log lines: ID, method and route, without the client or the actual path.
fn span(request: &Request) -> tracing::Span {
    let id = request
        .headers()
        .get("x-request-id")
        .and_then(|id| id.to_str().ok())
        .unwrap_or_default();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("page", MatchedPath::as_str);
    tracing::info_span!("request", method = %request.method(), route, id)
}

/// Drops a request ID sent by the client, so that clients cannot choose the IDs in the logs.
fn without_own_request_id(mut request: Request) -> Request {
    request.headers_mut().remove("x-request-id");
    request
}

/// Rejects requests after the database's file was replaced: neither the open database nor the new
/// file may answer. Routes that use no database are outside this layer.
async fn database_in_place(
    State(domain): State<Domain>,
    request: Request,
    next: Next,
) -> Result<Response, Problem> {
    domain.store.presence().known_in_place()?;
    Ok(next.run(request).await)
}

fn fault() -> Problem {
    Problem(AppError::new(Kind::Internal, "internal-unknown"))
}

fn foreign() -> Problem {
    Problem(AppError::new(Kind::Forbidden, "cross-site"))
}

/// Redirects a path with a trailing slash to the path without it, except for two routes that handle
/// it themselves.
async fn without_trailing_slash(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if path.len() < 2
        || !path.ends_with('/')
        || matches!(
            path,
            paths::api::NOTIFICATIONS_SLASH | paths::sockets::NOTIFICATIONS_SLASH
        )
    {
        return next.run(request).await;
    }
    // Fold leading slashes too, and the backslashes that browsers treat as slashes:
    // `//evil.example/` must not become the address of another site.
    let bare = format!("/{}", path.trim_matches(['/', '\\']));
    let query = request
        .uri()
        .query()
        .map(|query| format!("?{query}"))
        .unwrap_or_default();
    match format!("{bare}{query}").parse::<Uri>() {
        Ok(uri) => Redirect::permanent(&uri.to_string()).into_response(),
        Err(_) => next.run(request).await,
    }
}

/// Marks responses of the API, server functions, notifications and mailed links as `no-store`,
/// errors and redirects included: they are personal and change at any time, or their address is a
/// secret. The API's reference is the same for everyone.
async fn keep_private(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let reference = matches!(path, paths::api::DOCUMENT | paths::api::REFERENCE);
    let secret = paths::holds_secret(path);
    let personal = (path.starts_with(paths::api::PREFIX) && !reference)
        || path.starts_with(paths::actions::PREFIX)
        || path.starts_with(paths::NOTIFICATIONS);
    let mut response = next.run(request).await;
    if personal {
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    } else if secret {
        pages::keep_secret(response.headers_mut());
    }
    response
}
