use lettre::{
    Address, Message,
    message::{
        Mailbox, MultiPart,
        header::{HeaderName, HeaderValue},
    },
};
use shared::text::Email;

use crate::channels::mail::{Letter, MailError, Recipient, Sender};

/// Composes a mail in HTML and plain text (RFC 2046, section 5.1.4). Headers are encoded by type,
/// so no name can add one.
pub(super) fn compose(
    from: &Sender,
    to: &Recipient,
    letter: &Letter,
    id: &str,
) -> Result<Message, MailError> {
    let (html, text) = letter
        .html()
        .and_then(|html| Ok((html, letter.text()?)))
        .map_err(|error| MailError::Permanent(format!("the mail can't be composed: {error}")))?;
    let to = Mailbox::new(Some(in_one_line(&to.name)), address(&to.email)?);
    let message = Message::builder()
        .from(from.mailbox().clone())
        .to(to)
        .subject(in_one_line(&letter.subject))
        .date_now()
        .message_id(Some(format!("<{id}@{}>", from.host())))
        // Keeps programs that answer mails from answering this one (RFC 3834, section 5).
        .raw_header(plain("Auto-Submitted", "auto-generated"))
        .raw_header(plain("Content-Language", letter.locale.tag()));
    message
        .multipart(MultiPart::alternative_plain_html(text, html))
        .map_err(|error| MailError::Permanent(format!("the mail can't be composed: {error}")))
}

/// The text without control characters, at which the encoder of names panics (lettre 0.11.23).
fn in_one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn plain(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

/// The address with its domain in ASCII, which relays without SMTPUTF8 (RFC 6531) take too.
fn address(email: &Email) -> Result<Address, MailError> {
    let key = email.key();
    let domain = key.rsplit_once('@').map_or("", |(_, domain)| domain);
    let local = email
        .as_str()
        .rsplit_once('@')
        .map_or("", |(local, _)| local);
    Address::new(local, domain).map_err(|error| {
        MailError::Refused(format!("no mail can be sent to this address: {error}"))
    })
}

#[cfg(test)]
mod tests {
    use words::Locale;

    use super::*;

    fn formatted(name: &str, email: &str, subject: &str) -> String {
        let letter = Letter {
            locale: Locale::En,
            subject: subject.into(),
            hello: Locale::En.mail_hello(name),
            text: "A sentence.".into(),
            button: None,
            note: None,
            why: "Because.".into(),
        };
        let to = Recipient {
            name: name.into(),
            email: Email::parse(email).expect("an address"),
        };
        let from = "Art <hello@art.example>".parse().expect("a sender");
        let message = compose(&from, &to, &letter, "reset.7.abc").expect("composed");
        String::from_utf8(message.formatted()).expect("ASCII")
    }

    fn headers(mail: &str) -> Vec<&str> {
        let (head, _) = mail.split_once("\r\n\r\n").expect("a head");
        head.split("\r\n").collect()
    }

    #[test]
    fn mails_carry_the_headers_of_automatic_mail() {
        let mail = formatted("Ann", "ann@example.org", "Hello");
        for line in [
            "From: \"Art\" <hello@art.example>",
            "To: \"Ann\" <ann@example.org>",
            "Subject: Hello",
            "Message-ID: <reset.7.abc@art.example>",
            "Auto-Submitted: auto-generated",
            "Content-Language: en",
            "MIME-Version: 1.0",
        ] {
            let unquoted = line.replace('"', "");
            assert!(
                headers(&mail)
                    .iter()
                    .any(|header| header.replace('"', "") == unquoted),
                "{line} is not in\n{mail}"
            );
        }
        assert!(
            headers(&mail)
                .iter()
                .any(|header| header.starts_with("Date: "))
        );
        assert!(mail.contains("multipart/alternative"));
    }

    #[test]
    fn line_breaks_in_names_and_subjects_add_no_header() {
        let hostile = "Ann\r\nBcc: all@example.org\r\n\r\nBuy!";
        let mail = formatted(hostile, "ann@example.org", hostile);
        let (head, _) = mail.split_once("\r\n\r\n").expect("a head");
        assert!(
            !headers(&mail)
                .iter()
                .any(|line| line.to_lowercase().starts_with("bcc")),
            "{head}"
        );
        assert!(head.contains("MIME-Version"), "the head ends early: {mail}");
    }

    #[test]
    fn domains_are_sent_in_ascii() {
        let mail = formatted("Ann", "Ann.O'Neil@bücher.example", "Grüße");
        assert!(
            mail.contains("<Ann.O'Neil@xn--bcher-kva.example>"),
            "{mail}"
        );
        assert!(mail.is_ascii());
    }
}
