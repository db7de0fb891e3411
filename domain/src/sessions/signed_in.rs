//! What a session says, and what it is called.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use shared::UserId;
use tower_sessions::session::Id;

use crate::{accounts::Proven, clock::now};

/// Who is signed in, from where and since when.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SignedIn {
    /// The account.
    pub user: UserId,
    /// The password it was proven by, as [`crate::accounts::Proven`] has it: a session of an older
    /// one is none.
    pub stamp: String,
    /// What the browser called itself, shortened.
    pub agent: String,
    /// The address it signed in from.
    pub address: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// When it was last seen, to the hour.
    pub seen_at: i64,
}

impl SignedIn {
    /// Somebody who has just proven who they are.
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

/// A session's name everywhere but in the cookie: the SHA-256 of the id, in hex where it is text.
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
