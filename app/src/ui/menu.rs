use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, HtmlElement, KeyboardEvent, MouseEvent};

use crate::dom::on_window;

/// Closes the server-rendered account menu on a choice, a click or focus outside of it, and Escape.
pub fn close_menus() {
    let open = || {
        document()
            .query_selector("details.menu[open]")
            .ok()
            .flatten()
    };
    let _clicks = on_window("click", move |event: MouseEvent| {
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
    let _steps = on_window("focusin", move |event: FocusEvent| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let inside =
            target.is_some_and(|target| target.closest("details.menu").ok().flatten().is_some());
        if let (Some(menu), false) = (open(), inside) {
            let _ = menu.remove_attribute("open");
        }
    });
    let _keys = on_window("keydown", move |event: KeyboardEvent| {
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
