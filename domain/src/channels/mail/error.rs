use std::fmt;

/// Why a mail was not handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailError {
    /// It may work later: the relay is unreachable, slow, busy, or does not accept our password.
    Temporary(String),
    /// This mail will never be accepted, for a reason that the operator may have to look at.
    Permanent(String),
    /// The recipient's side refuses this mail for good: there is no such mailbox, or it takes no
    /// mail from here. Nothing is wrong with the site, since people type addresses freely.
    Refused(String),
}

impl MailError {
    /// The error with this text left out of its words.
    pub(super) fn without(self, text: &str) -> Self {
        let shorten = |why: String| why.replace(text, "…");
        match self {
            Self::Temporary(why) => Self::Temporary(shorten(why)),
            Self::Permanent(why) => Self::Permanent(shorten(why)),
            Self::Refused(why) => Self::Refused(shorten(why)),
        }
    }
}

impl fmt::Display for MailError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Temporary(why) | Self::Permanent(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for MailError {}
