//! What people see: pages, parts and the bell, with the thin server functions they act through.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the WASM that takes over in the browser. No rule of the
//! site is here; server functions hand on to `domain`. Start at [`App`], then [`pages`] and [`bell`].
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
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};

pub use failure::Failure;

use bell::NotificationBell;
use boot::Boot;

/// The whole site. The bell stands above the router: it outlives every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let boot = boot::provide();
    let bell = bell::provide(&boot);
    let title = move |page: String| {
        let prefix = bell.map(|bell| bell.unread()).filter(|unread| *unread > 0).map(|unread| format!("({unread}) "));
        format!("{}{page}", prefix.unwrap_or_default())
    };
    view! {
        <Title formatter=title text="ArtCritique"/>
        <a class="skip" href="#main">"Skip to content"</a>
        <parts::Header viewer=boot.viewer.clone()>{bell.map(|bell| view! { <NotificationBell bell/> })}</parts::Header>
        <Router>
            <main id="main" tabindex="-1">
                <Routes fallback=|| view! { <pages::NotFound/> }>
                    <Route path=path!("/") view=pages::Gallery ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/new") view=pages::NewArtwork ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/:id") view=pages::ArtworkPage ssr=SsrMode::Async/>
                    <Route path=path!("/artworks/:id/edit") view=pages::EditArtwork ssr=SsrMode::Async/>
                    <Route path=path!("/notifications") view=pages::Notifications ssr=SsrMode::Async/>
                    <ParentRoute path=path!("/settings") view=pages::Settings ssr=SsrMode::Async>
                        <Route path=path!("/") view=pages::AccountSettings ssr=SsrMode::Async/>
                        <Route path=path!("/sessions") view=pages::SessionSettings ssr=SsrMode::Async/>
                    </ParentRoute>
                    <Route path=path!("/login") view=pages::Login ssr=SsrMode::Async/>
                    <Route path=path!("/register") view=pages::Register ssr=SsrMode::Async/>
                    <Route path=path!("/:handle") view=pages::ProfilePage ssr=SsrMode::Async/>
                </Routes>
            </main>
        </Router>
        <parts::Footer/>
    }
}

/// Takes over the page the server sent.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}

/// What every page starts from, for parts that need it.
pub fn use_boot() -> Boot {
    expect_context::<Boot>()
}
