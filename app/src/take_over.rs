//! Takes over elements of the page that the server sent.
//!
//! Hydration (tachys 0.2) walks the DOM in step with the views and aborts the WASM at the first
//! unexpected node. Extensions and translators may change a page before that. So an element is
//! hydrated only if its structure is as the server sent it; otherwise its content is re-rendered.

use std::sync::Arc;

use hydration_context::{HydrateSharedContext, SharedContext};
use leptos::{
    mount::{hydrate_from, mount_to},
    prelude::*,
};
use shared::shape::{Shape, is_opaque};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlTextAreaElement, Node};

use crate::{dom::by_id, sent::kept, ui::drafts};

/// Attribute with the structure in which the server sent an element.
const SHAPE: &str = "data-shape";
/// Attribute that says how an element was taken over: `hydrated` or `rendered`.
const ALIVE: &str = "data-alive";

/// Hydrates an element, or re-renders its content if the structure has changed.
pub fn hydrate<N: IntoView + 'static>(place: HtmlElement, view: impl FnOnce() -> N + 'static) {
    let mut shape = Shape::default();
    walk(&place, &mut shape);
    if place.get_attribute(SHAPE) == Some(shape.to_string()) {
        let _ = place.set_attribute(ALIVE, "hydrated");
        hydrate_from(place, view).forget();
        return;
    }
    // Rendering can use the data that the server sent for hydration, too.
    let sent = Arc::new(HydrateSharedContext::new());
    let owner = Owner::new_root(Some(sent.clone()));
    render(place, view);
    sent.hydration_complete();
    std::mem::forget(owner);
}

/// Re-renders an element's content. Keeps typed text and the focus.
pub fn render<N: IntoView + 'static>(place: HtmlElement, view: impl FnOnce() -> N + 'static) {
    let focused = document()
        .active_element()
        .filter(|element| place.contains(Some(element)))
        .map(|element| element.id());
    let typed = typed(&place);
    kept::keep(&place);
    place.set_text_content(None);
    let _ = place.set_attribute(ALIVE, "rendered");
    mount_to(place, view).forget();
    for (id, words) in typed {
        if let Some(field) = field(&id) {
            field.set_value(&words);
        }
    }
    if let Some(focused) = focused.as_deref().and_then(field) {
        let _ = focused.focus();
    }
}

/// The ids and values of the fields that the user has changed.
fn typed(place: &HtmlElement) -> Vec<(String, String)> {
    let Ok(fields) = place.query_selector_all("textarea, input:not([type=hidden], [type=file])")
    else {
        return Vec::new();
    };
    (0..fields.length())
        .filter_map(|n| Some(as_field(fields.item(n)?)))
        .filter(drafts::is_touched)
        .map(|field| (field.id(), field.value()))
        .collect()
}

fn field(id: &str) -> Option<HtmlTextAreaElement> {
    by_id::<Element>(id).map(as_field)
}

/// Inputs have the same properties as a textarea, under the same names.
fn as_field(node: impl JsCast) -> HtmlTextAreaElement {
    node.unchecked_into()
}

fn walk(parent: &Node, shape: &mut Shape) {
    let mut next = parent.first_child();
    while let Some(node) = next {
        match node.node_type() {
            Node::TEXT_NODE => shape.text(),
            Node::COMMENT_NODE => shape.comment(),
            _ => {
                let tag = node.node_name().to_ascii_lowercase();
                shape.open(&tag);
                let class = node
                    .dyn_ref::<Element>()
                    .and_then(|element| element.get_attribute("class"));
                if !is_opaque(&tag, &class.unwrap_or_default()) {
                    walk(&node, shape);
                }
                shape.close();
            }
        }
        next = node.next_sibling();
    }
}
