//! The document's title, prefixed with the count of unread notifications.

use leptos::prelude::*;

#[cfg(feature = "ssr")]
use crate::{boot, i18n::locale};

fn prefixed(unread: u32, title: &str) -> String {
    if unread > 0 {
        format!("({unread}) {title}")
    } else {
        title.to_owned()
    }
}

/// The number of unread notifications; in the context of a signed-in person's page.
#[derive(Clone, Copy)]
pub struct Unread(pub Signal<u32>);

/// Sets the page's title.
#[component]
pub fn PageTitle(#[prop(into)] text: String) -> impl IntoView {
    let count = use_context::<Unread>();
    let unread = move || count.map_or(0, |Unread(count)| count.get());
    // Renders no markup. On the server, creating the component sets the title.
    #[cfg(feature = "ssr")]
    {
        crate::ui::sharing::describe(&text);
        // Screen readers say the title first, so it announces the rejected form.
        let text = if boot::current().rejected.is_some() {
            locale().page_title_error(&text)
        } else {
            text
        };
        // leptos_meta (0.8) does not escape it.
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

/// The page's title without the count. Stored here, since a translator may have changed the
/// document's title.
#[cfg(not(feature = "ssr"))]
#[derive(Clone, Copy)]
pub struct PageName(StoredValue<String>);

#[cfg(not(feature = "ssr"))]
impl PageName {
    /// The title of the page that the server sent.
    pub fn of_this_page() -> Self {
        let title = document().title();
        let bare = title
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(") "))
            .map_or(title.as_str(), |(_, bare)| bare);
        Self(StoredValue::new(bare.to_owned()))
    }

    /// Sets another title, with this count.
    pub fn rename(self, text: String, unread: u32) {
        self.0.set_value(text);
        self.show(unread);
    }

    /// Shows the title with this count.
    pub fn show(self, unread: u32) {
        self.0
            .with_value(|name| document().set_title(&prefixed(unread, name)));
    }
}
