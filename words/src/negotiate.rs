//! The header `Accept-Language`.

use crate::Locale;

/// How many of a header's languages count.
const MAX_RANGES: usize = 32;

impl Locale {
    /// The best of the offered languages for a client with this `Accept-Language` (RFC 9110,
    /// section 12.5.4), by "lookup" (RFC 4647, section 3.4): `de-AT` finds German. `None` if the
    /// client names none of them, or the header can't be read. [`Self::Pseudo`] needs its exact
    /// tag. Only the first languages of a very long header count.
    pub fn negotiate(accept_language: &str, pseudo: bool) -> Option<Self> {
        best(accept_language, Self::offered(pseudo))
    }
}

/// The offered language with the highest weight; of several, the one that the client names first.
fn best(accept_language: &str, offered: &[Locale]) -> Option<Locale> {
    let ranges: Vec<(&str, u16)> = accept_language
        .split(',')
        .take(MAX_RANGES)
        .filter_map(range)
        .collect();
    // For each language its weight, and its place in the header.
    let weighed = offered.iter().filter_map(|locale| {
        let of = |fits: &dyn Fn(&str) -> bool| {
            let fitting = ranges.iter().enumerate().filter(|(_, (tag, _))| fits(tag));
            // `max_by_key` would take the last of several.
            fitting
                .rev()
                .max_by_key(|(_, (_, weight))| *weight)
                .map(|(place, (_, weight))| (*weight, place))
        };
        let named = of(&|tag| finds(tag, *locale, offered));
        // `*` stands for every language that the header does not name.
        let any = || of(&|tag| tag == "*" && *locale != Locale::Pseudo);
        named
            .or_else(any)
            .filter(|(weight, _)| *weight > 0)
            .map(|(weight, place)| (*locale, weight, place))
    });
    weighed
        .reduce(|best, next| {
            if (next.1, std::cmp::Reverse(next.2)) > (best.1, std::cmp::Reverse(best.2)) {
                next
            } else {
                best
            }
        })
        .map(|(locale, ..)| locale)
}

/// Whether the range's tag, or what is left of it without its last parts, is that of the language.
fn finds(range: &str, locale: Locale, offered: &[Locale]) -> bool {
    let exactly = |locale: Locale| locale.tag().eq_ignore_ascii_case(range);
    let language = range.split('-').next().unwrap_or_default();
    exactly(locale)
        || locale != Locale::Pseudo
            && locale.tag().eq_ignore_ascii_case(language)
            && !offered.iter().any(|other| exactly(*other))
}

/// One element of the header: the tag, or `*`, and its weight in thousandths.
fn range(element: &str) -> Option<(&str, u16)> {
    let mut parts = element.split(';').map(str::trim);
    let tag = parts.next().filter(|tag| !tag.is_empty())?;
    let weight = match (parts.next(), parts.next()) {
        (None, _) => 1_000,
        (Some(weight), None) => {
            let (name, value) = weight.split_once('=')?;
            name.trim_end()
                .eq_ignore_ascii_case("q")
                .then(|| thousandths(value.trim_start()))??
        }
        _ => return None,
    };
    Some((tag, weight))
}

/// A `qvalue` (RFC 9110, section 12.4.2): 0 to 1, with at most three decimals.
fn thousandths(value: &str) -> Option<u16> {
    let (whole, decimals) = value.split_once('.').unwrap_or((value, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let parts = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(parts),
        "1" if parts == 0 => Some(1_000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use Locale::{De, En, Pseudo};
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_client_gets_the_language_with_the_highest_weight() {
        for (header, expected) in [
            ("", None),
            ("de", Some(De)),
            ("DE", Some(De)),
            ("de-AT", Some(De)),
            ("de-Latn-CH-1996", Some(De)),
            ("den", None),
            ("fr, it;q=0.9", None),
            ("fr, de;q=0.1", Some(De)),
            ("en, de", Some(En)),
            ("de, en", Some(De)),
            ("de;q=0.5, en;q=0.6", Some(En)),
            ("de ; q=0.501 , en;Q=0.5", Some(De)),
            ("de;q=0.8, de-CH;q=0.2, en;q=0.5", Some(De)),
            ("de;q=0", None),
            ("de;q=0.000, en;q=0.001", Some(En)),
            ("*", Some(En)),
            ("en;q=0, *", Some(De)),
            ("de;q=0.1, *;q=0.5", Some(En)),
            ("*;q=0", None),
            ("de;q=1.5", None),
            ("de;q=1.000", Some(De)),
            ("de;q=0.5555", None),
            ("de;q=", None),
            ("de;level=1", None),
            ("de;q=1;q=1", None),
            (";q=1, , de", Some(De)),
            ("en-XR", Some(En)),
            ("de_DE", None),
        ] {
            assert_eq!(Locale::negotiate(header, false), expected, "{header:?}");
        }
    }

    #[test]
    fn the_pseudo_language_needs_its_exact_tag_and_an_offer() {
        for (header, expected) in [
            ("en-XR", Some(Pseudo)),
            ("en-xr, de", Some(Pseudo)),
            ("en", Some(En)),
            ("en-XR-x", Some(En)),
            ("*", Some(En)),
            ("en;q=0, de;q=0, *", None),
            ("en-XR;q=0, en", Some(En)),
        ] {
            assert_eq!(Locale::negotiate(header, true), expected, "{header:?}");
        }
        assert_eq!(Locale::parse("EN-xr"), Some(Pseudo));
        assert_eq!(Locale::parse("de"), Some(De));
        assert_eq!(Locale::parse("de-AT"), None);
        assert!(!Locale::offered(false).contains(&Pseudo));
    }

    #[test]
    fn only_the_first_languages_of_a_long_header_count() {
        let header = format!("{}de", "fr,".repeat(MAX_RANGES));
        assert_eq!(Locale::negotiate(&header, false), None);
        assert_eq!(Locale::negotiate(&header[3..], false), Some(De));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(header in "\\PC{0,200}") {
            let _ = Locale::negotiate(&header, true);
        }

        #[test]
        fn any_list_finds_an_offered_language_or_none(header in "([a-zA-Z*-]{0,6}( ?; ?[qQ]=[0-9.]{0,6})?,?){0,40}", pseudo: bool) {
            if let Some(locale) = Locale::negotiate(&header, pseudo) {
                prop_assert!(Locale::offered(pseudo).contains(&locale));
            }
        }
    }
}
