//! Keeps a server-rendered list up to date: when the inbox changes, fetches the page again and
//! takes the list from it.

use gloo_net::http::Request;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlTemplateElement};

use crate::inbox::bell::LIST;

/// Refreshes the list, if the page has one. On failure the list stays as it is until the next
/// change.
pub fn refresh() {
    if document().get_element_by_id(LIST).is_some() {
        spawn_local(async {
            let _ = refresh_list().await;
        });
    }
}

async fn refresh_list() -> Option<()> {
    let answer = Request::get(&window().location().href().ok()?)
        .header("Accept", "text/html")
        .send()
        .await
        .ok()?;
    let text = answer.text().await.ok()?;
    // Content parsed into a template runs no scripts and loads nothing.
    let parsed: HtmlTemplateElement = document()
        .create_element("template")
        .ok()?
        .dyn_into()
        .ok()?;
    parsed.set_inner_html(&text);
    let fresh = parsed
        .content()
        .query_selector(&format!("#{LIST}"))
        .ok()??;
    let focused = document()
        .active_element()
        .map(|element| element.id())
        .filter(|id| !id.is_empty());
    document()
        .get_element_by_id(LIST)?
        .set_inner_html(&fresh.inner_html());
    let again = document().get_element_by_id(&focused?)?;
    again.dyn_into::<HtmlElement>().ok()?.focus().ok()
}
