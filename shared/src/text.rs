//! Text that has been checked once, at the edge: a value of these types needs no second look inside.
//!
//! Each refusal is a sentence for the person who typed. Lengths are counted in characters (`char`s).

use serde::{Deserialize, Serialize};
use std::fmt;

use crate::{AppError, FieldError, Kind};

/// Collects the errors of several fields, so that a person hears of all of them at once.
#[derive(Default)]
pub struct Fields(Vec<FieldError>);

impl Fields {
    /// Takes the value, or notes the error under `field`.
    pub fn take<T>(&mut self, field: &str, parsed: Result<T, String>) -> Option<T> {
        parsed.map_err(|message| self.0.push(FieldError { field: field.into(), message })).ok()
    }

    /// The error to answer with when some field was refused.
    pub fn into_error(self) -> AppError {
        AppError::invalid(self.0)
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident($parse:expr);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks and tidies what was typed; the error is a sentence for the person who typed it.
            ///
            /// # Errors
            /// When the text does not hold to the rule above.
            pub fn parse(text: &str) -> Result<Self, String> {
                let parse: fn(&str) -> Result<String, String> = $parse;
                parse(text).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;
            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }
    )*};
}

texts! {
    /// The name in a person's address, `/@handle`: 2 to 30 of `a-z A-Z 0-9 _ -`, beginning with a letter or
    /// digit. ASCII only, so that no letter of another script can pose as one of these (UTS #39); what is left of
    /// look-alikes is caught by [`Handle::skeleton`].
    Handle(handle);
    /// What a person is called on the page, in any script: 1 to 50 characters, nothing invisible.
    DisplayName(|text| line(text, 1, 50, "your name"));
    /// An e-mail address as RFC 5321 would carry it: one `@`, no spaces, at most 254 characters.
    Email(email);
    /// The title of an artwork: 1 to 120 characters on one line.
    Title(|text| line(text, 1, 120, "a title"));
    /// What the artist says about a work: up to 5,000 characters of Markdown; may be empty.
    Description(|text| block(text, 0, 5_000, "the description"));
    /// The words of a critique: 1 to 10,000 characters of Markdown.
    CritiqueBody(|text| block(text, 1, 10_000, "your critique"));
    /// What a client calls one attempt, and each repetition of it: 1 to 100 visible ASCII characters, as an `Idempotency-Key` header has
    /// them (draft-ietf-httpapi-idempotency-key-header).
    Attempt(attempt);
}

/// Longest picture caption a form need offer, in characters; see [`Description`].
pub const DESCRIPTION_MAX: usize = 5_000;
/// Longest critique, in characters; see [`CritiqueBody`].
pub const CRITIQUE_MAX: usize = 10_000;
/// Longest title, in characters; see [`Title`].
pub const TITLE_MAX: usize = 120;

/// Names that would read as the site itself, or clash with an address of it.
const RESERVED: [&str; 14] = [
    "admin",
    "administrator",
    "api",
    "artcritique",
    "everyone",
    "help",
    "login",
    "me",
    "moderator",
    "register",
    "root",
    "settings",
    "support",
    "system",
];

impl Attempt {
    /// What a client calls its attempt, if it says so.
    ///
    /// # Errors
    /// [`Kind::Malformed`] with a sentence.
    pub fn named(name: Option<&str>) -> Result<Option<Self>, AppError> {
        let odd = |message| AppError::new(Kind::Malformed, message);
        name.map(Self::parse).transpose().map_err(odd)
    }
}

fn attempt(text: &str) -> Result<String, String> {
    if (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("Name an attempt by 1 to 100 visible ASCII characters.".into())
}

fn handle(text: &str) -> Result<String, String> {
    let text = text.trim();
    let text = text.strip_prefix('@').unwrap_or(text);
    if let Some(odd) = text.chars().find(|c| !c.is_ascii_alphanumeric() && *c != '_' && *c != '-') {
        let odd = if odd.is_whitespace() { "a space".to_owned() } else { format!("“{}”", odd.escape_debug()) };
        return Err(format!("Use the letters a–z, digits, _ and - only; {odd} is not one of them."));
    }
    if !(2..=Handle::MAX).contains(&text.len()) {
        return Err("Choose a handle of 2 to 30 characters.".into());
    }
    if !text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Err("Begin the handle with a letter or a digit.".into());
    }
    if RESERVED.contains(&text.to_ascii_lowercase().as_str()) {
        return Err("That handle is kept for the site; please choose another.".into());
    }
    Ok(text.to_owned())
}

impl Handle {
    /// Most characters.
    pub const MAX: usize = 30;

    /// The handle without case: what is unique, and what addresses are matched by.
    pub fn key(&self) -> String {
        self.0.to_ascii_lowercase()
    }

    /// The handle with the look-alikes among ASCII made one (after the skeletons of UTS #39): two people whose
    /// handles share a skeleton could be taken for each other, so the second is refused.
    pub fn skeleton(&self) -> String {
        self.0
            .chars()
            .map(|c| match c {
                'I' | '1' => 'l',
                '0' => 'o',
                c => c.to_ascii_lowercase(),
            })
            .collect::<String>()
            .replace("rn", "m")
            .replace("vv", "w")
    }
}

