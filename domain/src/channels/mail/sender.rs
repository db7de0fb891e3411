use std::{fmt, str::FromStr};

use lettre::{Address, message::Mailbox};

use crate::channels::mail::host_of;

/// The name of a sender that the operator did not configure.
const NAME: &str = "ArtCritique";
/// The part before the `@` of such a sender.
const LOCAL_PART: &str = "artcritique";

/// The mailbox that mails come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl FromStr for Sender {
    type Err = String;

    /// Parses `hello@art.example` or `Art <hello@art.example>`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mailbox: Option<Mailbox> = text.trim().parse().ok();
        let plain = mailbox.filter(|mailbox| mailbox.email.to_string().is_ascii());
        plain.map(Self).ok_or_else(|| {
            "expected an address such as hello@art.example, or Art <hello@art.example>".to_owned()
        })
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Sender {
    /// The default sender: an address at the origin's host. An IP address has no mailboxes, so
    /// there it is one of this machine.
    pub(super) fn of_site(origin: &str) -> Self {
        let host = host_of(origin).filter(|host| {
            host.contains(|c: char| c.is_ascii_alphabetic()) && !host.starts_with('[')
        });
        let at_host = host.and_then(|host| Address::new(LOCAL_PART, host).ok());
        let address = at_host.unwrap_or_else(|| Address::new_dangerous(LOCAL_PART, "localhost"));
        Self(Mailbox::new(Some(NAME.to_owned()), address))
    }

    pub(super) const fn mailbox(&self) -> &Mailbox {
        &self.0
    }

    /// The host of the address.
    pub(super) fn host(&self) -> &str {
        self.0.email.domain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_sender_is_at_the_host_of_the_site() {
        for (origin, expected) in [
            (
                "https://art.example",
                "ArtCritique <artcritique@art.example>",
            ),
            (
                "https://xn--bcher-kva.example:8443",
                "ArtCritique <artcritique@xn--bcher-kva.example>",
            ),
            (
                "http://localhost:3000",
                "ArtCritique <artcritique@localhost>",
            ),
            (
                "http://127.0.0.1:3000",
                "ArtCritique <artcritique@localhost>",
            ),
            ("http://[::1]:3000", "ArtCritique <artcritique@localhost>"),
        ] {
            assert_eq!(Sender::of_site(origin).to_string(), expected);
        }
    }

    #[test]
    fn senders_are_one_address_with_or_without_a_name() {
        for (text, read) in [
            (" hello@art.example ", "hello@art.example"),
            ("Art <hello@art.example>", "Art <hello@art.example>"),
        ] {
            assert_eq!(text.parse::<Sender>().expect(text).to_string(), read);
        }
        for text in [
            "",
            "hello",
            "a@b.example, c@d.example",
            "hello@bücher.example",
            "Art <hello@art.example>\r\nBcc: all@art.example",
        ] {
            assert!(text.parse::<Sender>().is_err(), "{text}");
        }
    }
}
