//! One module a page.

mod artwork;
mod critique;
#[cfg(feature = "hydrate")]
pub mod drafts;
#[cfg(feature = "ssr")]
mod edit_artwork;
mod gallery;
#[cfg(feature = "ssr")]
mod login;
#[cfg(feature = "ssr")]
mod new_artwork;
#[cfg(feature = "ssr")]
mod notifications;
mod profile;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "hydrate")]
pub mod upload;
mod upload_ids;

pub use artwork::ArtworkPage;
pub use gallery::Gallery;
pub use profile::ProfilePage;

// Pages of plain forms need nothing in the browser: there they are a name for "ask the server".
#[cfg(feature = "ssr")]
pub use {
    edit_artwork::EditArtwork,
    login::{Login, Register},
    new_artwork::NewArtwork,
    notifications::Notifications,
    settings::{AccountSettings, SessionSettings},
};
#[cfg(not(feature = "ssr"))]
pub use {
    Elsewhere as AccountSettings, Elsewhere as EditArtwork, Elsewhere as Login, Elsewhere as NewArtwork, Elsewhere as NotFound,
    Elsewhere as Notifications, Elsewhere as Register, Elsewhere as SessionSettings,
};

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use shared::{AppError, ArtworkId};

use crate::parts::Problem;

/// Whether the page at this path does something in the browser.
pub fn lives_in_the_browser(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts[..] {
        [""] => true,
        ["artworks", id] => id != "new",
        [handle] => handle.starts_with('@'),
        _ => false,
    }
}

/// A page that only the server has: loads it.
#[cfg(not(feature = "ssr"))]
#[component]
pub fn Elsewhere() -> impl IntoView {
    let location = leptos_router::hooks::use_location();
    Effect::new(move |_| {
        let (path, search, hash) = (location.pathname.get(), location.search.get(), location.hash.get());
        let query = if search.is_empty() { String::new() } else { format!("?{search}") };
        let _ = window().location().replace(&format!("{path}{query}{hash}"));
    });
}

/// An address that leads nowhere.
#[cfg(feature = "ssr")]
#[component]
pub fn NotFound() -> impl IntoView {
    not_found("page")
}

/// Says that there is no such thing, with the status to match.
fn not_found(what: &str) -> impl IntoView + use<> {
    let error = AppError::not_found(what);
    #[cfg(feature = "ssr")]
    let _ = crate::failure::answer::<()>(Err(error.clone()));
    view! { <Problem error/> }
}

/// A parameter of the address, `None` if it is not what it should be.
fn param<T: std::str::FromStr>(name: &'static str) -> Option<T> {
    use_params_map().read().get(name)?.parse().ok()
}

/// Where a list goes on, from the query.
fn before() -> Signal<Option<ArtworkId>> {
    let query = use_query_map();
    Signal::derive(move || query.read().get("before")?.parse().ok())
}

/// One value of the query.
#[cfg(feature = "ssr")]
fn query(name: &'static str) -> Option<String> {
    use_query_map().read_untracked().get(name)
}
