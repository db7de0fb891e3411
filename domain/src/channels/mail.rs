//! Mail: a [`Mailer`] hands a [`Letter`] to an SMTP relay, or writes it into a folder if none is
//! configured.
//!
//! Jobs call [`Mailer::send`], never a request: the relay may be slow or down. A mail that a job
//! sends again has the same `Message-ID`, so that a receiver can drop the second copy. A relay may
//! accept a mail and lose the connection before it says so, hence a mail is sent at least once.

mod error;
mod folder;
mod letter;
mod message;
mod relay;
mod sender;

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

pub use error::MailError;
use folder::Folder;
pub use letter::{Button, Letter};
pub use relay::Relay;
pub use sender::Sender;
use shared::text::Email;
use url::Url;

/// How long one mail may take, from the connection to the relay's acceptance.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(30);

/// Where mails go, and what they say of the site.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// The SMTP relay; without one, mails are written into `folder`.
    pub relay: Option<Relay>,
    /// The folder for mails where there is no relay.
    pub folder: PathBuf,
    /// The sender; by default one at the origin's host.
    pub from: Option<Sender>,
    /// The site's public origin, such as `https://art.example`, for links.
    pub origin: String,
    /// How long one mail may take; [`SEND_TIMEOUT`].
    pub timeout: Duration,
}

/// Who a mail goes to.
#[derive(Clone, Debug)]
pub struct Recipient {
    /// The person's name.
    pub name: String,
    /// The address.
    pub email: Email,
}

/// Sends mails. Cloning it increments a reference count.
#[derive(Clone)]
pub struct Mailer(Arc<Inner>);

struct Inner {
    transport: Transport,
    from: Sender,
    origin: String,
    timeout: Duration,
}

enum Transport {
    Relay(Relay),
    Folder(Folder),
}

impl Mailer {
    /// A mailer with these settings. Connects to nothing and creates no folder yet.
    pub fn new(settings: MailSettings) -> Self {
        let from = settings
            .from
            .unwrap_or_else(|| Sender::of_site(&settings.origin));
        let transport = match settings.relay {
            Some(relay) => Transport::Relay(relay),
            None => Transport::Folder(Folder::new(settings.folder)),
        };
        Self(Arc::new(Inner {
            transport,
            from,
            origin: settings.origin,
            timeout: settings.timeout,
        }))
    }

    /// The absolute URL of a path on this site.
    pub fn link(&self, path: &str) -> String {
        let mut link = self.0.origin.clone();
        link.push_str(path);
        link
    }

    /// The site's name in mails: its host, such as `art.example`, with the port if there is one.
    pub fn site(&self) -> &str {
        self.0
            .origin
            .split_once("://")
            .map_or(self.0.origin.as_str(), |(_, host)| host)
    }

    /// Sends a mail. `id` identifies it: letters, digits, `-` and `.` only, and the same for every
    /// copy of one mail.
    ///
    /// # Errors
    /// [`MailError::Refused`] if the relay refuses the recipient or the content;
    /// [`MailError::Permanent`] if it refuses the sender, or the mail can't be composed: sending it
    /// again is useless in both cases. [`MailError::Temporary`] for everything else.
    pub async fn send(&self, to: &Recipient, letter: &Letter, id: &str) -> Result<(), MailError> {
        let message = message::compose(&self.0.from, to, letter, id)?;
        let sent = match &self.0.transport {
            Transport::Relay(relay) => relay.send(&message, self.0.timeout).await,
            Transport::Folder(folder) => folder.write(id, message.formatted()).await,
        };
        // Relays repeat the address in their replies, and the log must not contain it.
        sent.map_err(|error| {
            let addresses = message.envelope().to().iter();
            addresses.fold(error, |error, address| error.without(address.as_ref()))
        })
    }

    /// Checks that mails can be handed over, without sending one: the relay takes the connection,
    /// the TLS handshake and the password.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn check(&self) -> Result<(), MailError> {
        match &self.0.transport {
            Transport::Relay(relay) => relay.check(self.0.timeout).await,
            Transport::Folder(folder) => folder.check().await,
        }
    }

    /// Whether mails are only written into a folder.
    pub fn is_folder(&self) -> bool {
        matches!(self.0.transport, Transport::Folder(_))
    }

    /// The sender's mailbox.
    pub fn from(&self) -> &Sender {
        &self.0.from
    }
}

/// Where mails go: the relay without its password, or the folder.
impl fmt::Display for Mailer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.transport {
            Transport::Relay(relay) => relay.fmt(f),
            Transport::Folder(folder) => folder.fmt(f),
        }
    }
}

/// The host of an origin.
fn host_of(origin: &str) -> Option<String> {
    Url::parse(origin).ok()?.host_str().map(str::to_owned)
}
