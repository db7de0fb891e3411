use super::{
    CRITIQUE_MAX, DESCRIPTION_MAX, NAME_MAX, TITLE_MAX, TOKEN_NAME_MAX, is_blank, refusal,
    tidy::{tidy_lines, tidy_words},
    validated::texts,
};
use crate::{AppError, Kind, Phrase};

texts! {
    /// A person's name as displayed, in any script: 1 to 50 characters, at least one of them
    /// visible.
    DisplayName(|text| line(text, NAME_MAX, "name-missing", "name-too-long"));
    /// The title of an artwork: 1 to 120 characters on one line, at least one of them visible.
    Title(|text| line(text, TITLE_MAX, "title-missing", "title-too-long"));
    /// The artist's description of a work: up to 5,000 characters of Markdown; may be empty.
    Description(|text| block(text, DESCRIPTION_MAX, "description-too-long"));
    /// The text of a critique: 1 to 10,000 characters of Markdown. The renderer tells whether any
    /// of it is visible once rendered.
    CritiqueBody(|text| {
        let body = block(text, CRITIQUE_MAX, "critique-too-long")?;
        if is_blank(&body) { Err(Phrase::new("critique-missing")) } else { Ok(body) }
    });
    /// The name that a person gives a token, to know it by: 1 to 60 characters, at least one of
    /// them visible.
    TokenName(|text| line(text, TOKEN_NAME_MAX, "token-name-missing", "token-name-too-long"));
    /// The client's name for a request and all its retries: 1 to 100 visible ASCII characters, as
    /// in an `Idempotency-Key` header (draft-ietf-httpapi-idempotency-key-header).
    IdempotencyKey(idempotency_key);
}

impl IdempotencyKey {
    /// Parses the key that the client sent, if any.
    ///
    /// # Errors
    /// [`Kind::Malformed`].
    pub fn named(name: Option<&str>) -> Result<Option<Self>, AppError> {
        let odd = |phrase| AppError::new(Kind::Malformed, phrase);
        name.map(Self::parse).transpose().map_err(odd)
    }
}

const KEY_MIN: usize = 1;
const KEY_MAX: usize = 100;

fn idempotency_key(text: &str) -> Result<String, Phrase> {
    if (KEY_MIN..=KEY_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    {
        return Ok(text.to_owned());
    }
    Err(Phrase::new("idempotency-key")
        .with("min", KEY_MIN)
        .with("max", KEY_MAX))
}

/// Validates a line that must be visible. The codes are those of a blank and of a longer one.
fn line(
    text: &str,
    max: usize,
    missing: &'static str,
    too_long: &'static str,
) -> Result<String, Phrase> {
    let tidy = tidy_words(text);
    if is_blank(&tidy) {
        return Err(Phrase::new(missing));
    }
    measured(tidy, max, too_long)
}

fn block(text: &str, max: usize, too_long: &'static str) -> Result<String, Phrase> {
    measured(tidy_lines(text), max, too_long)
}

fn measured(text: String, max: usize, too_long: &'static str) -> Result<String, Phrase> {
    let length = text.chars().count();
    if length > max {
        return Err(Phrase::new(too_long)
            .with("max", max)
            .with("length", length));
    }
    match refusal::first(&text, |c| c == '\0') {
        None => Ok(text),
        Some(odd) => Err(match odd.line {
            None => odd.phrase("character-not-storable"),
            Some(line) => odd
                .phrase("character-not-storable-in-line")
                .with("line", line),
        }),
    }
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
        assert_eq!(
            DisplayName::parse(&"é".repeat(51)),
            Err(Phrase::new("name-too-long")
                .with("max", 50)
                .with("length", 51))
        );
        assert!(
            Title::parse(&format!("{}{}", "é".repeat(120), "\u{200b}".repeat(50))).is_ok(),
            "what is taken out does not count"
        );
    }

    #[test]
    fn a_rejected_character_is_named_with_its_position() {
        let named = Phrase::new("character-not-storable")
            .with("character", "U+0000")
            .with("column", 2);
        for error in [
            DisplayName::parse("a\0b").expect_err("NUL"),
            Title::parse("a\0b").expect_err("NUL"),
            CritiqueBody::parse("a\0b").expect_err("NUL"),
        ] {
            assert_eq!(error, named);
        }
        let in_line = Phrase::new("character-not-storable-in-line")
            .with("character", "U+0000")
            .with("column", 4)
            .with("line", 2);
        assert_eq!(Description::parse("one\ntwo\0"), Err(in_line));
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
