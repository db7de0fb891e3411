//! Hands mails to an SMTP relay, over a connection of its own for each mail: a connection whose
//! mail was cut off by the time limit must not be used for the next one.

mod address;

use std::{fmt, time::Duration};

use lettre::{
    Message,
    transport::smtp::{
        Error,
        authentication::{Credentials, DEFAULT_MECHANISMS},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailBodyParameter, MailParameter, ServerInfo},
    },
};
use tokio::time::timeout;

use crate::channels::mail::MailError;

/// How long to wait for the relay's answer to QUIT, once it has accepted the mail.
const QUIT_TIMEOUT: Duration = Duration::from_secs(2);

/// An SMTP relay, as `SMTP_URL` names it. `Display` and `Debug` don't show the password.
#[derive(Clone)]
pub struct Relay {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
}

/// How the connection is encrypted.
#[derive(Clone)]
enum Security {
    None,
    /// TLS after the command STARTTLS (RFC 3207); refused to go on without it.
    StartTls(TlsParameters),
    /// TLS from the first byte (RFC 8314).
    Wrapper(TlsParameters),
}

/// The steps of handing a mail over, to say in which one it failed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Connect,
    StartTls,
    SignIn,
    Sender,
    Recipient,
    Content,
}

impl Step {
    const fn name(self) -> &'static str {
        match self {
            Self::Connect => "connecting",
            Self::StartTls => "starting TLS",
            Self::SignIn => "signing in",
            Self::Sender => "naming the sender",
            Self::Recipient => "naming the recipient",
            Self::Content => "sending the mail",
        }
    }
}

impl Relay {
    pub(super) async fn send(&self, message: &Message, limit: Duration) -> Result<(), MailError> {
        let mut step = Step::Connect;
        let sending = async {
            let mut connection = self.connect(&mut step).await?;
            // The commands of lettre's `send`, one by one, to know which one the relay refuses.
            let (envelope, content) = (message.envelope(), message.formatted());
            let Some(parameters) = parameters(message, &content, connection.server_info()) else {
                return Ok((connection, false));
            };
            step = Step::Sender;
            let sender = Mail::new(envelope.from().cloned(), parameters);
            connection.command(sender).await?;
            step = Step::Recipient;
            for address in envelope.to() {
                let recipient = Rcpt::new(address.clone(), Vec::new());
                connection.command(recipient).await?;
            }
            step = Step::Content;
            connection.command(Data).await?;
            connection.message(&content).await?;
            Ok((connection, true))
        };
        let sent = timeout(limit, sending).await;
        let (connection, is_sent) = self.told(sent, step, limit)?;
        quit(connection).await;
        if is_sent {
            Ok(())
        } else {
            let why = format!("{self} takes no address outside ASCII");
            Err(MailError::Refused(why))
        }
    }

    pub(super) async fn check(&self, limit: Duration) -> Result<(), MailError> {
        let mut step = Step::Connect;
        let connected = timeout(limit, self.connect(&mut step)).await;
        quit(self.told(connected, step, limit)?).await;
        Ok(())
    }

    /// Connects, encrypts the connection and signs in. Has no time limit.
    async fn connect(&self, step: &mut Step) -> Result<AsyncSmtpConnection, Error> {
        let name = ClientId::default();
        let wrapper = match &self.security {
            Security::Wrapper(tls) => Some(tls.clone()),
            _ => None,
        };
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, None, &name, wrapper, None).await?;
        if let Security::StartTls(tls) = &self.security {
            *step = Step::StartTls;
            connection.starttls(tls.clone(), &name).await?;
        }
        if let Some(credentials) = &self.credentials {
            *step = Step::SignIn;
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    /// Puts a failure into words, and says whether another try may succeed.
    fn told<T>(
        &self,
        outcome: Result<Result<T, Error>, tokio::time::error::Elapsed>,
        step: Step,
        limit: Duration,
    ) -> Result<T, MailError> {
        let doing = step.name();
        let error = match outcome {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(error)) => error,
            Err(_) => {
                return Err(MailError::Temporary(format!(
                    "{self} did not answer within {limit:?}, while {doing}"
                )));
            }
        };
        let why = format!("{self}, while {doing}: {error}");
        // Before the mail itself was offered, a refusal is about the configuration, which the
        // operator can correct; so is 530, "authentication required" (RFC 4954, section 6).
        let is_refusal = (error.is_client() || error.is_permanent())
            && error.status().is_none_or(|code| u16::from(code) != 530);
        Err(match step {
            Step::Sender if is_refusal => MailError::Permanent(why),
            Step::Recipient | Step::Content if is_refusal => MailError::Refused(why),
            _ => MailError::Temporary(why),
        })
    }
}

/// The parameters of MAIL for what is not in ASCII (RFC 6152, RFC 6531); `None` if the relay lacks
/// an extension.
fn parameters(message: &Message, content: &[u8], relay: &ServerInfo) -> Option<Vec<MailParameter>> {
    let mut parameters = Vec::new();
    let mut addresses = message.envelope().to().iter();
    if addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        relay
            .supports_feature(Extension::SmtpUtfEight)
            .then(|| parameters.push(MailParameter::SmtpUtfEight))?;
    }
    if !content.is_ascii() {
        let eight_bits = MailParameter::Body(MailBodyParameter::EightBitMime);
        relay
            .supports_feature(Extension::EightBitMime)
            .then(|| parameters.push(eight_bits))?;
    }
    Some(parameters)
}

/// Ends the connection politely. The mail was accepted, so a failure has no consequence.
async fn quit(mut connection: AsyncSmtpConnection) {
    let _ = timeout(QUIT_TIMEOUT, connection.quit()).await;
}

impl fmt::Display for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, tls) = match self.security {
            Security::None => ("smtp", "?tls=none"),
            Security::StartTls(_) => ("smtp", "?tls=starttls"),
            Security::Wrapper(_) => ("smtps", ""),
        };
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        write!(f, "{scheme}://{host}:{}{tls}", self.port)
    }
}

impl fmt::Debug for Relay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
