//! The contents of a session, and its key.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::UserId;
use tower_sessions::session::Id;

use crate::{accounts::Proven, clock::now};

/// The signed-in account, with where and when it signed in.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedIn {
    /// The account.
    pub user: UserId,
    /// The [`Proven::stamp`] the session began with. After a password change the session is
    /// invalid.
    pub stamp: String,
    /// The browser's user agent, cut to 200 characters.
    pub agent: String,
    /// The IP address it signed in from.
    pub address: String,
    /// When it signed in, in milliseconds since 1970.
    pub at: i64,
    /// When it was last seen, in milliseconds since 1970, to the hour.
    pub seen_at: i64,
}

impl SignedIn {
    /// The contents of a new session for an account that has just been proven.
    pub fn new(proven: &Proven, agent: &str, address: String) -> Self {
        let agent = agent.chars().take(200).collect();
        Self {
            user: proven.viewer.id,
            stamp: proven.stamp.clone(),
            agent,
            address,
            at: now(),
            seen_at: now(),
        }
    }
}

/// Identifies a session everywhere except in the cookie: the SHA-256 of the session id, in hex as
/// text.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SessionKey([u8; 32]);

impl TryFrom<String> for SessionKey {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("a session's key is 64 hex digits")
    }
}

impl From<SessionKey> for String {
    fn from(key: SessionKey) -> Self {
        key.text()
    }
}

impl SessionKey {
    /// The key of the session with this id.
    pub fn of(id: Id) -> Self {
        Self(Sha256::digest(id.0.to_le_bytes()).into())
    }

    pub(super) fn parse(hex: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if hex.len() != 2 * bytes.len() {
            return None;
        }
        for (n, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * n..2 * n + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    pub(super) fn text(&self) -> String {
        use std::fmt::Write;
        self.0
            .iter()
            .fold(String::with_capacity(64), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            })
    }
}
