use serde::{Deserialize, Serialize};

/// The state of the connection, as shown to the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// Up to date, and new changes arrive at once.
    Live,
    /// Connecting, or fetching missed changes.
    CatchingUp,
    /// No socket can be opened; polling instead.
    Polling,
    /// The site is unreachable, or the session ended.
    Offline,
}

impl Link {
    /// The value of `data-live`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::CatchingUp => "catching-up",
            Self::Polling => "polling",
            Self::Offline => "offline",
        }
    }
}
