//! The change that a request makes to its session cookie. Signing in and signing out are one
//! transaction each; setting the cookie afterwards can't fail.

use std::sync::{Arc, Mutex, PoisonError};

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
