use leptos::prelude::*;
use shared::{bidi::isolate, dto::Viewer, paths};

use crate::{
    i18n::locale,
    language::{IN_FOOTER, LanguageForm, here},
};

/// The page header, with the bell as its child.
#[component]
pub fn Header(viewer: Option<Viewer>, children: Children) -> impl IntoView {
    let l = locale();
    let account = match viewer {
        Some(viewer) => view! { <AccountMenu viewer/> }.into_any(),
        None => view! {
            <a class="quiet button" href=paths::LOGIN>{l.sign_in()}</a>
            <a class="button" href=paths::REGISTER>{l.join()}</a>
        }
        .into_any(),
    };
    view! {
        <header class="site">
            <a class="brand" href=paths::GALLERY aria-label=l.site_name()><Mark/><span>{l.site_name()}</span></a>
            <nav aria-label=l.site_navigation()>
                <a href=paths::NEW_ARTWORK class="post">{l.nav_post_artwork()}</a>
                {children()}
                {account}
            </nav>
        </header>
    }
}

/// The logo: a frame with a note pinned to it.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
            <path d="M3 4h18v16H3z" fill="none" stroke="currentColor" stroke-width="2"/>
            <circle cx="16" cy="9.5" r="3" class="accent"/>
            <path d="M6 17l4-5 3 3 2-2 3 4z" fill="currentColor"/>
        </svg>
    }
}

#[component]
fn AccountMenu(viewer: Viewer) -> impl IntoView {
    let l = locale();
    let initial = viewer
        .display_name
        .chars()
        .next()
        .map(|c| c.to_uppercase().to_string());
    view! {
        <details class="menu">
            <summary aria-label=l.account_menu(&isolate(&viewer.display_name))><span class="avatar" aria-hidden="true">{initial}</span></summary>
            <div class="menu-items">
                <p class="menu-name"><bdi>{viewer.display_name.clone()}</bdi><span>{format!("@{}", viewer.handle)}</span></p>
                <a href=paths::person(&viewer.handle)>{l.account_menu_your_page()}</a>
                <a href=paths::SETTINGS>{l.account_menu_settings()}</a>
                <form method="post" action=paths::actions::SIGN_OUT><button type="submit">{l.sign_out()}</button></form>
            </div>
        </details>
    }
}

/// The page footer.
#[component]
pub fn Footer() -> impl IntoView {
    let l = locale();
    view! {
        <footer class="site">
            <p>{l.site_motto()}</p>
            <LanguageForm next=here() id=IN_FOOTER/>
            <a href=paths::api::REFERENCE rel="external">{l.site_api()}</a>
        </footer>
    }
}
