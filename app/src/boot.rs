//! What a page starts from: who is looking, and their inbox of the same instant, which the server
//! writes into the page and the browser reads there, so that both render the same; and, after a
//! plain form was refused, what they had typed.

use std::sync::Arc;

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    AppError,
    dto::{InboxPage, Viewer},
};

/// The id of the element that carries it.
pub const ELEMENT: &str = "boot";

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// The first lines of their inbox, with the counts and the cursor of one snapshot.
    pub inbox: Option<InboxPage>,
    /// The form that was refused. The server's alone: such a page is not taken over.
    #[serde(skip)]
    pub rejected: Option<RejectedForm>,
    /// The attempt that the page's form goes on with, if it follows a form that was just sent.
    #[serde(skip)]
    pub attempt: Option<String>,
}

/// A refused form, to be shown again with what was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RejectedForm {
    /// The address it was sent to.
    pub action: String,
    /// What was typed, without passwords and files.
    pub fields: Vec<(String, String)>,
    /// Why it was refused.
    pub error: AppError,
}

impl RejectedForm {
    /// What was typed in a field.
    pub fn value(&self, name: &str) -> Option<String> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.clone())
    }
}

/// The boot of this request, or of this page.
#[cfg(feature = "ssr")]
pub fn read() -> Arc<Boot> {
    with_context::<axum::http::request::Parts, _>(|parts| {
        parts.extensions.get::<Arc<Boot>>().cloned()
    })
    .flatten()
    .unwrap_or_default()
}

/// The boot of this request, or of this page.
#[cfg(not(feature = "ssr"))]
pub fn read() -> Arc<Boot> {
    let text = document()
        .get_element_by_id(ELEMENT)
        .and_then(|element| element.text_content());
    Arc::new(
        text.and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default(),
    )
}

/// The boot, for anything on the page.
pub fn current() -> Arc<Boot> {
    use_context().unwrap_or_default()
}

/// The refused form sent to this address, if that is why the page is shown again.
#[cfg(feature = "ssr")]
pub fn rejected_form(action: &str) -> Option<RejectedForm> {
    current()
        .rejected
        .as_ref()
        .filter(|rejected| rejected.action == action)
        .cloned()
}

/// A page that is shown again is not taken over by the browser.
#[cfg(not(feature = "ssr"))]
pub fn rejected_form(_action: &str) -> Option<RejectedForm> {
    None
}
