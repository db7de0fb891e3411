//! Looks errors up by their code.

use crate::{
    Locale,
    messages::{ErrorMessage, error_message},
    render::Value,
};

impl Locale {
    /// The sentence for an error: its code is the id of the message `error-{code}`, and the
    /// parameters are pairs of name and value, numbers in decimal digits. `None` if there is no
    /// such code, or a parameter is missing; further parameters are ignored.
    pub fn error(self, code: &str, params: &[(&str, &str)]) -> Option<String> {
        let ErrorMessage {
            texts,
            names,
            counts,
        } = error_message(code)?;
        let values: Option<Vec<Value<'_>>> = names
            .iter()
            .zip(counts)
            .map(|(name, is_count)| {
                let (_, value) = params.iter().find(|(given, _)| given == name)?;
                let number = value.parse().ok().filter(|_| *is_count);
                Some(number.map_or(Value::Text(value), Value::Count))
            })
            .collect();
        Some(self.fill(texts, &values?))
    }
}

/// The names of an error's parameters; `None` if there is no such code.
pub fn error_parameters(code: &str) -> Option<&'static [&'static str]> {
    Some(error_message(code)?.names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::CODES;

    #[test]
    fn every_code_has_a_sentence_in_every_language() {
        for code in CODES {
            let names = error_parameters(code).expect("known");
            let params: Vec<(&str, &str)> = names.iter().map(|name| (*name, "7")).collect();
            for locale in Locale::offered(true) {
                let sentence = locale
                    .error(code, &params)
                    .expect("all parameters are given");
                assert!(!sentence.is_empty(), "{code}");
            }
        }
    }

    #[test]
    fn an_unknown_code_or_a_missing_parameter_has_no_sentence() {
        assert_eq!(Locale::En.error("no-such-code", &[]), None);
        assert_eq!(Locale::En.error("title-too-long", &[("max", "120")]), None);
    }

    #[test]
    fn numbers_among_the_parameters_are_written_in_the_readers_language() {
        let params = [("length", "12345"), ("max", "120"), ("other", "x")];
        let sentence = |locale: Locale| locale.error("title-too-long", &params).expect("known");
        assert!(sentence(Locale::En).contains("12,345"));
        assert!(sentence(Locale::De).contains("12.345"));
    }
}
