//! The words of the mails.

use words::Locale;

use crate::{
    accounts::recovery::{RESET_HOURS, VERIFY_HOURS},
    channels::mail::{Button, Letter},
    entities::account,
};

pub(super) fn verification(
    locale: Locale,
    account: &account::Model,
    link: String,
    site: &str,
) -> Letter {
    Letter {
        subject: locale.verify_mail_subject().into_owned(),
        text: locale.verify_mail_text(&account.handle, VERIFY_HOURS),
        button: Some(button(locale, locale.verify_submit().into_owned(), link)),
        note: Some(locale.verify_mail_ignore().into_owned()),
        ..frame(locale, account, site)
    }
}

pub(super) fn reset(locale: Locale, account: &account::Model, link: String, site: &str) -> Letter {
    Letter {
        subject: locale.reset_mail_subject().into_owned(),
        text: locale.reset_mail_text(&account.handle, RESET_HOURS),
        button: Some(button(locale, locale.reset_page().into_owned(), link)),
        note: Some(locale.reset_mail_ignore().into_owned()),
        ..frame(locale, account, site)
    }
}

pub(super) fn password_changed(
    locale: Locale,
    account: &account::Model,
    link: String,
    site: &str,
) -> Letter {
    Letter {
        subject: locale.password_changed_mail_subject().into_owned(),
        text: locale.password_changed_mail_text(&account.handle),
        button: Some(button(locale, locale.forgot_page().into_owned(), link)),
        ..frame(locale, account, site)
    }
}

/// What all mails have.
fn frame(locale: Locale, account: &account::Model, site: &str) -> Letter {
    Letter {
        locale,
        subject: String::new(),
        // Not the display name: whoever registers with a stranger's address chooses it freely.
        hello: locale.mail_hello(&account.handle),
        text: String::new(),
        button: None,
        note: None,
        why: locale.mail_why(site),
    }
}

fn button(locale: Locale, label: String, link: String) -> Button {
    Button {
        label,
        link,
        broken: locale.mail_button_broken().into_owned(),
    }
}
