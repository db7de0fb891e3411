//! Server functions, for the page's own calls and for plain HTML forms.
//!
//! A plain form that succeeds gets a redirect (303), or a page with a secret that is shown once. A
//! rejected form gets its page again, with the error's status, the reason and the typed values.

use app::{boot::RejectedForm, request::NEXT};
use axum::{
    Extension, Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use domain::{Domain, Languages, accounts::recovery::LinkSecret, languages};
use shared::{
    AppError, ArtworkId, CritiqueId, Kind, ShownError,
    dto::CreatedToken,
    paths::{self, actions},
    text::{Handle, IdempotencyKey},
};
use tower::ServiceExt;
use words::Locale;

use crate::http::{
    auth, idempotency, language,
    limits::Refused,
    problem::{self, Problem, WordedProblem},
    state::Site,
};

/// Largest body of a server function, in bytes: far above the limit of any form, since URL encoding
/// may triple a text, and an overlong text is shown again with the reason.
const BODY_MAX: usize = 2 * 1_024 * 1_024;
const SIGN_OUT: &str = actions::SIGN_OUT;
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

/// The pages' router, for showing a page again after a rejection.
#[derive(Clone)]
pub struct Pages(pub Router);

/// Runs a server function that reads. A browser that navigates here, for example by reloading the
/// address of a rejected form, is redirected to the page with the form.
pub async fn read(State(domain): State<Domain>, request: Request) -> Response {
    if wants_page(request.headers()) {
        return Redirect::to(&home_of(request.uri().path(), &[])).into_response();
    }
    let locale = language::of(request.extensions());
    with_status(call(domain, request).await, locale).await
}

/// Runs a server function that changes something.
pub async fn act(
    State(site): State<Site>,
    Extension(pages): Extension<Pages>,
    request: Request,
) -> Response {
    let domain = site.domain.clone();
    let (mut parts, body) = request.into_parts();
    let read = to_bytes(body, BODY_MAX).await;
    let body = match read {
        Ok(body) if std::str::from_utf8(&body).is_ok() => body,
        odd => {
            return Problem(match odd {
                Ok(_) => AppError::new(Kind::Malformed, "form-not-utf8"),
                Err(_) => AppError::new(Kind::TooLarge, "form-too-long"),
            })
            .into_response();
        }
    };
    let browser = auth::browser(&parts);
    parts.extensions.insert(browser);
    let locale = language::of(&parts.extensions);
    let over_limit = parts.extensions.remove::<Refused>();
    if !wants_page(&parts.headers) {
        return match over_limit {
            Some(Refused(error)) => Problem(error).into_response(),
            None => {
                let request = Request::from_parts(parts, Body::from(body));
                with_status(call(domain, request).await, locale).await
            }
        };
    }
    let asked = parts.clone();
    if let Some(Refused(error)) = over_limit {
        let rejected = RejectedForm {
            action: asked.uri.path().to_owned(),
            fields: typed(&body),
            error: language::shown(&error, locale),
        };
        return show_again(pages, asked, rejected).await;
    }
    parts
        .headers
        .insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    let response = call(domain, Request::from_parts(parts, Body::from(body.clone()))).await;
    if response.status().is_success() && asked.uri.path() == actions::CREATE_TOKEN {
        return show_created(pages, asked, response).await;
    }
    if response.status().is_success() {
        let next = response
            .headers()
            .get(NEXT)
            .and_then(|next| next.to_str().ok())
            .map(str::to_owned);
        let mut answer =
            Redirect::to(&next.unwrap_or_else(|| came_from(&asked, &[]))).into_response();
        if asked.uri.path() == actions::SET_LANGUAGE
            && let Some(cookie) = language_of(&asked, &typed(&body), site.origins.secure())
        {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if asked.uri.path() == actions::POST_CRITIQUE
            && let Some(cookie) = attempt_of(&typed(&body), site.origins.secure())
        {
            answer.headers_mut().append(header::SET_COOKIE, cookie);
        }
        if asked.uri.path() == SIGN_OUT {
            // Clears cached pages, so that Back does not show them after signing out (W3C Clear
            // Site Data).
            answer
                .headers_mut()
                .insert(CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\""));
        }
        return answer;
    }
    let error = error_of(response, locale).await;
    if matches!(asked.uri.path(), SIGN_OUT | actions::SET_LANGUAGE) {
        // These forms are on every page, and no page has room for their errors: show an error page.
        return WordedProblem(error).into_response();
    }
    let rejected = RejectedForm {
        action: asked.uri.path().to_owned(),
        fields: typed(&body),
        error,
    };
    show_again(pages, asked, rejected).await
}

/// The cookie that makes the next page reuse the form's idempotency key.
fn attempt_of(fields: &[(String, String)], secure: bool) -> Option<HeaderValue> {
    idempotency::remember(
        field(fields, "artwork_id")?.parse().ok()?,
        &IdempotencyKey::parse(field(fields, "attempt")?).ok()?,
        secure,
    )
}

/// The cookie that keeps the language chosen in a form.
fn language_of(asked: &Parts, fields: &[(String, String)], secure: bool) -> Option<HeaderValue> {
    let tag = field(fields, "language")?;
    let chosen = asked.extensions.get::<Languages>()?.find(tag)?;
    HeaderValue::try_from(languages::cookie(chosen, secure)).ok()
}

/// Whether the client is a browser that navigates or sends a plain form, not the page's script.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// The page of a rejected form, with the reason and the typed values.
pub async fn show_again(pages: Pages, asked: Parts, rejected: RejectedForm) -> Response {
    let status = problem::status(rejected.error.kind);
    let retry_after = rejected.error.retry_after;
    let path = came_from(&asked, &rejected.fields);
    let mut response = show(pages, asked, &path, rejected).await;
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// The page of the tokens with the secret of a new one. Not a redirect to it: the secret is in this
/// answer and nowhere else, and the next request may go to another node.
async fn show_created(pages: Pages, asked: Parts, created: Response) -> Response {
    let body = to_bytes(created.into_body(), BODY_MAX)
        .await
        .unwrap_or_default();
    match serde_json::from_slice::<CreatedToken>(&body) {
        Ok(created) => show(pages, asked, paths::TOKENS, created).await,
        Err(error) => Problem::from(domain::Error::internal(error)).into_response(),
    }
}

/// The page at this path in answer to a form, with an extension for the page.
async fn show<T: Clone + Send + Sync + 'static>(
    Pages(pages): Pages,
    asked: Parts,
    path: &str,
    extension: T,
) -> Response {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = path
        .parse()
        .unwrap_or_else(|_| Uri::from_static(paths::GALLERY));
    *request.method_mut() = Method::GET;
    *request.headers_mut() = asked.headers;
    request.headers_mut().remove(header::CONTENT_LENGTH);
    request.headers_mut().remove(header::CONTENT_TYPE);
    *request.extensions_mut() = asked.extensions;
    request.extensions_mut().insert(extension);
    let mut response = match pages.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    // Typed values and secrets must not be shown again by Back.
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

async fn call(domain: Domain, request: Request) -> Response {
    let context = move || leptos::prelude::provide_context(domain.clone());
    leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response()
}

/// An error response for the page's script, in the format of server functions.
pub fn refusal(error: &ShownError) -> Response {
    let mut response = (problem::status(error.kind), Json(error)).into_response();
    if let Some(seconds) = error.retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

/// Sets the status of an error response: the library returns 500 for every error, and 400 without a
/// JSON body for an unknown function.
async fn with_status(response: Response, locale: Locale) -> Response {
    if response.status().is_success() {
        response
    } else {
        WordedProblem(error_of(response, locale).await).into_response()
    }
}

async fn error_of(response: Response, locale: Locale) -> ShownError {
    let status = response.status();
    let body = to_bytes(response.into_body(), BODY_MAX)
        .await
        .unwrap_or_default();
    serde_json::from_slice(&body).unwrap_or_else(|_| {
        let kind = if status == StatusCode::BAD_REQUEST {
            Kind::NotFound
        } else {
            Kind::Internal
        };
        language::shown(&AppError::new(kind, "form-failed"), locale)
    })
}

/// The typed values, for showing them again, without passwords.
fn typed(body: &Bytes) -> Vec<(String, String)> {
    form_urlencoded::parse(body)
        .into_owned()
        .filter(|(name, _)| !name.contains("password"))
        .collect()
}

/// The path of the form's page: the `Referer`, or, if that is missing, foreign or itself an action,
/// the page that has such a form.
fn came_from(asked: &Parts, fields: &[(String, String)]) -> String {
    let action = asked.uri.path();
    if matches!(action, actions::RESET_PASSWORD | actions::VERIFY_EMAIL) {
        // The pages of mailed links send no path.
        return home_of(action, fields);
    }
    let referer = asked
        .headers
        .get(header::REFERER)
        .and_then(|referer| referer.to_str().ok()?.parse::<Uri>().ok());
    let host = asked
        .headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = referer
        .filter(|referer| referer.authority().map(axum::http::uri::Authority::as_str) == host);
    let path = own.and_then(|referer| referer.path_and_query().map(ToString::to_string));
    path.filter(|path| !path.starts_with("//") && !path.starts_with(actions::PREFIX))
        .unwrap_or_else(|| home_of(asked.uri.path(), fields))
}

/// The value of a form's field.
fn field<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut fields = fields.iter();
    fields
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.as_str())
}

/// The page of the mailed link whose secret the form contains.
fn by_secret(page: fn(&str) -> String, fields: &[(String, String)]) -> String {
    let secret = field(fields, "secret").and_then(LinkSecret::parse);
    secret.map_or_else(|| paths::FORGOT.into(), |secret| page(secret.reveal()))
}

/// The page that has the form for this action.
fn home_of(action: &str, fields: &[(String, String)]) -> String {
    let gallery = || paths::GALLERY.to_owned();
    let artwork = |name: &str| field(fields, name)?.parse::<ArtworkId>().ok();
    match action {
        actions::SIGN_IN => paths::LOGIN.into(),
        actions::REGISTER => paths::REGISTER.into(),
        actions::CHANGE_PASSWORD | actions::SEND_VERIFICATION => paths::SETTINGS.into(),
        actions::REQUEST_PASSWORD_RESET => paths::FORGOT.into(),
        actions::RESET_PASSWORD => by_secret(paths::reset, fields),
        actions::VERIFY_EMAIL => by_secret(paths::verify, fields),
        actions::REVOKE_SESSION => paths::SESSIONS.into(),
        actions::CREATE_TOKEN | actions::REVOKE_TOKEN => paths::TOKENS.into(),
        actions::MARK_NOTIFICATIONS => paths::NOTIFICATIONS.into(),
        actions::FOLLOW => Handle::parse(field(fields, "handle").unwrap_or_default())
            .map_or_else(|_| gallery(), |handle| paths::person(handle.as_str())),
        actions::EDIT_ARTWORK => artwork("id").map_or_else(gallery, paths::edit_artwork),
        actions::DELETE_ARTWORK => artwork("id").map_or_else(gallery, paths::artwork),
        actions::POST_CRITIQUE => artwork("artwork_id").map_or_else(gallery, paths::artwork),
        actions::EDIT_CRITIQUE | actions::DELETE_CRITIQUE | actions::SET_HELPFUL => {
            let critique = field(fields, "id").and_then(|id| id.parse::<CritiqueId>().ok());
            match (artwork("artwork_id"), critique) {
                (Some(artwork), Some(critique)) => paths::critique(artwork, critique, true),
                (Some(artwork), None) => paths::artwork(artwork),
                (None, _) => gallery(),
            }
        }
        paths::NEW_ARTWORK => paths::NEW_ARTWORK.into(),
        _ => gallery(),
    }
}
