//! The name of a site, which the bus needs as well as the database.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Identifies a site: created with its database, kept by backups and restores. It separates two
/// sites that share a Redis.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SiteId(String);

impl SiteId {
    /// A random identifier of 32 hex digits.
    pub fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// An identifier read from the database.
    pub(crate) fn stored(text: String) -> Self {
        Self(text)
    }

    /// As it is stored and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SiteId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
