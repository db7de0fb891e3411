//! What a page starts from: who is looking, their inbox of the same instant, and, after a plain form was refused, what
//! they had typed. The server writes it into the page and the browser reads it there, so that both render the same.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use shared::{
    AppError,
    dto::{InboxPage, Viewer},
};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Boot {
    /// Who is signed in.
    pub viewer: Option<Viewer>,
    /// The first lines of their inbox, with the counts and the cursor of one snapshot.
    pub inbox: Option<InboxPage>,
    /// The form that was refused.
    pub echo: Option<Echo>,
}

/// A refused form, to be shown again with what was typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// The address it was sent to.
    pub action: String,
    /// What was typed, without passwords and files.
    pub fields: Vec<(String, String)>,
    /// Why it was refused.
    pub error: AppError,
}

impl Echo {
    /// What was typed in a field.
    pub fn value(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone())
    }
}

/// Reads the boot (from the request on the server, from the page in the browser) and gives it to all below.
pub fn provide() -> Boot {
    let boot = SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        {
            use_context::<axum::http::request::Parts>().and_then(|parts| parts.extensions.get::<Boot>().cloned()).unwrap_or_default()
        }
        #[cfg(not(feature = "ssr"))]
        Boot::default()
    })
    .into_inner();
    provide_context(boot.clone());
    boot
}

/// The refused form sent to this address, if that is why the page is shown again.
pub fn echo(action: &str) -> Option<Echo> {
    use_context::<Boot>()?.echo.filter(|echo| echo.action == action)
}
