//! What people see: pages, parts and the bell, with the thin server functions they act through.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the WASM that takes over in the browser. No rule of the
//! site is here; server functions hand on to `domain`. Start at [`shell`], the whole document, then [`Site`] and [`bell`].
//!
//! The browser takes over two places of the document, the bell and, above pages that do something there, the router. All the
//! rest, and pages that are plain forms, is the server's alone: what the browser need not know, it need not load.
#![recursion_limit = "512"]

pub mod actions;
pub mod bell;
pub mod boot;
mod failure;
mod json;
pub mod pages;
pub mod parts;
#[cfg(feature = "ssr")]
pub mod shell;

use leptos::prelude::*;
#[cfg(feature = "ssr")]
use leptos_router::SsrMode;
use leptos_router::{
    components::{FlatRoutes, Route, Router},
    path,
};

pub use failure::Failure;

/// The pages.
#[cfg(feature = "ssr")]
#[component]
pub fn Site() -> impl IntoView {
    view! {
        <Router>
            <pages::FocusOnArrival/>
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=|| view! { <pages::NotFound/> }>
                    <Route path=path!("/") view=pages::Gallery ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/new") view=pages::NewArtwork ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/:id") view=pages::ArtworkPage ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/:id/edit") view=pages::EditArtwork ssr=SsrMode::Async/>
                    <Route path=path!("/notifications") view=pages::Notifications ssr=SsrMode::Async/>
                    <Route path=path!("/settings") view=pages::AccountSettings ssr=SsrMode::Async/>
                    <Route path=path!("/settings/sessions") view=pages::SessionSettings ssr=SsrMode::Async/>
                    <Route path=path!("/login") view=pages::Login ssr=SsrMode::Async/>
                    <Route path=path!("/register") view=pages::Register ssr=SsrMode::Async/>
                    <Route path=path!("/:handle") view=pages::ProfilePage ssr=SsrMode::Async/>
                </FlatRoutes>
            </main>
        </Router>
    }
}

/// The pages that do something in the browser. The others are asked of the server.
#[cfg(not(feature = "ssr"))]
#[component]
pub fn Site() -> impl IntoView {
    view! {
        <Router>
            <pages::FocusOnArrival/>
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=|| view! { <pages::NotFound/> }>
                    <Route path=path!("/") view=pages::Gallery/>
                    <Route path=path!("/artworks/:id") view=pages::ArtworkPage/>
                    <Route path=path!("/:handle") view=pages::ProfilePage/>
                </FlatRoutes>
            </main>
        </Router>
    }
}

/// Where the browser takes over.
pub mod places {
    /// The bell's element.
    pub const BELL: &str = "bell";
    /// The router's element, on pages that do something in the browser.
    pub const SITE: &str = "site";
}

/// Takes over the page the server sent.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    use wasm_bindgen::JsCast;

    let element = |id| document().get_element_by_id(id)?.dyn_into::<web_sys::HtmlElement>().ok();
    let boot = boot::read();
    // What both places share lives as long as the page.
    let owner = Owner::new_root(None);
    let live = owner.with(|| bell::LiveBell::new(&boot));
    std::mem::forget(owner);
    if let (Some(place), Some(live)) = (element(places::BELL), live) {
        let boot = boot.clone();
        let root = leptos::mount::hydrate_from(place, move || {
            provide_context(boot);
            provide_context(live);
            view! { <bell::NotificationBell bell=live/> }
        });
        root.forget();
    }
    parts::close_menus();
    pages::remember_the_gallery();
    pages::drafts::keep_all();
    pages::upload::enhance();
    if let Some(place) = element(places::SITE) {
        let root = leptos::mount::hydrate_from(place, move || {
            provide_context(boot);
            if let Some(live) = live {
                provide_context(live);
            }
            Site()
        });
        root.forget();
    }
}
