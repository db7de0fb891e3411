//! Access to elements by id.

use leptos::prelude::{
    WindowListenerHandle, document, request_animation_frame, window_event_listener_untyped,
};
use wasm_bindgen::JsCast;
use web_sys::{Event, FocusOptions, HtmlElement};

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

/// Focuses an element without scrolling to it.
pub fn focus_in_place(element: &HtmlElement) {
    let options = FocusOptions::new();
    options.set_prevent_scroll(true);
    let _ = element.focus_with_options(&options);
}

/// Listens to an event of the window, whose objects are of the type `E`. Unlike Leptos's
/// `window_event_listener`, it is not compiled anew for each listener, which would enlarge the
/// WASM.
pub fn on_window<E: JsCast>(event: &str, callback: impl Fn(E) + 'static) -> WindowListenerHandle {
    listen(
        event,
        Box::new(move |event: Event| callback(event.unchecked_into())),
    )
}

fn listen(event: &str, callback: Box<dyn Fn(Event)>) -> WindowListenerHandle {
    window_event_listener_untyped(event, callback)
}
