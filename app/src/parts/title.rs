//! The document's title, with the count of unread notifications before it.

use leptos::prelude::*;

use crate::bell;
#[cfg(feature = "ssr")]
use crate::boot;

fn prefixed(unread: u32, title: &str) -> String {
    if unread > 0 {
        format!("({unread}) {title}")
    } else {
        title.to_owned()
    }
}

/// Names the page.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    let unread = move || bell::current().map_or(0, bell::LiveBell::unread);
    // Rendered as nothing on both ends; on the server making the component is what names the page.
    #[cfg(feature = "ssr")]
    {
        super::sharing::describe(&text);
        // A person who can't see that a form was refused hears it first in the title.
        let text = if boot::current().rejected.is_some() {
            format!("Error: {text}")
        } else {
            text
        };
        // leptos_meta (0.8) writes it as it is.
        let text = prefixed(untrack(unread), &text)
            .replace('&', "&amp;")
            .replace('<', "&lt;");
        let _ = view! { <leptos_meta::Title text/> };
    }
    #[cfg(not(feature = "ssr"))]
    {
        let name = use_context::<PageName>();
        Effect::new(move |_| {
            if let Some(name) = name {
                name.rename(text.clone(), unread());
            }
        });
    }
}

/// What the page is called, without the count. Kept here rather than read from the document, whose
/// title a translator may have changed.
#[cfg(not(feature = "ssr"))]
#[derive(Clone, Copy)]
pub struct PageName(StoredValue<String>);

#[cfg(not(feature = "ssr"))]
impl PageName {
    /// The name of the page that the server sent.
    pub fn of_this_page() -> Self {
        let title = document().title();
        let bare = title
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(") "))
            .map_or(title.as_str(), |(_, bare)| bare);
        Self(StoredValue::new(bare.to_owned()))
    }

    /// Writes another title, with this count.
    pub fn rename(self, text: String, unread: u32) {
        self.0.set_value(text);
        self.show(unread);
    }

    /// Writes the title with this count.
    pub fn show(self, unread: u32) {
        self.0
            .with_value(|name| document().set_title(&prefixed(unread, name)));
    }
}
