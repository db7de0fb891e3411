//! Keeps what a person is reading where it is in the window while the page changes.

use std::cell::Cell;

use leptos::{
    prelude::*,
    task::{spawn_local, tick},
};
use wasm_bindgen::JsCast;
use web_sys::Element;

thread_local! {
    /// Changes that are not settled yet.
    static UNSETTLED: Cell<usize> = const { Cell::new(0) };
}

/// Changes the page and scrolls so that the text being read stays in place: the focused field, else
/// the critique across the middle of the window, else the first in view. Replaces the browser's
/// scroll anchoring, which is missing in some browsers and differs in the others.
pub fn in_place(change: impl FnOnce()) {
    let anchor = reading_anchor();
    UNSETTLED.set(UNSETTLED.get() + 1);
    scroll_anchoring(false);
    change();
    let put_back = move || {
        if let Some((element, top)) = &anchor {
            let moved = element.get_bounding_client_rect().top() - top;
            if element.is_connected() && moved.abs() > 0.0 {
                window().scroll_by_with_x_and_y(0.0, moved);
            }
        }
    };
    spawn_local(async move {
        // The effects have rendered the change by then. Not in the next frame, which is far away in
        // a window that is not shown, and after which another change may have begun.
        tick().await;
        put_back();
        // Once more for follow-up changes, such as times rewritten in the local time zone.
        request_animation_frame(move || {
            if UNSETTLED.get() == 1 {
                put_back();
            }
            UNSETTLED.set(UNSETTLED.get().saturating_sub(1));
            scroll_anchoring(UNSETTLED.get() == 0);
        });
    });
}

/// Switches the browser's own scroll anchoring on or off.
fn scroll_anchoring(on: bool) {
    if let Some(root) = document().document_element() {
        let _ = root.class_list().toggle_with_force("in-place", !on);
    }
}

/// The element being read, and the position of its top in the window.
fn reading_anchor() -> Option<(Element, f64)> {
    let height = window().inner_height().ok()?.as_f64()?;
    let place = |element: Element| {
        let shape = element.get_bounding_client_rect();
        (shape.bottom() > 0.0 && shape.top() < height).then(|| (element, shape.top()))
    };
    let typed = document()
        .active_element()
        .filter(|element| element.matches(".critiques textarea").unwrap_or(false));
    if let Some(field) = typed.and_then(place) {
        return Some(field);
    }
    let articles = document().query_selector_all(".critique").ok()?;
    let mut first = None;
    for (element, top) in
        (0..articles.length()).filter_map(|n| place(articles.get(n)?.dyn_into().ok()?))
    {
        let middle = height / 2.0;
        if top <= middle && element.get_bounding_client_rect().bottom() >= middle {
            return Some((element, top));
        }
        first.get_or_insert((element, top));
    }
    first
}
