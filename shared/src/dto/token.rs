//! Personal tokens, with which programs act for a person.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Timestamp, TokenId};

/// What a token may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reading artworks, critiques and profiles.
    Read,
    /// Posting, editing and deleting works and critiques, helpful marks, follows.
    Write,
    /// Reading and marking one's notifications, by REST and over the live socket.
    Notifications,
    /// Moderating, for moderators.
    Moderate,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Notifications, Self::Moderate];

    /// The scope's name in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Notifications => "notifications",
            Self::Moderate => "moderate",
        }
    }

    /// The scope with this name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.word() == word)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A personal token, for its owner's list. Never contains the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenView {
    /// Id to pass when revoking the token.
    pub id: TokenId,
    /// The name its owner gave it.
    pub name: String,
    /// What it may be used for.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute; absent if never.
    pub last_used_at: Option<Timestamp>,
    /// When it expires; absent if never.
    pub expires_at: Option<Timestamp>,
}

/// The answer to a request for a new token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreatedToken {
    /// The token.
    #[serde(flatten)]
    pub view: TokenView,
    /// The secret. Absent if a retry comes too late to be shown it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl fmt::Debug for CreatedToken {
    /// Without the secret, so that no log contains it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CreatedToken")
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_named_in_the_api_as_in_json() {
        for scope in Scope::ALL {
            assert_eq!(Scope::parse(scope.word()), Some(scope));
            assert_eq!(
                serde_json::to_value(scope).expect("JSON"),
                serde_json::Value::from(scope.word())
            );
        }
        assert_eq!(Scope::parse("admin"), None);
    }

    #[test]
    fn debug_output_does_not_contain_the_secret() {
        let created = CreatedToken {
            view: TokenView {
                id: TokenId(1),
                name: "script".into(),
                scopes: vec![Scope::Read],
                created_at: Timestamp("2026-11-26T12:00:00Z".into()),
                last_used_at: None,
                expires_at: None,
            },
            token: Some("act_hush".into()),
        };
        assert!(!format!("{created:?}").contains("hush"));
    }
}
