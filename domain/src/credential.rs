//! What a request or a socket was authenticated with: the session of a browser, or the token of a
//! program. Shared by all rooms; it depends on none.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::session_key::{SessionKey, hex, unhex};

/// Identifies a token everywhere except in its owner's hands: the SHA-256 of the secret, in hex as
/// text. The secret has 256 random bits, so a plain hash can't be reversed, and comparing hashes
/// reveals nothing about the secret by its timing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TokenKey([u8; 32]);

impl TryFrom<String> for TokenKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a token's key is 64 hex digits")
    }
}

impl From<TokenKey> for String {
    fn from(key: TokenKey) -> Self {
        key.text()
    }
}

impl TokenKey {
    /// The key of the token with this secret.
    pub(crate) fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        unhex(text).map(Self)
    }

    pub(crate) fn text(&self) -> String {
        hex(&self.0)
    }
}

/// The session or the token that a request or a socket was authenticated with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// A signed-in browser.
    Session(SessionKey),
    /// A program.
    Token(TokenKey),
}

impl Credential {
    /// The session's key, if it is a session.
    pub const fn session(&self) -> Option<&SessionKey> {
        match self {
            Self::Session(key) => Some(key),
            Self::Token(_) => None,
        }
    }

    /// The token's key, if it is a token.
    pub const fn token(&self) -> Option<&TokenKey> {
        match self {
            Self::Session(_) => None,
            Self::Token(key) => Some(key),
        }
    }
}
