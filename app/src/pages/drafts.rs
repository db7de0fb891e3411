//! What is typed and not yet sent, kept in the browser: over a failed send, a reload, and signing in again.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use crate::parts::new_attempt;

const PREFIX: &str = "artcritique-draft:";

fn storage() -> Option<web_sys::Storage> {
    window().local_storage().ok().flatten()
}

/// Keeps a draft; an empty one is forgotten. A browser without storage keeps nothing, and nothing else is lost.
pub fn put(name: &str, text: &str) {
    if let Some(storage) = storage() {
        let key = format!("{PREFIX}{name}");
        let _ = if text.trim().is_empty() { storage.remove_item(&key) } else { storage.set_item(&key, text) };
    }
}

/// What is kept of a draft.
fn get(name: &str) -> Option<String> {
    storage()?.get_item(&format!("{PREFIX}{name}")).ok().flatten()
}

/// Forgets a draft that was sent.
pub fn forget(name: &str) {
    put(name, "");
}

/// What to call an attempt to send a draft: the same whenever it is made again, until the draft is known to have been sent. So an answer
/// that was lost, and a reload, make no second critique of it.
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

/// The draft's name, if this is a field that keeps one.
fn name_of(field: &HtmlTextAreaElement) -> Option<String> {
    field.get_attribute("data-draft").filter(|name| !name.is_empty())
}

/// Fills a field from its draft, unless something stands in it.
pub fn fill(field: &HtmlTextAreaElement) {
    let Some(name) = name_of(field) else { return };
    match get(&name) {
        Some(text) if field.value().is_empty() => field.set_value(&text),
        _ => put(&name, &field.value()),
    }
}

/// Fills the fields that the page came with, and keeps whatever is typed into such a field from now on.
pub fn keep_all() {
    if let Ok(fields) = document().query_selector_all("[data-draft]") {
        (0..fields.length()).filter_map(|n| fields.item(n)?.dyn_into().ok()).for_each(|field| fill(&field));
    }
    let _listener = window_event_listener(ev::input, |event| {
        let field = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
        if let Some((field, name)) = field.and_then(|field| Some((field.clone(), name_of(&field)?))) {
            put(&name, &field.value());
        }
    });
}
