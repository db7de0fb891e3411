//! The routes.

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos_router::SsrMode;
use leptos_router::components::{FlatRoutes, Route, Router};
use shared::paths;

#[cfg(feature = "ssr")]
use crate::account::{
    AccountSettings, Forgot, Login, Register, ResetPassword, SessionSettings, TokenSettings,
    VerifyEmail,
};
#[cfg(feature = "ssr")]
use crate::artwork::{EditArtwork, NewArtwork};
#[cfg(feature = "ssr")]
use crate::inbox::Notifications;
use crate::{
    live_page::{ArtworkPage, ListPage},
    pattern::Pattern,
    ui::NotFound,
};

/// The routes.
#[cfg(feature = "ssr")]
#[component]
pub fn Site() -> impl IntoView {
    view! {
        <Router>
            <FocusOnArrival/>
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=|| view! { <NotFound/> }>
                    <Route path=Pattern(paths::GALLERY) view=ListPage ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::NEW_ARTWORK) view=NewArtwork ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::ARTWORK) view=ArtworkPage ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::EDIT_ARTWORK) view=EditArtwork ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::NOTIFICATIONS) view=Notifications ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::SETTINGS) view=AccountSettings ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::SESSIONS) view=SessionSettings ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::TOKENS) view=TokenSettings ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::LOGIN) view=Login ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::REGISTER) view=Register ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::FORGOT) view=Forgot ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::RESET) view=ResetPassword ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::VERIFY) view=VerifyEmail ssr=SsrMode::Async/>
                    <Route path=Pattern(paths::PERSON) view=ListPage ssr=SsrMode::Async/>
                </FlatRoutes>
            </main>
        </Router>
    }
}

/// The routes of interactive pages. The browser loads all others from the server.
#[cfg(not(feature = "ssr"))]
#[component]
pub fn Site() -> impl IntoView {
    view! {
        <Router>
            <FocusOnArrival/>
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=|| view! { <NotFound/> }>
                    <Route path=Pattern(paths::GALLERY) view=ListPage/>
                    <Route path=Pattern(paths::ARTWORK) view=ArtworkPage/>
                    <Route path=Pattern(paths::PERSON) view=ListPage/>
                </FlatRoutes>
            </main>
        </Router>
    }
}

/// Whether the page at this path is interactive, and so hydrated: one of the routes of the
/// browser's `Site`, with a parameter that can exist.
pub fn lives_in_the_browser(path: &str) -> bool {
    path == paths::GALLERY || paths::artwork_of(path).is_some() || paths::is_person(path)
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
            "/forgot",
            "/reset/abc",
            "/verify/abc",
        ] {
            assert!(!lives_in_the_browser(plain), "{plain}");
        }
    }
}