fn email(text: &str) -> Result<String, String> {
    let text = text.trim();
    let sound = text.len() <= 254
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(local, host)| {
            !local.is_empty()
                && local.len() <= 64
                && !host.contains('@')
                && !host.is_empty()
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
    if sound { Ok(text.to_owned()) } else { Err("Enter an e-mail address such as name@example.org.".into()) }
}

/// A password on its way to be hashed; never shown, stored or serialised.
pub struct Password(String);

impl Password {
    /// Fewest characters (NIST SP 800-63B asks for 8 at least).
    pub const MIN: usize = 8;
    /// Most bytes; long enough for any passphrase, short enough that hashing can't be abused.
    pub const MAX: usize = 512;

    /// Accepts any characters, spaces included.
    ///
    /// # Errors
    /// When it is shorter than [`Self::MIN`] or longer than [`Self::MAX`].
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() < Self::MIN {
            Err(format!("Choose a password of at least {} characters.", Self::MIN))
        } else if text.len() > Self::MAX {
            Err(format!("Choose a password of at most {} bytes.", Self::MAX))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// The secret itself, for the hash function only.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Whether a character is invisible or turns the text around it: controls, bidi overrides and isolates (Trojan
/// Source, CVE-2021-42574), zero-width characters other than the joiners that scripts and emoji need.
fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

fn line(text: &str, min: usize, max: usize, what: &str) -> Result<String, String> {
    let tidy = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if tidy.chars().any(unseen) {
        return Err(format!("Please write {what} without invisible characters."));
    }
    let visible = tidy.chars().any(|c| !matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}') && !c.is_whitespace());
    measured(tidy, visible, min, max, what)
}

fn block(text: &str, min: usize, max: usize, what: &str) -> Result<String, String> {
    let tidy = text.replace("\r\n", "\n").replace('\r', "\n");
    let tidy = tidy.trim();
    if tidy.chars().any(|c| c != '\n' && c != '\t' && unseen(c)) {
        return Err(format!("Please write {what} without invisible characters."));
    }
    measured(tidy.to_owned(), !tidy.is_empty(), min, max, what)
}

fn measured(text: String, visible: bool, min: usize, max: usize, what: &str) -> Result<String, String> {
    let length = text.chars().count();
    if min > 0 && !visible {
        Err(format!("Please enter {what}."))
    } else if length > max {
        Err(format!("Please keep {what} to {max} characters; this has {length}."))
    } else {
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn handles_are_plain_and_say_what_is_wrong() {
        for good in ["ann", "Ann-2", "0x", "load10000", " @bo "] {
            assert!(Handle::parse(good).is_ok(), "{good}");
        }
        for (bad, hint) in [
            ("", "2 to 30"),
            ("a", "2 to 30"),
            ("аnn", "“а”"),
            ("ann\u{200b}", "200b"),
            ("a b", "; a space is not"),
            ("_ann", "Begin"),
            ("Admin", "kept"),
            ("x".repeat(31).as_str(), "2 to 30"),
            ("a/../b", "“/”"),
        ] {
            let error = Handle::parse(bad).expect_err(bad);
            assert!(error.contains(hint), "{bad}: {error}");
        }
    }

    #[test]
    fn look_alike_handles_share_a_skeleton() {
        let skeleton = |text: &str| Handle::parse(text).expect("a handle").skeleton();
        assert_eq!(skeleton("PauI"), skeleton("paul"));
        assert_eq!(skeleton("b0b"), skeleton("Bob"));
        assert_eq!(skeleton("barn"), skeleton("bam"));
        assert_ne!(skeleton("ann"), skeleton("anna"));
        assert_ne!(skeleton("ali"), skeleton("all"));
    }

    #[test]
    fn names_hold_any_script_but_nothing_invisible() {
        assert_eq!(DisplayName::parse("  Zoë   李\u{200d} ").expect("fine").as_str(), "Zoë 李\u{200d}");
        for bad in ["", "   ", "\u{200d}", "a\u{202e}b", "a\u{0}b"] {
            assert!(DisplayName::parse(bad).is_err(), "{bad:?}");
        }
        assert!(DisplayName::parse(&"é".repeat(50)).is_ok());
        assert!(DisplayName::parse(&"é".repeat(51)).expect_err("long").contains("51"));
    }

    #[test]
    fn emails_are_checked_for_shape_only() {
        for good in ["a@b", "ann+art@example.org", "ü@bücher.example"] {
            assert!(Email::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a@b@c", "a b@c", "a@.b", "a@b\r\nBcc: c@d"] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn blocks_keep_their_lines_and_one_kind_of_ending() {
        assert_eq!(CritiqueBody::parse("\r\na\r\n\tb\r").expect("fine").as_str(), "a\n\tb");
        assert!(CritiqueBody::parse(" \n ").is_err());
        assert!(Description::parse("").is_ok());
    }

    #[test]
    fn a_checked_text_survives_json_and_a_bad_one_does_not() {
        assert!(serde_json::from_str::<Title>("\"Dusk\"").is_ok());
        assert!(serde_json::from_str::<Title>("\"\"").is_err());
    }

    #[test]
    fn passwords_are_measured_not_judged() {
        assert!(Password::parse("        ").is_ok());
        assert!(Password::parse("1234567").is_err());
        assert!(Password::parse(&"x".repeat(513)).is_err());
    }
}
