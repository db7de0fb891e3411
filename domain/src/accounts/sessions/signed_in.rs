//! The contents of a session.

use serde::{Deserialize, Serialize};
use shared::UserId;

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
