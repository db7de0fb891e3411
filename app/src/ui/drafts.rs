//! Drafts: unsent text kept in the browser's storage, to survive a failed send, a reload and a new
//! sign-in.
//!
//! A draft is stored per person and shown only to that person. `shell/guard.js`, which runs before
//! the WASM, saves the text of every field with `data-draft`, under the same keys.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use crate::ui::new_attempt;

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// The storage key of a draft of the page's viewer; `None` for a guest.
fn key(name: &str) -> Option<String> {
    let person = document()
        .document_element()?
        .get_attribute("data-person")?;
    Some(format!("artcritique-draft:{person}:{name}"))
}

/// Saves a draft; empty text deletes it. Does nothing in a browser without storage.
pub fn put(name: &str, text: &str) {
    if let (Some(storage), Some(key)) = (storage(), key(name)) {
        let _ = if text.trim().is_empty() {
            storage.remove_item(&key)
        } else {
            storage.set_item(&key, text)
        };
    }
}

/// The saved draft.
fn get(name: &str) -> Option<String> {
    storage()?.get_item(&key(name)?).ok().flatten()
}

/// Deletes a draft after it was sent.
pub fn forget(name: &str) {
    put(name, "");
}

/// The idempotency key for sending a draft. It stays the same, over lost answers and reloads, until
/// the draft is known to have been sent.
pub fn attempt(name: &str) -> String {
    let kept = key_name(name);
    get(&kept).unwrap_or_else(|| {
        let begun = new_attempt();
        put(&kept, &begun);
        begun
    })
}

/// Deletes a draft's idempotency key.
pub fn attempted(name: &str) {
    put(&key_name(name), "");
}

/// The name under which a draft's idempotency key is stored.
fn key_name(name: &str) -> String {
    format!("{name}-attempt")
}

/// Whether a field's value differs from its default value. Inputs have the same properties under
/// the same names.
pub fn is_touched(field: &HtmlTextAreaElement) -> bool {
    field
        .default_value()
        .is_ok_and(|words| words != field.value())
}

/// Names the draft that a field was filled from.
const FILLED_FROM: &str = "data-filled-from";

/// Fills a field from its draft, unless the user has typed in it or its value was rejected.
pub fn fill(field: &HtmlTextAreaElement) {
    let Some(name) = field
        .get_attribute("data-draft")
        .filter(|name| !name.is_empty())
    else {
        return;
    };
    // After a navigation between two artworks the same element is the field of another draft.
    let filled = field.get_attribute(FILLED_FROM);
    if filled.is_some_and(|before| before != name) {
        field.set_value(&field.default_value().unwrap_or_default());
    }
    let _ = field.set_attribute(FILLED_FROM, &name);
    let untouched = !is_touched(field) && !field.has_attribute("aria-invalid");
    if let Some(words) = get(&name).filter(|_| untouched) {
        field.set_value(&words);
        // Notifies the script that counts characters.
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

/// Fills all fields on the page from their drafts.
pub fn fill_all() {
    if let Ok(fields) = document().query_selector_all("[data-draft]") {
        (0..fields.length())
            .filter_map(|n| fields.item(n))
            .for_each(|field| fill(field.unchecked_ref()));
    }
}
