//! Links in mails: verifying an e-mail address, and resetting a forgotten password.
//!
//! A link carries a [`LinkSecret`] of which the database keeps only the hash. It is made when its
//! mail is sent, by a job whose payload holds no secret. Every try of that job makes a link of its
//! own and leaves the earlier ones valid: a mail whose first copy arrived after all must not
//! contain a dead link. Visiting a link changes nothing, since programs that scan mails for
//! viruses follow links; the form on its page does.

mod letters;
mod links;
mod mails;
mod reset;
mod secret;
mod verify;

pub(crate) use links::end_reset_links;
pub use links::{MAILS_PER_HOUR, RESET_HOURS, VERIFY_HOURS};
pub(crate) use mails::{PasswordChangedMail, ResetMail, VerificationMail};
pub use secret::LinkSecret;
use shared::{AppError, Kind};
pub use verify::{OwnEmail, VerifyLink};

use crate::{Error, Result, Store, accounts::Passwords, channels::mail::Mailer};

/// Verifies addresses and resets passwords, by mail.
#[derive(Clone)]
pub struct Recovery {
    store: Store,
    passwords: Passwords,
    mailer: Mailer,
}

impl Recovery {
    pub(crate) const fn new(store: Store, passwords: Passwords, mailer: Mailer) -> Self {
        Self {
            store,
            passwords,
            mailer,
        }
    }
}

/// The error for a link that is unknown, expired, used or superseded, whichever it is.
fn link_invalid() -> Error {
    AppError::new(Kind::NotFound, "link-invalid").into()
}

/// The secret of a link, from its URL or form.
fn secret(text: &str) -> Result<LinkSecret> {
    LinkSecret::parse(text).ok_or_else(link_invalid)
}
