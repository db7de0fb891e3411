//! Plural categories of whole numbers (Unicode CLDR), and numbers in digits.

use crate::Locale;

/// The plural category of a number.
pub const fn category(locale: Locale, n: u64) -> &'static str {
    match (locale, n) {
        (Locale::En | Locale::De | Locale::Pseudo, 1) => "one",
        _ => "other",
    }
}

/// The sign between groups of three digits.
const fn separator(locale: Locale) -> char {
    match locale {
        Locale::En | Locale::Pseudo => ',',
        Locale::De => '.',
    }
}

/// A number with its digits in groups of three.
pub fn grouped(locale: Locale, n: u64) -> String {
    let digits = n.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.char_indices() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(separator(locale));
        }
        grouped.push(digit);
    }
    grouped
}

impl Locale {
    /// A number with its digits in groups of three: "1,234" in English, "1.234" in German.
    pub fn number(self, n: u64) -> String {
        grouped(self, n)
    }
}

#[cfg(test)]
mod tests {
    use icu_plurals::{PluralCategory, PluralRules};

    use super::*;

    #[test]
    fn plural_categories_are_those_of_cldr() {
        for locale in Locale::offered(true) {
            let tag: icu_locale_core::Locale = locale.tag().parse().expect("a tag");
            let rules = PluralRules::try_new_cardinal(tag.into()).expect("a language of CLDR");
            for n in (0..=10_000).chain([1_000_000]) {
                let expected = match rules.category_for(n) {
                    PluralCategory::Zero => "zero",
                    PluralCategory::One => "one",
                    PluralCategory::Two => "two",
                    PluralCategory::Few => "few",
                    PluralCategory::Many => "many",
                    PluralCategory::Other => "other",
                };
                assert_eq!(category(*locale, n), expected, "{n} in {locale:?}");
            }
        }
    }

    #[test]
    fn digits_are_in_groups_of_three() {
        for (n, english, german) in [
            (0, "0", "0"),
            (999, "999", "999"),
            (1_000, "1,000", "1.000"),
            (12_345, "12,345", "12.345"),
            (1_234_567, "1,234,567", "1.234.567"),
            (
                u64::MAX,
                "18,446,744,073,709,551,615",
                "18.446.744.073.709.551.615",
            ),
        ] {
            assert_eq!(Locale::En.number(n), english);
            assert_eq!(Locale::De.number(n), german);
        }
    }
}
