//! Access to elements by id.

use leptos::prelude::{document, request_animation_frame};
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

/// The element with this id, if it exists and has this type.
pub fn by_id<T: JsCast>(id: &str) -> Option<T> {
    document().get_element_by_id(id)?.dyn_into().ok()
}

/// Moves the focus to the element with this id.
pub fn focus(id: &str) {
    if let Some(element) = by_id::<HtmlElement>(id) {
        let _ = element.focus();
    }
}

/// Moves the focus to an element after the next render, when the previously focused element is
/// gone.
pub fn focus_soon(id: String) {
    request_animation_frame(move || focus(&id));
}
