use std::ops::Deref;

use shared::dto::Viewer;
use words::Locale;

use crate::policy::{Role, Scopes};

/// Who makes a request: the account, its role, and what the request's credential allows. A guest is
/// `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub viewer: Viewer,
    /// The account's role.
    pub role: Role,
    /// What the session or token allows.
    pub scopes: Scopes,
    /// The language that the account's owner has chosen.
    pub language: Option<Locale>,
}

impl Actor {
    /// The actor of a signed-in browser.
    pub const fn of_session(viewer: Viewer, role: Role) -> Self {
        Self {
            viewer,
            role,
            scopes: Scopes::of_session(role),
            language: None,
        }
    }

    /// The actor of a token with these scopes.
    pub const fn of_token(viewer: Viewer, role: Role, scopes: Scopes) -> Self {
        Self {
            viewer,
            role,
            scopes: scopes.within(Scopes::of_tokens(role)),
            language: None,
        }
    }

    /// The same actor, with the language that the account's owner has chosen.
    #[must_use]
    pub fn reading(self, language: Option<Locale>) -> Self {
        Self { language, ..self }
    }
}

impl Deref for Actor {
    type Target = Viewer;

    fn deref(&self) -> &Viewer {
        &self.viewer
    }
}
