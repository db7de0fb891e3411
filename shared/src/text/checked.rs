use super::{
    CRITIQUE_MAX, DESCRIPTION_MAX, NAME_MAX, TITLE_MAX, TOKEN_NAME_MAX, is_blank, refusal,
    tidy::{tidy_lines, tidy_words},
    validated::texts,
};
use crate::{AppError, Kind};

texts! {
    /// A person's name as displayed, in any script: 1 to 50 characters, at least one of them
    /// visible.
    DisplayName(|text| line(text, NAME_MAX, "your name"));
    /// The title of an artwork: 1 to 120 characters on one line, at least one of them visible.
    Title(|text| line(text, TITLE_MAX, "a title"));
    /// The artist's description of a work: up to 5,000 characters of Markdown; may be empty.
    Description(|text| block(text, DESCRIPTION_MAX, "the description"));
    /// The text of a critique: 1 to 10,000 characters of Markdown. The renderer tells whether any
    /// of it is visible once rendered.
    CritiqueBody(|text| {
        let body = block(text, CRITIQUE_MAX, "your critique")?;
        if is_blank(&body) { Err("Please enter your critique.".into()) } else { Ok(body) }
    });
    /// The name that a person gives a token, to know it by: 1 to 60 characters, at least one of them
    /// visible.
    TokenName(|text| line(text, TOKEN_NAME_MAX, "a name"));
    /// The client's name for a request and all its retries: 1 to 100 visible ASCII characters, as
    /// in an `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).
    IdempotencyKey(idempotency_key);
}

impl IdempotencyKey {
    /// Parses the key that the client sent, if any.
    ///
    /// # Errors
    /// [`Kind::Malformed`] with a sentence.
    pub fn named(name: Option<&str>) -> Result<Option<Self>, AppError> {
        let odd = |message| AppError::new(Kind::Malformed, message);
        name.map(Self::parse).transpose().map_err(odd)
    }
}

fn idempotency_key(text: &str) -> Result<String, String> {
    if (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(text.to_owned());
    }
    Err("Name an attempt by 1 to 100 visible ASCII characters.".into())
}

/// Validates a line that must be visible.
fn line(text: &str, max: usize, what: &str) -> Result<String, String> {
    let tidy = tidy_words(text);
    if is_blank(&tidy) {
        return Err(format!("Please enter {what}."));
    }
    measured(tidy, max, what)
}

fn block(text: &str, max: usize, what: &str) -> Result<String, String> {
    measured(tidy_lines(text), max, what)
}

fn measured(text: String, max: usize, what: &str) -> Result<String, String> {
    let length = text.chars().count();
    if length > max {
        return Err(format!(
            "Please keep {what} to {max} characters; this has {length}."
        ));
    }
    if let Some((c, place)) = refusal::first(&text, |c| c == '\0') {
        return Err(format!(
            "Please take {} {place} out of {what}; it can't be kept.",
            refusal::name(c)
        ));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_take_any_script_and_must_be_visible() {
        assert_eq!(
            DisplayName::parse("  Zoë   李 ").expect("fine").as_str(),
            "Zoë 李"
        );
        assert_eq!(
            DisplayName::parse("a\u{202e}b\u{200b}")
                .expect("tidied")
                .as_str(),
            "ab"
        );
        for bad in [
            "",
            "   ",
            "\u{200d}",
            "\u{202e}",
            "\u{3164}",
            "\u{2800}",
            "\u{115f}\u{ffa0}",
            "\u{301}",
            "\u{200b}\u{feff}",
        ] {
            assert!(DisplayName::parse(bad).is_err(), "{bad:?}");
            assert!(Title::parse(bad).is_err(), "{bad:?}");
        }
        assert!(DisplayName::parse(&"é".repeat(50)).is_ok());
        assert!(
            DisplayName::parse(&"é".repeat(51))
                .expect_err("long")
                .contains("51")
        );
        assert!(
            Title::parse(&format!("{}{}", "é".repeat(120), "\u{200b}".repeat(50))).is_ok(),
            "what is taken out does not count"
        );
    }

    #[test]
    fn a_rejected_character_is_named_with_its_position() {
        for error in [
            DisplayName::parse("a\0b").expect_err("NUL"),
            Title::parse("a\0b").expect_err("NUL"),
            CritiqueBody::parse("a\0b").expect_err("NUL"),
        ] {
            assert!(error.contains("U+0000 at character 2"), "{error}");
        }
        assert!(
            Description::parse("one\ntwo\0")
                .expect_err("NUL")
                .contains("U+0000 in line 2, at character 4")
        );
    }

    #[test]
    fn blocks_keep_their_lines_and_normalize_line_endings() {
        assert_eq!(
            CritiqueBody::parse("\r\na\r\n\tb\r")
                .expect("fine")
                .as_str(),
            "a\n\tb"
        );
        assert!(CritiqueBody::parse(" \n ").is_err());
        assert!(CritiqueBody::parse("\u{3164}\n\u{2800}").is_err());
        assert!(Description::parse("").is_ok());
    }

    #[test]
    fn json_with_an_invalid_text_is_rejected() {
        assert!(serde_json::from_str::<Title>("\"Dusk\"").is_ok());
        assert!(serde_json::from_str::<Title>("\"\"").is_err());
    }
}
