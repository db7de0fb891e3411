//! Server functions: what pages read and do. Each is a few lines around one call into `domain`.
//!
//! A plain form can be sent to any of the acting ones; the server then answers with a redirect, or
//! with the page and what was typed.

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

    /// Names the page a plain form leads to, in the answer to its server function.
    pub const NEXT: HeaderName = HeaderName::from_static("x-next");

    /// Where a request came from.
    #[derive(Clone, Copy, Debug)]
    pub struct Client {
        /// The address, as the session list shows it.
        pub address: std::net::IpAddr,
        /// Whether limits are in force.
        pub throttled: bool,
    }

    impl Client {
        /// The network to count by.
        pub fn network(self) -> Network {
            self.address.into()
        }

        /// The network to count by, if anything is counted.
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

    /// Who is looking, if anybody is signed in.
    pub fn reader() -> Option<Viewer> {
        with_context::<Parts, _>(|parts| parts.extensions.get::<Viewer>().cloned()).flatten()
    }

    /// Who is looking; nobody is a refusal.
    pub fn viewer() -> Result<Viewer, Failure> {
        answer(reader().ok_or_else(AppError::sign_in_first))
    }

    /// What has come of deleting something; where it was not there any more, `gone` if that is
    /// given.
    pub fn unless_gone<T>(deleted: domain::Result<T>, gone: Option<T>) -> Result<T, AppError> {
        deleted
            .map_err(AppError::from)
            .or_else(|error| gone.filter(|_| error.kind == Kind::NotFound).ok_or(error))
    }

    /// Where a plain form leads to once it has been taken.
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
