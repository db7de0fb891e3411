//! Server functions: the pages' queries and commands. Each is a few lines around one call into
//! `domain`.
//!
//! Commands also accept plain HTML forms: the server answers with a redirect, or re-renders the
//! page with the submitted values.

mod accounts;
mod artworks;
#[cfg(feature = "ssr")]
mod cookie;
mod critiques;
mod notifications;

pub use accounts::*;
pub use artworks::*;
pub use critiques::*;
pub use notifications::*;

#[cfg(feature = "ssr")]
mod server {
    use axum::http::{HeaderName, HeaderValue, request::Parts};
    use domain::{Domain, limits::Network, sessions::SessionKey};
    use leptos::prelude::{use_context, with_context};
    use leptos_axum::ResponseOptions;
    use shared::{AppError, Kind, dto::Viewer};
    use tower_sessions::Session;

    use crate::{Failure, failure::answer};

    /// Response header with the path that a plain form is redirected to.
    pub const NEXT: HeaderName = HeaderName::from_static("x-next");

    /// The client that sent a request.
    #[derive(Clone, Copy, Debug)]
    pub struct Client {
        /// The IP address, shown in the session list.
        pub address: std::net::IpAddr,
        /// Whether rate limits apply.
        pub throttled: bool,
    }

    impl Client {
        /// The network that rate limits count by.
        pub fn network(self) -> Network {
            self.address.into()
        }

        /// The network that rate limits count by; `None` if rate limits are off.
        pub fn counted(self) -> Option<Network> {
            self.throttled.then(|| self.network())
        }
    }

    fn missing(what: &str) -> Failure {
        Failure(AppError::new(Kind::Internal, format!("No {what} here.")))
    }

    pub fn domain() -> Result<Domain, Failure> {
        use_context::<Domain>().ok_or_else(|| missing("domain"))
    }

    pub fn parts() -> Result<Parts, Failure> {
        use_context::<Parts>().ok_or_else(|| missing("request"))
    }

    pub fn session() -> Result<Session, Failure> {
        with_context::<Parts, _>(|parts| parts.extensions.get::<Session>().cloned())
            .flatten()
            .ok_or_else(|| missing("session"))
    }

    pub fn session_key() -> Option<SessionKey> {
        session().ok()?.id().map(SessionKey::of)
    }

    /// The viewer, if signed in.
    pub fn reader() -> Option<Viewer> {
        with_context::<Parts, _>(|parts| parts.extensions.get::<Viewer>().cloned()).flatten()
    }

    /// The viewer; an error if not signed in.
    pub fn viewer() -> Result<Viewer, Failure> {
        answer(reader().ok_or_else(AppError::sign_in_first))
    }

    /// The result of a deletion. If the object is already gone and `gone` is given, returns `gone`
    /// instead of the error.
    pub fn unless_gone<T>(deleted: domain::Result<T>, gone: Option<T>) -> Result<T, AppError> {
        deleted
            .map_err(AppError::from)
            .or_else(|error| gone.filter(|_| error.kind == Kind::NotFound).ok_or(error))
    }

    /// Sets the path that a plain form is redirected to on success.
    pub fn go(path: &str) {
        if let (Some(options), Ok(path)) = (
            use_context::<ResponseOptions>(),
            HeaderValue::from_str(path),
        ) {
            options.insert_header(NEXT, path);
        }
    }
}

#[cfg(feature = "ssr")]
pub use cookie::{CookieChange, SessionCookie, browser};
#[cfg(feature = "ssr")]
pub use server::{Client, NEXT};
#[cfg(feature = "ssr")]
use server::{domain, go, parts, reader, session_key, unless_gone, viewer};
