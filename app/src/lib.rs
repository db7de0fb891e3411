//! The user interface: pages, parts and the bell, with thin server functions.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the WASM for the browser. Business
//! rules are in `domain`, which server functions call. Start at [`shell`], the whole document, then
//! [`Site`] and [`bell`].
//!
//! The browser takes over two elements of the document: the bell and, on interactive pages, the
//! router. The server alone renders everything else, including pages of plain forms, which keeps
//! the WASM small.
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

/// The routes.
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

/// The routes of interactive pages. The browser loads all others from the server.
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

/// The ids of the elements that the browser takes over.
pub mod places {
    /// The bell's element.
    pub const BELL: &str = "bell";
    /// The router's element, on interactive pages.
    pub const SITE: &str = "site";
}

/// Takes over the page that the server sent. The bell comes first and does not depend on
/// server-rendered markup.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    let boot = boot::read();
    let page = document().document_element();
    if page.is_none_or(|page| page.has_attribute("data-person") != boot.viewer.is_some()) {
        // The page's initial data was removed, for instance by an extension. Leave the page as it
        // is.
        return;
    }
    // Context shared by both elements; lives as long as the page.
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
