use std::fmt;

use askama::Template;
use words::Locale;

/// The content of a mail, in the recipient's language. One layout serves all mails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The language that the sentences are in.
    pub locale: Locale,
    /// The subject.
    pub subject: String,
    /// The salutation.
    pub hello: String,
    /// What the mail is about: one paragraph.
    pub text: String,
    /// What the recipient can do, below the text.
    pub button: Option<Button>,
    /// A paragraph below the button.
    pub note: Option<String>,
    /// Why the recipient gets the mail: the last line.
    pub why: String,
}

/// A link that is shown as a button. `Debug` does not show the link, which may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Button {
    /// The label.
    pub label: String,
    /// The absolute URL.
    pub link: String,
    /// The sentence before the URL in full, for readers in which the button does not work.
    pub broken: String,
}

impl fmt::Debug for Button {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Button")
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

#[derive(Template)]
#[template(path = "letter.html")]
struct Html<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "letter.txt", escape = "none")]
struct Text<'a> {
    letter: &'a Letter,
}

impl Letter {
    /// A mail that shows that mail works.
    pub fn test(locale: Locale, name: &str, site: &str) -> Self {
        Self {
            locale,
            subject: locale.mail_test_subject().into_owned(),
            hello: locale.mail_hello(name),
            text: locale.mail_test_text().into_owned(),
            button: None,
            note: None,
            why: locale.mail_why(site),
        }
    }

    pub(super) fn html(&self) -> Result<String, askama::Error> {
        Html { letter: self }.render()
    }

    pub(super) fn text(&self) -> Result<String, askama::Error> {
        Text { letter: self }.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(name: &str) -> Letter {
        Letter {
            locale: Locale::De,
            subject: "Hallo".into(),
            hello: Locale::De.mail_hello(name),
            text: "Ein Satz.".into(),
            button: Some(Button {
                label: "Öffnen".into(),
                link: "https://art.example/verify/abc?a=1&b=2".into(),
                broken: Locale::De.mail_button_broken().into_owned(),
            }),
            note: Some("Noch ein Satz.".into()),
            why: Locale::De.mail_why("art.example"),
        }
    }

    #[test]
    fn names_are_escaped_in_html_and_plain_in_text() {
        let letter = letter("<b>Ann & Bo</b>");
        let (html, text) = (letter.html().expect("html"), letter.text().expect("text"));
        assert!(
            !html.contains("<b>") && html.contains("Ann &#38; Bo"),
            "{html}"
        );
        assert!(
            text.starts_with("Hallo <b>Ann & Bo</b>,\n\nEin Satz.\n\nhttps://"),
            "{text}"
        );
        assert!(html.contains("lang=\"de\"") && html.contains("dir=\"ltr\""));
    }

    #[test]
    fn the_debug_output_does_not_show_the_link() {
        let output = format!("{:?}", letter("Ann"));
        assert!(
            output.contains("Öffnen") && !output.contains("/verify/"),
            "{output}"
        );
    }

    /// Remote content tells the sender when and where a mail is read, and is blocked by many
    /// programs.
    #[test]
    fn html_loads_nothing() {
        let html = letter("Ann").html().expect("html");
        for remote in ["<img", "<link", "<script", "src=", "url(", "@import"] {
            assert!(!html.contains(remote), "{remote} in {html}");
        }
    }

    #[test]
    fn a_letter_without_button_has_no_empty_paragraphs() {
        let letter = Letter {
            button: None,
            note: None,
            ..letter("Ann")
        };
        assert_eq!(
            letter.text().expect("text"),
            "Hallo Ann,\n\nEin Satz.\n\n-- \nDu bekommst diese Mail, weil deine Adresse auf art.example eingegeben wurde."
        );
        assert!(!letter.html().expect("html").contains("<a "));
    }
}
