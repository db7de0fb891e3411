use serde::{Deserialize, Serialize};

/// How the connection stands, as the person is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Link {
    /// Everything that happened is here, and the next thing will be at once.
    Live,
    /// Connecting, or fetching what was missed.
    CatchingUp,
    /// No socket can be had; asking every now and then.
    Polling,
    /// The site can't be reached, or the person is signed out.
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

    /// The same in words, for the panel.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Live => "Live: news arrives at once.",
            Self::CatchingUp => "Catching up…",
            Self::Polling => "Checking every half minute; live updates are blocked here.",
            Self::Offline => "Offline: news will arrive when the connection is back.",
        }
    }
}
