//! The request that a server function runs for: its services, actor and session, and the answer's
//! redirect.

use axum::http::{HeaderName, HeaderValue, request::Parts};
use domain::{
    Credential, Domain, Languages, SessionKey,
    accounts::sessions::{Browser, CookieChange, SessionCookie},
    policy::Actor,
};
use leptos::prelude::{use_context, with_context};
use leptos_axum::ResponseOptions;
use shared::{AppError, Kind, dto::CreatedToken};
use tower_sessions::Session;
use words::codes;

use crate::{
    Failure,
    failure::{answer, refused},
};

/// Response header with the path that a plain form is redirected to.
pub const NEXT: HeaderName = HeaderName::from_static("x-next");

/// The error of a server function that runs outside of a request.
fn missing() -> Failure {
    Failure(refused(AppError::new(Kind::Internal, codes::INTERNAL)))
}

pub(crate) fn domain() -> Result<Domain, Failure> {
    use_context::<Domain>().ok_or_else(missing)
}

pub(crate) fn parts() -> Result<Parts, Failure> {
    use_context::<Parts>().ok_or_else(missing)
}

pub(crate) fn session() -> Result<Session, Failure> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Session>().cloned())
        .flatten()
        .ok_or_else(missing)
}

/// What the request was authenticated with.
pub(crate) fn credential() -> Option<Credential> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Credential>().cloned()).flatten()
}

pub(crate) fn session_key() -> Option<SessionKey> {
    session().ok()?.id().map(SessionKey::of)
}

/// The actor, if signed in.
pub(crate) fn reader() -> Option<Actor> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Actor>().cloned()).flatten()
}

/// The actor; an error if not signed in.
pub(crate) fn actor() -> Result<Actor, Failure> {
    answer(reader().ok_or_else(AppError::sign_in_first))
}

/// The token that the page's form has just created, with its secret.
pub(crate) fn created_token() -> Option<CreatedToken> {
    with_context::<Parts, _>(|parts| parts.extensions.get::<CreatedToken>().cloned()).flatten()
}

/// The result of a deletion. If the object is already gone and `gone` is given, returns `gone`
/// instead of the error.
pub(crate) fn unless_gone<T>(deleted: domain::Result<T>, gone: Option<T>) -> Result<T, AppError> {
    deleted
        .map_err(AppError::from)
        .or_else(|error| gone.filter(|_| error.kind == Kind::NotFound).ok_or(error))
}

/// Sets the path that a plain form is redirected to on success.
pub(crate) fn go(path: &str) {
    if let (Some(options), Ok(path)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(path),
    ) {
        options.insert_header(NEXT, path);
    }
}

/// The browser that sent the form.
pub(crate) fn browser(parts: &Parts) -> Result<Browser, Failure> {
    parts
        .extensions
        .get::<Browser>()
        .cloned()
        .ok_or_else(missing)
}

/// The languages that this site offers.
pub(crate) fn languages() -> Languages {
    with_context::<Parts, _>(|parts| parts.extensions.get::<Languages>().copied())
        .flatten()
        .unwrap_or_default()
}

/// Records a change to the session cookie, which a layer writes into the response.
pub(crate) fn change_cookie(parts: &Parts, change: CookieChange) {
    if let Some(cookie) = parts.extensions.get::<SessionCookie>() {
        cookie.change(change);
    }
}
