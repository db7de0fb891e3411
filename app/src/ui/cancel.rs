use leptos::{ev::MouseEvent, prelude::*};

use crate::{i18n::locale, ui::Erase};

/// Closes the surrounding `<details>` and resets its form. Without WASM the link reloads the page,
/// to the same effect.
#[component]
pub fn Cancel(
    /// The path of the current page.
    page: String,
) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    let close = |event: MouseEvent| _ = browser::close(&event);
    #[cfg(not(feature = "hydrate"))]
    let close = |_: MouseEvent| ();
    view! { <a class="quiet button" href=page rel="external" data-cancel="" on:click=close>{locale().cancel()}</a> }.erase()
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::ev::MouseEvent;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, HtmlElement, HtmlFormElement};

    pub fn close(event: &MouseEvent) -> Option<()> {
        let link: Element = event.target()?.dyn_into().ok()?;
        let details = link.closest("details").ok()??;
        event.prevent_default();
        if let Some(form) = link
            .closest("form")
            .ok()?
            .and_then(|form| form.dyn_into::<HtmlFormElement>().ok())
        {
            form.reset();
        }
        details.remove_attribute("open").ok()?;
        details
            .query_selector("summary")
            .ok()??
            .dyn_into::<HtmlElement>()
            .ok()?
            .focus()
            .ok()
    }
}
