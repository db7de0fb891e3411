//! What is typed and not yet sent, kept in the browser: over a failed send, a reload, and signing in again.

use leptos::{ev, html, prelude::*};

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

/// Forgets a draft that was sent.
pub fn forget(name: &str) {
    put(name, "");
}

/// Fills a field from its draft, unless something stands in it, and keeps what is typed from then on.
pub fn keep(field: NodeRef<html::Textarea>, name: String) {
    if name.is_empty() {
        return;
    }
    Effect::new(move |_| {
        let Some(field) = field.get() else { return };
        if field.value().is_empty()
            && let Some(text) = storage().and_then(|storage| storage.get_item(&format!("{PREFIX}{name}")).ok().flatten())
        {
            field.set_value(&text);
        } else {
            put(&name, &field.value());
        }
        let (name, typed) = (name.clone(), field.clone());
        let listener = window_event_listener(ev::input, move |event| {
            if event.target().as_ref() == Some(typed.as_ref()) {
                put(&name, &typed.value());
            }
        });
        on_cleanup(move || listener.remove());
    });
}
