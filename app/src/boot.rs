//! A page's initial data: the viewer and a snapshot of their inbox. The server embeds it in the
//! page and the browser reads it there, so that both render the same. On the server it also carries
//! a rejected form's values.

use std::sync::Arc;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    ShownError,
    dto::{InboxPage, Viewer},
};

/// The id of the element that holds the data.
pub const ELEMENT: &str = "boot";

/// A page's initial data. See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// The viewer, if signed in.
    pub viewer: Option<Viewer>,
    /// The first notifications of the inbox, with the counts and cursor of the same snapshot.
    pub inbox: Option<InboxPage>,
    /// The rejected form. Server only: such a page is not hydrated.
    #[serde(skip)]
    pub rejected: Option<RejectedForm>,
    /// The idempotency key that the page's form reuses, if it follows a form that was just sent.
    #[serde(skip)]
    pub attempt: Option<String>,
}

/// A rejected form, to be shown again with the submitted values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedForm {
    /// The path it was sent to.
    pub action: String,
    /// The submitted values, without passwords and files.
    pub fields: Vec<(String, String)>,
    /// The error, in the reader's language.
    pub error: ShownError,
}

impl RejectedForm {
    /// The submitted value of a field.
    pub fn value(&self, name: &str) -> Option<String> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
    }
}

/// The initial data of this request.
#[cfg(feature = "ssr")]
pub fn read() -> Arc<Boot> {
    with_context::<axum::http::request::Parts, _>(|parts| {
        parts.extensions.get::<Arc<Boot>>().cloned()
    })
    .flatten()
    .unwrap_or_default()
}

/// The initial data of this page.
#[cfg(not(feature = "ssr"))]
pub fn read() -> Arc<Boot> {
    let text = document()
        .get_element_by_id(ELEMENT)
        .and_then(|element| element.text_content());
    Arc::new(
        text.and_then(|text| crate::json::from_str(&text).ok())
            .unwrap_or_default(),
    )
}

/// The initial data, from the context.
pub fn current() -> Arc<Boot> {
    use_context().unwrap_or_default()
}

/// The rejected form, if it was sent to this path.
#[cfg(feature = "ssr")]
pub fn rejected_form(action: &str) -> Option<RejectedForm> {
    current()
        .rejected
        .as_ref()
        .filter(|rejected| rejected.action == action)
        .cloned()
}

/// Always `None`: a page with a rejected form is not hydrated.
#[cfg(not(feature = "ssr"))]
pub fn rejected_form(_action: &str) -> Option<RejectedForm> {
    None
}
