//! The change that a server function makes to the session cookie. Signing in and signing out are
//! one transaction each in `domain`; setting the cookie afterwards can't fail.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{header, request::Parts};
use domain::sessions::{Browser, SessionKey};
use tower_sessions::Session;

use super::Client;

/// A change to the session cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CookieChange {
    /// Set it to this value, for the lifetime of a session.
    Set(String),
    /// Remove it.
    Clear,
}

/// Request extension in which a handler records the change to the cookie. The last change wins.
#[derive(Clone, Debug, Default)]
pub struct SessionCookie(Arc<Mutex<Option<CookieChange>>>);

impl SessionCookie {
    /// Records a change.
    pub fn change(&self, change: CookieChange) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(change);
    }

    /// Takes the recorded change.
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

/// Records a change to the cookie in a request's extensions.
pub fn leave(parts: &Parts, change: CookieChange) {
    if let Some(cookie) = parts.extensions.get::<SessionCookie>() {
        cookie.change(change);
    }
}
