//! The document's title, with the count of unread notifications before it.

use leptos::prelude::*;

use crate::bell;

fn prefixed(unread: u32, title: &str) -> String {
    if unread > 0 { format!("({unread}) {title}") } else { title.to_owned() }
}

/// Names the page.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    let unread = move || bell::current().map_or(0, bell::LiveBell::unread);
    // Rendered as nothing on both ends; on the server making the component is what names the page.
    #[cfg(feature = "ssr")]
    {
        super::sharing::describe(&text);
        // leptos_meta (0.8) writes it as it is.
        let text = prefixed(untrack(unread), &text).replace('&', "&amp;").replace('<', "&lt;");
        let _ = view! { <leptos_meta::Title text/> };
    }
    #[cfg(not(feature = "ssr"))]
    Effect::new(move |_| show(Some(&text), unread()));
}

/// Writes the title anew: another page's, or the one that stands there with another count.
#[cfg(not(feature = "ssr"))]
pub fn show(title: Option<&str>, unread: u32) {
    let now = document().title();
    let bare = now.strip_prefix('(').and_then(|rest| rest.split_once(") ")).map_or(now.as_str(), |(_, bare)| bare);
    document().set_title(&prefixed(unread, title.unwrap_or(bare)));
}
