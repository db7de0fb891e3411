//! The session's cookie, as an action leaves it. Signing in and out are one transaction each in
//! `domain`; what is left to do with the answer can't fail.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{header, request::Parts};
use domain::sessions::{Browser, SessionKey};
use tower_sessions::Session;

use super::Client;

/// What becomes of the cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieChange {
    /// It gets this value, for as long as a session lives.
    Set(String),
    /// It goes.
    Clear,
}

/// In a request's extensions: where its handler leaves what becomes of the cookie. The last word
/// counts.
#[derive(Clone, Debug, Default)]
pub struct SessionCookie(Arc<Mutex<Option<CookieChange>>>);

impl SessionCookie {
    /// Leaves a change.
    pub fn change(&self, change: CookieChange) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }

    /// What was left.
    pub fn left(&self) -> Option<CookieChange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The browser that sent a request.
pub fn browser(parts: &Parts) -> Browser {
    let agent = parts
        .headers
        .get(header::USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .unwrap_or_default();
    Browser {
        agent: agent.to_owned(),
        address: parts
            .extensions
            .get::<Client>()
            .map(|client| client.address.to_string())
            .unwrap_or_default(),
        before: parts
            .extensions
            .get::<Session>()
            .and_then(Session::id)
            .map(SessionKey::of),
    }
}

/// Leaves a change of the cookie with a request.
pub fn leave(parts: &Parts, change: CookieChange) {
    if let Some(cookie) = parts.extensions.get::<SessionCookie>() {
        cookie.change(change);
    }
}
