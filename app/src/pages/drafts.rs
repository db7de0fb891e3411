//! What is typed and not yet sent, kept in the browser: over a failed send, a reload, and signing
//! in again.
//!
//! A draft belongs to the person who typed it; nobody else who uses the browser is shown it.
//! Whatever is typed into a field with `data-draft` is kept by the script that runs before the
//! program (`shell/guard.js`), under the same keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use crate::parts::new_attempt;

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Where a draft of the person that this page is for is kept; a guest has none.
fn key(name: &str) -> Option<String> {
    let person = document()
        .document_element()?
        .get_attribute("data-person")?;
    Some(format!("artcritique-draft:{person}:{name}"))
}

/// Keeps a draft; an empty one is forgotten. A browser without storage keeps nothing, and nothing
/// else is lost.
pub fn put(name: &str, text: &str) {
    if let (Some(storage), Some(key)) = (storage(), key(name)) {
        let _ = if text.trim().is_empty() {
            storage.remove_item(&key)
        } else {
            storage.set_item(&key, text)
        };
    }
}

/// What is kept of a draft.
fn get(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)?).ok().flatten()
}

/// Forgets a draft that was sent.
pub fn forget(name: &str) {
    put(name, "");
}

/// What to call an attempt to send a draft: the same whenever it is made again, until the draft is
/// known to have been sent. So an answer that was lost, and a reload, make no second critique of
/// it.
pub fn attempt(name: &str) -> String {
    let kept = attempt_of(name);
    get(&kept).unwrap_or_else(|| {
        let begun = new_attempt();
        put(&kept, &begun);
        begun
    })
}

/// Forgets what an attempt was called.
pub fn attempted(name: &str) {
    put(&attempt_of(name), "");
}

/// Where the name of a draft's attempt is kept.
fn attempt_of(name: &str) -> String {
    format!("{name}-attempt")
}

/// Whether something else stands in a field than the page came with. An input has the same
/// properties, under the same names.
pub fn is_touched(field: &HtmlTextAreaElement) -> bool {
    field
        .default_value()
        .is_ok_and(|words| words != field.value())
}

/// Fills a field from its draft, unless somebody has typed in it or what they typed was refused.
pub fn fill(field: &HtmlTextAreaElement) {
    let Some(name) = field
        .get_attribute("data-draft")
        .filter(|name| !name.is_empty())
    else {
        return;
    };
    let untouched = !is_touched(field) && !field.has_attribute("aria-invalid");
    if let Some(words) = get(&name).filter(|_| untouched) {
        field.set_value(&words);
        // For the script that counts characters.
        let event = web_sys::EventInit::new();
        event.set_bubbles(true);
        if let Ok(event) = web_sys::Event::new_with_event_init_dict("input", &event) {
            let _ = field.dispatch_event(&event);
        }
        if let Ok(Some(closed)) = field.closest("details") {
            let _ = closed.set_attribute("open", "");
        }
    }
}

/// Fills the fields that the page came with.
pub fn fill_all() {
    if let Ok(fields) = document().query_selector_all("[data-draft]") {
        (0..fields.length())
            .filter_map(|n| fields.item(n))
            .for_each(|field| fill(field.unchecked_ref()));
    }
}
