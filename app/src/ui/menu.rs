use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Closes the server-rendered account menu on a choice, a click or focus outside of it, and Escape.
pub fn close_menus() {
    let open = || {
        document()
            .query_selector("details.menu[open]")
            .ok()
            .flatten()
    };
    let _clicks = window_event_listener(ev::click, move |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let inside = target.as_ref().is_some_and(|target| {
            target
                .closest("details.menu > summary")
                .ok()
                .flatten()
                .is_some()
        });
        if let (Some(menu), false) = (open(), inside) {
            let _ = menu.remove_attribute("open");
        }
    });
    let _steps = window_event_listener(ev::focusin, move |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let inside =
            target.is_some_and(|target| target.closest("details.menu").ok().flatten().is_some());
        if let (Some(menu), false) = (open(), inside) {
            let _ = menu.remove_attribute("open");
        }
    });
    let _keys = window_event_listener(ev::keydown, move |event| {
        if let (true, Some(menu)) = (event.key() == "Escape", open()) {
            let _ = menu.remove_attribute("open");
            let summary = menu
                .query_selector("summary")
                .ok()
                .flatten()
                .and_then(|summary| summary.dyn_into::<HtmlElement>().ok());
            summary.map(|summary| summary.focus());
        }
    });
}
