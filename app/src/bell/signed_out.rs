//! What a page does whose session has ended: words that somebody is typing stay, with a way to sign
//! in; any other page is loaded anew.

use leptos::prelude::*;

use super::LiveBell;
use crate::parts::Erase;

/// Tells somebody who is typing that they are signed out. There is nothing to tell anybody else:
/// their page is loaded anew.
#[component]
pub fn SignedOut(bell: LiveBell) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    typing::listen(bell);
    view! {
        {move || bell.sign_in.get().map(|href| view! {
            <p class="bar" role="alert">
                <span>"You are signed out. Your words are kept."</span>
                <a class="button" href=href rel="external">"Sign in"</a>
            </p>
        }.erase())}
    }
}

#[cfg(feature = "hydrate")]
pub mod typing {
    use leptos::prelude::*;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, VisibilityState};

    use super::LiveBell;
    use crate::pages::drafts;

    /// Fields that people type words into.
    const FIELDS: &str =
        "main :is(textarea, input:not([type=hidden], [type=file], [type=password]))";

    /// The session has ended: keeps the page for somebody who is typing, else loads it anew.
    pub fn ended(bell: LiveBell) {
        match field_in_use() {
            Some(field) => bell.sign_in.set(Some(sign_in_and_return(&field))),
            None => drop(window().location().reload()),
        }
    }

    /// Follows what other tabs of this browser do.
    pub fn listen(bell: LiveBell) {
        // Another tab was shown a page for guests. The bell will hear of the session's end by
        // itself; a page that nobody is looking at does not wait for that.
        let out = window_event_listener_untyped("artcritique:signed-out", move |_| {
            if document().visibility_state() == VisibilityState::Hidden {
                drop(window().location().reload());
            }
        });
        // The same person is signed in again: the page is alive again, with its drafts.
        let back = window_event_listener_untyped("artcritique:signed-in", move |_| {
            if bell.sign_in.with_untracked(Option::is_some) {
                drop(window().location().reload());
            }
        });
        on_cleanup(move || {
            out.remove();
            back.remove();
        });
    }

    /// The field that has the focus, or one with words that were not sent.
    fn field_in_use() -> Option<Element> {
        let focused = document()
            .active_element()
            .filter(|element| element.matches(FIELDS).unwrap_or(false));
        focused.or_else(|| {
            let fields = document().query_selector_all(FIELDS).ok()?;
            (0..fields.length())
                .filter_map(|n| fields.item(n)?.dyn_into::<Element>().ok())
                .find(|field| drafts::is_touched(field.unchecked_ref()))
        })
    }

    /// Signing in, and back to the form of this field.
    fn sign_in_and_return(field: &Element) -> String {
        let location = window().location();
        let form = field
            .closest("form[id]")
            .ok()
            .flatten()
            .map(|form| format!("#{}", form.id()))
            .unwrap_or_default();
        let here = format!(
            "{}{}{form}",
            location.pathname().unwrap_or_default(),
            location.search().unwrap_or_default()
        );
        format!(
            "/login?next={}",
            String::from(js_sys::encode_uri_component(&here))
        )
    }
}
