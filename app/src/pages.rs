//! One module per page.

mod artwork;
#[cfg(feature = "hydrate")]
mod artwork_browser;
mod critique;
#[cfg(feature = "hydrate")]
mod critique_browser;
mod critiques;
#[cfg(feature = "hydrate")]
mod critiques_browser;
#[cfg(feature = "hydrate")]
pub mod drafts;
#[cfg(feature = "ssr")]
mod edit_artwork;
#[cfg(feature = "ssr")]
mod figure;
#[cfg(feature = "ssr")]
mod gallery;
mod listing;
#[cfg(feature = "hydrate")]
mod listing_browser;
mod live_page;
#[cfg(feature = "ssr")]
mod login;
#[cfg(feature = "ssr")]
mod new_artwork;
#[cfg(feature = "ssr")]
mod notifications;
#[cfg(feature = "ssr")]
mod profile;
#[cfg(feature = "hydrate")]
mod reading_position;
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "hydrate")]
pub mod upload;
mod upload_ids;

pub use artwork::ArtworkPage;
pub use listing::ListPage;
#[cfg(feature = "hydrate")]
pub use listing_browser::remember as remember_the_gallery;

// Pages of plain forms run only on the server.
#[cfg(feature = "ssr")]
pub use {
    artwork::work_page,
    edit_artwork::EditArtwork,
    gallery::gallery,
    login::{Login, Register},
    new_artwork::NewArtwork,
    notifications::Notifications,
    profile::profile,
    settings::{AccountSettings, SessionSettings},
};

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use shared::ArtworkId;

/// Whether the page at this path is interactive, and so hydrated.
pub fn lives_in_the_browser(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts[..] {
        [""] => true,
        ["artworks", id] => id.parse::<ArtworkId>().is_ok(),
        [handle] => handle.starts_with('@'),
        _ => false,
    }
}

/// An unknown path. In the browser, a path that only the server knows: loads it from the server.
#[component]
pub fn NotFound() -> impl IntoView {
    not_found("page")
}

/// Shows a not-found page, with status 404.
#[cfg(feature = "ssr")]
fn not_found(what: &str) -> impl IntoView + use<> {
    let error = shared::AppError::not_found(what);
    let _ = crate::failure::answer::<()>(Err(error.clone()));
    view! { <crate::parts::Problem error/> }
}

/// Loads the address from the server, which knows whether it exists.
#[cfg(not(feature = "ssr"))]
fn not_found(_what: &str) -> impl IntoView + use<> {
    let location = leptos_router::hooks::use_location();
    Effect::new(move |_| {
        let (path, search, hash) = (
            location.pathname.get(),
            location.search.get(),
            location.hash.get(),
        );
        let query = if search.is_empty() {
            String::new()
        } else {
            format!("?{search}")
        };
        let _ = window().location().replace(&format!("{path}{query}{hash}"));
    });
}

/// Moves the focus to the main element after a client-side navigation, as a browser does after
/// loading a page.
#[component]
pub fn FocusOnArrival() -> impl IntoView {
    #[cfg(feature = "hydrate")]
    {
        let path = leptos_router::hooks::use_location().pathname;
        Effect::new(move |before: Option<String>| {
            let here = path.get();
            let main = before
                .filter(|before| *before != here)
                .and_then(|_| crate::dom::by_id::<web_sys::HtmlElement>("main"));
            if let Some(main) = main {
                update_canonical_link(&here);
                crate::dom::focus_in_place(&main);
            }
            here
        });
    }
}

/// Updates the canonical link, which browsers share, after a client-side navigation.
#[cfg(feature = "hydrate")]
fn update_canonical_link(path: &str) {
    let link = document()
        .query_selector("link[rel=canonical]")
        .ok()
        .flatten();
    let url = link
        .as_ref()
        .and_then(|link| web_sys::Url::new(&link.get_attribute("href")?).ok());
    if let (Some(link), Some(url)) = (link, url) {
        let _ = link.set_attribute("href", &format!("{}{path}", url.origin()));
    }
}

/// A path parameter; `None` if missing or malformed.
fn param<T: std::str::FromStr>(name: &'static str) -> Option<T> {
    use_params_map().read().get(name)?.parse().ok()
}

/// The list's cursor, from the query.
fn before() -> Signal<Option<ArtworkId>> {
    let query = use_query_map();
    Signal::derive(move || query.read().get("before")?.parse().ok())
}

/// A query parameter. Parsed from the URI itself: the router decodes values twice, so it would take
/// an encoded `&` for a separator.
#[cfg(feature = "ssr")]
fn query(name: &'static str) -> Option<String> {
    let asked =
        with_context::<axum::http::request::Parts, _>(|parts| parts.uri.query().map(str::to_owned))
            .flatten()?;
    let mut values = url::form_urlencoded::parse(asked.as_bytes());
    values
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::lives_in_the_browser;

    /// If the browser hydrated a page that its router does not know, it would reload that page
    /// forever.
    #[test]
    fn only_pages_the_browser_can_route_are_hydrated() {
        for lives in ["/", "/artworks/7", "/@ann"] {
            assert!(lives_in_the_browser(lives), "{lives}");
        }
        for plain in [
            "/artworks/new",
            "/artworks/abc",
            "/artworks/99999999999999999999999",
            "/artworks/7/edit",
            "/zzz",
            "/login",
        ] {
            assert!(!lives_in_the_browser(plain), "{plain}");
        }
    }
}
