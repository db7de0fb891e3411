//! Puts errors into words.

use shared::{AppError, FieldError, FieldFault, Phrase, ShownError};

use crate::{Locale, codes};

/// The error in this language. A phrase that the catalogue can't word, which is a fault of the
/// program, becomes the sentence for an internal error; see [`known`].
pub fn shown(error: &AppError, locale: Locale) -> ShownError {
    let (code, message) = worded(&error.phrase, locale);
    ShownError {
        kind: error.kind,
        code,
        message,
        fields: error
            .fields
            .iter()
            .map(|FieldFault { field, phrase }| {
                let (code, message) = worded(phrase, locale);
                FieldError {
                    field: field.clone(),
                    code,
                    message,
                }
            })
            .collect(),
        retry_after: error.retry_after,
        current: error.current.clone(),
    }
}

/// Whether the catalogue can word every phrase of the error. A caller logs one that it can't.
pub fn known(error: &AppError) -> bool {
    let fields = error.fields.iter().map(|fault| &fault.phrase);
    std::iter::once(&error.phrase)
        .chain(fields)
        .all(|phrase| sentence(phrase, Locale::En).is_some())
}

/// The phrase's code and sentence.
fn worded(phrase: &Phrase, locale: Locale) -> (String, String) {
    let (code, sentence) = match sentence(phrase, locale) {
        Some(sentence) => (phrase.code, sentence),
        None => (
            codes::INTERNAL_UNKNOWN,
            locale.error_internal_unknown().into_owned(),
        ),
    };
    (code.to_owned(), sentence)
}

fn sentence(phrase: &Phrase, locale: Locale) -> Option<String> {
    let params: Vec<(&str, &str)> = phrase
        .params
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    locale.error(phrase.code, &params)
}

#[cfg(test)]
mod tests {
    use shared::Kind;

    use super::*;

    #[test]
    fn an_error_and_its_fields_are_shown_in_the_readers_language() {
        let long = Phrase::new("title-too-long")
            .with("max", 120)
            .with("length", 1_310);
        let error = AppError::field("title", long).retry_in(3);
        let english = shown(&error, Locale::En);
        assert_eq!(english.code, "fields-invalid");
        assert_eq!(
            english.of("title"),
            Some("Please keep the title to 120 characters; this has 1,310.")
        );
        let german = shown(&error, Locale::De);
        assert_eq!(german.code, english.code);
        assert_eq!(german.fields[0].code, "title-too-long");
        assert!(german.fields[0].message.contains("1.310"));
        assert_ne!(german.message, english.message);
        assert_eq!((german.kind, german.retry_after), (Kind::Invalid, Some(3)));
        assert!(known(&error));
    }

    #[test]
    fn a_phrase_that_the_catalogue_does_not_know_becomes_a_general_sentence() {
        let unknown = AppError::new(Kind::Conflict, "no-such-code");
        assert!(!known(&unknown));
        let told = shown(&unknown, Locale::En);
        assert_eq!(
            (told.kind, told.code.as_str()),
            (Kind::Conflict, "internal-unknown")
        );
        assert!(!told.message.is_empty());
        let incomplete = AppError::field("title", "title-too-long");
        assert!(!known(&incomplete));
        assert_eq!(
            shown(&incomplete, Locale::De).fields[0].code,
            "internal-unknown"
        );
    }
}
