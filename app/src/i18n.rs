//! The language of the page. The words themselves are in the crate `words`.

use shared::Timestamp;
pub use words::Locale;

/// Attribute of the document's element with the language of the page. The attribute `lang` would
/// not do in the browser: translators change it.
#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
const LANGUAGE: &str = "data-language";

/// The language of this request.
#[cfg(feature = "ssr")]
pub fn locale() -> Locale {
    leptos::prelude::with_context::<axum::http::request::Parts, _>(|parts| {
        parts.extensions.get::<Locale>().copied()
    })
    .flatten()
    .unwrap_or_default()
}

/// The language of this page.
#[cfg(all(feature = "hydrate", not(feature = "ssr")))]
pub fn locale() -> Locale {
    thread_local! {
        static OF_PAGE: Locale = leptos::prelude::document()
            .document_element()
            .and_then(|page| page.get_attribute(LANGUAGE))
            .and_then(|tag| Locale::parse(&tag))
            .unwrap_or_default();
    }
    OF_PAGE.with(|locale| *locale)
}

/// A build for neither server nor browser, which only checks types.
#[cfg(not(any(feature = "hydrate", feature = "ssr")))]
pub fn locale() -> Locale {
    Locale::default()
}

/// A number of things, for a message. None is below zero.
pub fn count(n: impl TryInto<u64>) -> u64 {
    n.try_into().unwrap_or_default()
}

/// A date in UTC, where no script writes it in the reader's own way: `23 Nov 2026` in English, else
/// as in ISO 8601.
pub fn day(at: &Timestamp, locale: Locale) -> String {
    match locale {
        Locale::En => at.day(),
        _ => at.0.get(..10).unwrap_or(&at.0).to_owned(),
    }
}

/// A date and minute in UTC, in the same way.
pub fn minute(at: &Timestamp, locale: Locale) -> String {
    match (locale, at.0.get(11..16)) {
        (Locale::En, _) | (_, None) => at.minute(),
        (_, Some(time)) => format!("{}, {time} UTC", day(at, locale)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_english_names_of_months_only_in_english() {
        let at = Timestamp("2026-11-23T01:37:30Z".into());
        assert_eq!(day(&at, Locale::En), "23 Nov 2026");
        assert_eq!(minute(&at, Locale::En), "23 Nov 2026, 01:37 UTC");
        assert_eq!(day(&at, Locale::De), "2026-11-23");
        assert_eq!(minute(&at, Locale::De), "2026-11-23, 01:37 UTC");
        let odd = Timestamp("never".into());
        assert_eq!(day(&odd, Locale::De), "never");
        assert_eq!(minute(&odd, Locale::De), "never");
    }

    #[test]
    fn a_count_below_zero_is_none() {
        assert_eq!(count(-1_i64), 0);
        assert_eq!(count(7_i64), 7);
        assert_eq!(count(7_usize), 7);
    }
}
