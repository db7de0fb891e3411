//! Keeps a list that the server rendered up to date: when the inbox moves, the page is asked for
//! anew and the list taken from it.

use gloo_net::http::Request;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlTemplateElement};

use super::LIST;

/// Brings the list up to date, if the page has one. A failure leaves it as it is; the next change
/// tries again.
pub fn refresh() {
    if document().get_element_by_id(LIST).is_some() {
        spawn_local(async {
            let _ = take_over().await;
        });
    }
}

async fn take_over() -> Option<()> {
    let answer = Request::get(&window().location().href().ok()?)
        .header("Accept", "text/html")
        .send()
        .await
        .ok()?;
    let text = answer.text().await.ok()?;
    // What is parsed into a template neither runs nor loads anything.
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
