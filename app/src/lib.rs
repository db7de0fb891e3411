//! The user interface by feature: pages and the bell, with thin server functions.
//!
//! Built twice: with `ssr` into the server, with `hydrate` into the WASM for the browser. Business
//! rules are in `domain`, which server functions call. Start at [`shell`], the whole document, then
//! [`Site`] and [`inbox::bell`]. A feature's view, its server functions (`actions`) and what the
//! view does in the browser (`NAME_browser`) stand side by side; [`ui`] has what features share.
//!
//! Server functions also accept plain HTML forms: the server answers with a redirect, or re-renders
//! the page with the submitted values.
//!
//! The browser takes over two elements of the document: the bell and, on interactive pages, the
//! router. The server alone renders everything else, including pages of plain forms, which keeps
//! the WASM small.
//!
//! [`i18n`] names the language of a page; every sentence comes from the crate `words`.
#![recursion_limit = "512"]

pub mod account;
mod address;
pub mod artwork;
pub mod boot;
pub mod critique;
#[cfg(feature = "hydrate")]
mod dom;
mod failure;
pub mod gallery;
pub mod i18n;
pub mod inbox;
mod json;
#[cfg(feature = "hydrate")]
mod json_browser;
pub mod language;
mod live_page;
#[cfg(feature = "ssr")]
pub mod next_page;
mod pattern;
pub mod people;
pub mod places;
#[cfg(feature = "ssr")]
pub mod request;
pub mod routes;
pub mod sent;
#[cfg(feature = "ssr")]
pub mod shell;
#[cfg(feature = "hydrate")]
mod take_over;
pub mod ui;

pub use failure::Failure;
#[cfg(feature = "hydrate")]
use leptos::prelude::*;
pub use routes::Site;

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
    let (live, name) = owner.with(|| {
        (
            inbox::bell::LiveBell::new(&boot),
            ui::PageName::of_this_page(),
        )
    });
    std::mem::forget(owner);
    let share = move || {
        provide_context(boot);
        provide_context(name);
        if let Some(live) = live {
            provide_context(live);
            provide_context(ui::Unread(Signal::derive(move || live.unread())));
        }
    };
    if let (Some(place), Some(bell), share) = (dom::by_id(places::BELL), live, share.clone()) {
        take_over::render(place, move || {
            share();
            view! { <inbox::bell::NotificationBell bell/> }
        });
    }
    ui::close_menus();
    gallery::remember_the_gallery();
    ui::drafts::fill_all();
    artwork::upload::enhance(live);
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
