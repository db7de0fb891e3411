//! Checks of the mail settings: a test mail, and the doctor's line.

use anyhow::anyhow;
use domain::channels::mail::{Letter, MailError, Mailer, Recipient};
use shared::text::Email;
use words::Locale;

use crate::{cli::output::say, config::Config};

/// What to do when the relay does not take mails.
const REMEDY: &str = "Check SMTP_URL: the host, the port, user and password, and whether the relay \
    wants TLS from the start (smtps://) or STARTTLS (smtp://…?tls=starttls).";

/// Sends a test mail with the configured transport, without the queue.
pub async fn test(config: &Config, address: &str) -> anyhow::Result<()> {
    let email = Email::parse(address).map_err(anyhow::Error::msg)?;
    let mailer = Mailer::new(config.mail(config.addr));
    let letter = Letter::test(Locale::default(), address.trim(), mailer.site());
    let to = Recipient {
        name: String::new(),
        email,
    };
    let id = format!("test.{:016x}", rand::random::<u64>());
    match mailer.send(&to, &letter, &id).await {
        Ok(()) if mailer.is_folder() => {
            say!(
                "SMTP_URL is not set, so the mail was written to {mailer}/{id}.eml and was not sent."
            );
            Ok(())
        }
        Ok(()) => {
            say!(
                "{mailer} accepted the mail from {}. If it does not arrive, look into the relay's log and the spam folder.",
                mailer.from()
            );
            Ok(())
        }
        Err(MailError::Permanent(why) | MailError::Refused(why)) => Err(anyhow!(
            "the mail was refused: {why}. Check the address, and ARTCRITIQUE_MAIL_FROM ({}), which the relay must allow.",
            mailer.from()
        )),
        Err(MailError::Temporary(why)) => {
            Err(anyhow!("the mail was not sent: {why}. {}", remedy(&mailer)))
        }
    }
}

/// Checks that mails can be handed over.
pub async fn check(config: &Config) -> Result<String, String> {
    let mailer = Mailer::new(config.mail(config.addr));
    mailer
        .check()
        .await
        .map_err(|why| format!("{why}. {}", remedy(&mailer)))?;
    Ok(if mailer.is_folder() {
        format!("SMTP_URL is not set: mails are written to {mailer} and are not sent")
    } else {
        format!("{mailer} is reachable; mails come from {}", mailer.from())
    })
}

fn remedy(mailer: &Mailer) -> String {
    if mailer.is_folder() {
        "Give the server's user write access to the data folder, or set SMTP_URL.".into()
    } else {
        REMEDY.into()
    }
}
