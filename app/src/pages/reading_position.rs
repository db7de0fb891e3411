//! Keeps what a person is reading where it is in the window while the page changes.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// Changes the page and scrolls so that the text being read stays in place: the focused field, else
/// the critique across the middle of the window, else the first in view. Replaces the browser's
/// scroll anchoring, which is missing in some browsers and differs in the others.
pub fn in_place(change: impl FnOnce()) {
    let reading_anchor = reading_anchor();
    let root = document().document_element();
    let anchoring = |on: bool| {
        root.as_ref()
            .map(|root| root.class_list().toggle_with_force("in-place", on))
    };
    anchoring(true);
    change();
    // At this point the page is rendered but not yet painted.
    let put_back = move || {
        if let Some((element, top)) = &reading_anchor {
            let moved = element.get_bounding_client_rect().top() - top;
            if element.is_connected() && moved.abs() > 0.0 {
                window().scroll_by_with_x_and_y(0.0, moved);
            }
        }
    };
    request_animation_frame(move || {
        put_back();
        // Once more for follow-up changes, such as times rewritten in the local time zone.
        request_animation_frame(move || {
            put_back();
            drop(
                document()
                    .document_element()
                    .map(|root| root.class_list().remove_1("in-place")),
            );
        });
    });
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
