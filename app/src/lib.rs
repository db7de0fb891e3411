//! What people see: pages, parts and the bell, with the thin server functions they act through.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the WASM that takes over in the
//! browser. No rule of the site is here; server functions hand on to `domain`. Start at [`shell`],
//! the whole document, then [`Site`] and [`bell`].
//!
//! The browser takes over two places of the document, the bell and, above pages that do something
//! there, the router. All the rest, and pages that are plain forms, is the server's alone: what the
//! browser need not know, it need not load.
#![recursion_limit = "512"]

pub mod actions;
pub mod bell;
pub mod boot;
#[cfg(feature = "hydrate")]
mod dom;
mod failure;
mod json;
pub mod pages;
pub mod parts;
pub mod sent;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "hydrate")]
mod take_over;

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
                    <Route path=path!("/") view=pages::ListPage ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/new") view=pages::NewArtwork ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/:id") view=pages::ArtworkPage ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/:id/edit") view=pages::EditArtwork ssr=SsrMode::Async/>
                    <Route path=path!("/notifications") view=pages::Notifications ssr=SsrMode::Async/>
                    <Route path=path!("/settings") view=pages::AccountSettings ssr=SsrMode::Async/>
                    <Route path=path!("/settings/sessions") view=pages::SessionSettings ssr=SsrMode::Async/>
                    <Route path=path!("/login") view=pages::Login ssr=SsrMode::Async/>
                    <Route path=path!("/register") view=pages::Register ssr=SsrMode::Async/>
                    <Route path=path!("/:handle") view=pages::ListPage ssr=SsrMode::Async/>
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
                    <Route path=path!("/") view=pages::ListPage/>
                    <Route path=path!("/artworks/:id") view=pages::ArtworkPage/>
                    <Route path=path!("/:handle") view=pages::ListPage/>
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

/// Takes over the page the server sent. The bell comes first and depends on nothing that the server
/// rendered.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    let boot = boot::read();
    let page = document().document_element();
    if page.is_none_or(|page| page.has_attribute("data-person") != boot.viewer.is_some()) {
        // Something took away what the page starts from. It works as it is.
        return;
    }
    // What both places share lives as long as the page.
    let owner = Owner::new_root(None);
    let (live, name) = owner.with(|| (bell::LiveBell::new(&boot), parts::PageName::of_this_page()));
    std::mem::forget(owner);
    let share = move || {
        provide_context(boot);
        provide_context(name);
        if let Some(live) = live {
            provide_context(live);
        }
    };
    if let (Some(place), Some(bell), share) = (dom::by_id(places::BELL), live, share.clone()) {
        take_over::render(place, move || {
            share();
            view! { <bell::NotificationBell bell/> }
        });
    }
    parts::close_menus();
    pages::remember_the_gallery();
    pages::drafts::fill_all();
    pages::upload::enhance(live);
    if let Some(place) = dom::by_id(places::SITE) {
        take_over::hydrate(place, move || {
            share();
            Site()
        });
    }
    if let Some(page) = document().document_element() {
        let _ = page.set_attribute("data-alive", "");
    }
}
