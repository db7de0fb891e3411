//! One module a page.

mod artwork;
mod critique;
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
#[cfg(feature = "ssr")]
mod settings;
#[cfg(feature = "hydrate")]
pub mod upload;
mod upload_ids;

pub use artwork::ArtworkPage;
pub use listing::ListPage;
#[cfg(feature = "hydrate")]
pub use listing_browser::remember as remember_the_gallery;

// Pages of plain forms need nothing in the browser.
#[cfg(feature = "ssr")]
pub use {
    artwork::work_page,
    edit_artwork::EditArtwork,
    gallery::gallery,
    login::{Login, Register, escaped},
    new_artwork::NewArtwork,
    notifications::Notifications,
    profile::profile,
    settings::{AccountSettings, SessionSettings},
};

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};
use shared::ArtworkId;

/// Whether the page at this path does something in the browser.
pub fn lives_in_the_browser(path: &str) -> bool {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts[..] {
        [""] => true,
        ["artworks", id] => id.parse::<ArtworkId>().is_ok(),
        [handle] => handle.starts_with('@'),
        _ => false,
    }
}

/// An address that leads nowhere; in the browser, one that only the server knows, which is asked
/// for it.
#[component]
pub fn NotFound() -> impl IntoView {
    not_found("page")
}

/// Says that there is no such thing, with the status to match.
#[cfg(feature = "ssr")]
fn not_found(what: &str) -> impl IntoView + use<> {
    let error = shared::AppError::not_found(what);
    let _ = crate::failure::answer::<()>(Err(error.clone()));
    view! { <crate::parts::Problem error/> }
}

/// Leaves it to the server to say what is there.
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

/// Puts the focus where a page begins when the router has led there, as the browser does for a page
/// that it loads.
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
                name_the_address(&here);
                let place = web_sys::FocusOptions::new();
                place.set_prevent_scroll(true);
                let _ = main.focus_with_options(&place);
            }
            here
        });
    }
}

/// Keeps the page's canonical address, which browsers share, that of the page shown.
#[cfg(feature = "hydrate")]
fn name_the_address(path: &str) {
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

/// A parameter of the address, `None` if it is not what it should be.
fn param<T: std::str::FromStr>(name: &'static str) -> Option<T> {
    use_params_map().read().get(name)?.parse().ok()
}

/// Where a list goes on, from the query.
fn before() -> Signal<Option<ArtworkId>> {
    let query = use_query_map();
    Signal::derive(move || query.read().get("before")?.parse().ok())
}

/// One value of the query. Read from the address itself: the router decodes values twice, and so
/// takes an encoded `&` for one of the path's.
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

    /// A page that the browser takes over without knowing it would ask for itself again and again.
    #[test]
    fn only_pages_that_the_browser_knows_live_there() {
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
