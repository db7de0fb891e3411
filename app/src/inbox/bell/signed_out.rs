//! Handles the end of the session: a page with unsent text stays and offers to sign in; any other
//! page reloads.

use leptos::prelude::*;

use crate::{i18n::locale, inbox::bell::LiveBell, ui::Erase};

/// Tells a user with unsent text that the session has ended.
#[component]
pub fn SignedOut(bell: LiveBell) -> impl IntoView {
    #[cfg(feature = "hydrate")]
    typing::listen(bell);
    let l = locale();
    view! {
        {move || bell.sign_in.get().map(|href| view! {
            <p class="bar" role="alert">
                <span>{l.signed_out_words_kept()}</span>
                <a class="button" href=href rel="external">{l.sign_in()}</a>
            </p>
        }.erase())}
    }
}

#[cfg(feature = "hydrate")]
pub mod typing {
    use leptos::prelude::*;
    use shared::paths;
    use wasm_bindgen::JsCast;
    use web_sys::{Element, VisibilityState};

    use super::LiveBell;
    use crate::{dom::on_window, ui::drafts};

    /// Text fields that the user can type into.
    const FIELDS: &str =
        "main :is(textarea, input:not([type=hidden], [type=file], [type=password]))";

    /// Handles the end of the session: keeps a page with a text field in use, else reloads it.
    pub fn ended(bell: LiveBell) {
        match field_in_use() {
            Some(field) => bell.sign_in.set(Some(sign_in_and_return(&field))),
            None => drop(window().location().reload()),
        }
    }

    /// Follows sign-ins and sign-outs in other tabs of this browser.
    pub fn listen(bell: LiveBell) {
        // Another tab has loaded a page as a guest. A visible tab waits until its own bell learns
        // that the session ended; a hidden tab reloads now.
        let out = on_window("artcritique:signed-out", move |_: web_sys::Event| {
            if document().visibility_state() == VisibilityState::Hidden {
                drop(window().location().reload());
            }
        });
        // The same person has signed in again: reload, which restores the drafts.
        let back = on_window("artcritique:signed-in", move |_: web_sys::Event| {
            if bell.sign_in.with_untracked(Option::is_some) {
                drop(window().location().reload());
            }
        });
        on_cleanup(move || {
            out.remove();
            back.remove();
        });
    }

    /// The focused text field, or else one with unsent text.
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

    /// The sign-in address that leads back to this field's form.
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
        paths::with_next(paths::LOGIN, &here)
    }
}
