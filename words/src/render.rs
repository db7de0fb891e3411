//! Fills a message's parameters in.
//!
//! A message is one text: literal parts with the `markers` between them. One small loop reads it,
//! so that a message adds only its text and one call to a program.

use std::borrow::Cow;

use crate::{
    Locale,
    markers::{DEFAULT, DIGITS, END, FIRST, LANGUAGE, SELECT, TEXT, VALUE, VARIANT},
    plural::{category, grouped},
    pseudo,
};

/// The value of a parameter.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Text, as it is.
    Text(&'a str),
    /// A number, which also selects a plural.
    Count(u64),
}

impl Locale {
    /// A message without parameters.
    pub(crate) fn text(self, texts: &'static str) -> Cow<'static, str> {
        let text = self.of(texts);
        match self {
            Self::Pseudo => Cow::Owned(render(self, text, &[])),
            _ => Cow::Borrowed(text),
        }
    }

    /// A message with parameters.
    pub(crate) fn fill(self, texts: &'static str, values: &[Value<'_>]) -> String {
        render(self, self.of(texts), values)
    }

    /// The text in this language, of those in all languages. A text that is the same in all of them
    /// stands alone.
    fn of(self, texts: &'static str) -> &'static str {
        match texts.split_once(LANGUAGE) {
            Some((_, de)) if self == Self::De => de,
            Some((en, _)) => en,
            None => texts,
        }
    }
}

fn render(locale: Locale, text: &str, values: &[Value<'_>]) -> String {
    let is_pseudo = locale == Locale::Pseudo;
    let mut out = String::new();
    if is_pseudo {
        out.push(pseudo::OPEN);
    }
    let mut chars = text.chars();
    // For each open selector: its value, whether a variant was selected, and whether all of it is
    // skipped.
    let mut open: Vec<(Option<Value<'_>>, bool, bool)> = Vec::new();
    let mut skips = false;
    while let Some(c) = chars.next() {
        match c {
            VALUE | DIGITS => {
                let value = value(chars.next(), values).filter(|_| !skips);
                if let Some(value) = value {
                    push_value(locale, value, c == VALUE, &mut out);
                }
            }
            SELECT => open.push((value(chars.next(), values), false, skips)),
            VARIANT => {
                let (key, rest) = chars.as_str().split_once(TEXT).unwrap_or_default();
                chars = rest.chars();
                if let Some((selector, found, skipped)) = open.last_mut() {
                    let is_selected = !*found && selects(locale, key, *selector);
                    *found |= is_selected;
                    skips = *skipped || !is_selected;
                }
            }
            END => skips = open.pop().is_some_and(|(.., skipped)| skipped),
            _ if skips => {}
            c if is_pseudo => pseudo::push(c, &mut out),
            c => out.push(c),
        }
    }
    if is_pseudo {
        out.push(pseudo::CLOSE);
    }
    out
}

fn value<'a>(letter: Option<char>, values: &[Value<'a>]) -> Option<Value<'a>> {
    let place = (letter? as usize).checked_sub(usize::from(FIRST))?;
    values.get(place).copied()
}

fn push_value(locale: Locale, value: Value<'_>, is_grouped: bool, out: &mut String) {
    let isolated = locale == Locale::Pseudo;
    if isolated {
        out.push(pseudo::ISOLATE);
    }
    match value {
        Value::Text(text) => out.push_str(text),
        Value::Count(n) if !is_grouped => out.push_str(&n.to_string()),
        Value::Count(n) => out.push_str(&grouped(locale, n)),
    }
    if isolated {
        out.push(pseudo::POP);
    }
}

fn selects(locale: Locale, key: &str, selector: Option<Value<'_>>) -> bool {
    key == DEFAULT
        || match selector {
            Some(Value::Count(n)) => key == category(locale, n) || key.parse() == Ok(n),
            Some(Value::Text(text)) => key == text,
            None => false,
        }
}

#[cfg(test)]
mod tests {
    use super::{Value::*, *};

    /// `{ $n -> [0] none [one] one of [other] { $n } of } { $who }`
    const MESSAGE: &str =
        "\u{2}a\u{3}0\u{4}none of \u{3}one\u{4}one of \u{3}*\u{4}\u{1}a of \u{5}\u{1}b!";

    #[test]
    fn a_number_selects_by_its_value_then_by_its_category() {
        let of = |locale: Locale, n| render(locale, MESSAGE, &[Count(n), Text("Ann")]);
        assert_eq!(of(Locale::En, 0), "none of Ann!");
        assert_eq!(of(Locale::En, 1), "one of Ann!");
        assert_eq!(of(Locale::En, 2), "2 of Ann!");
        assert_eq!(of(Locale::De, 1_234), "1.234 of Ann!");
    }

    #[test]
    fn a_word_selects_its_variant_or_the_default() {
        let message = "\u{2}a\u{3}work\u{4}this work\u{3}*\u{4}this\u{5}.";
        assert_eq!(render(Locale::En, message, &[Text("work")]), "this work.");
        assert_eq!(render(Locale::En, message, &[Text("one")]), "this.");
    }

    #[test]
    fn a_selector_may_stand_within_a_variant() {
        let message = "\u{2}a\u{3}no\u{4}a\u{2}b\u{3}1\u{4}b\u{3}*\u{4}c\u{5}d\u{3}*\u{4}e\u{2}b\u{3}1\u{4}f\u{3}*\u{4}\u{6}b\u{5}g\u{5}h";
        let of = |word, n| render(Locale::En, message, &[Text(word), Count(n)]);
        assert_eq!(of("no", 1), "abdh");
        assert_eq!(of("no", 2), "acdh");
        assert_eq!(of("yes", 1), "efgh");
        assert_eq!(of("yes", 2_000), "e2000gh");
    }

    #[test]
    fn the_pseudo_language_isolates_values_and_leaves_them_as_they_are() {
        let shown = render(Locale::Pseudo, MESSAGE, &[Count(5), Text("a \u{1}b e")]);
        assert_eq!(shown, "⟦\u{2068}5\u{2069} ööƒ \u{2068}a \u{1}b e\u{2069}!⟧");
    }

    #[test]
    fn values_are_not_read_as_part_of_the_message() {
        let name = "\u{1}b\u{2}a\u{3}*\u{4}x\u{5}";
        assert_eq!(
            render(Locale::En, "by \u{1}a", &[Text(name)]),
            format!("by {name}")
        );
    }
}
