use std::collections::BTreeSet;

use super::*;
use crate::{
    markers::{DIGITS, END, SELECT, TEXT, VALUE, VARIANT},
    pseudo::{CLOSE, ISOLATE, OPEN, POP},
};

/// Messages that are the same in both languages, for these sample values.
const SAME: [&str; 9] = [
    "day-in-utc",
    "named-character",
    "notifications-filter",
    "page-title",
    "person-title",
    "site-api",
    "site-name",
    "tokens-name",
    "upload-percent",
];

const NUMBERS: [u64; 4] = [0, 1, 2, 1_234];

#[test]
fn every_message_has_text_in_every_language() {
    for (id, message) in SAMPLES {
        for (locale, n) in [Locale::En, Locale::De]
            .into_iter()
            .flat_map(|locale| NUMBERS.map(|n| (locale, n)))
        {
            let text = message(locale, n);
            assert!(!text.trim().is_empty(), "{id} in {locale:?}");
            let marker = text.find([VALUE, DIGITS, SELECT, VARIANT, TEXT, END]);
            assert_eq!(marker, None, "{id} in {locale:?}: {text}");
            assert_eq!(text.trim(), text, "{id} in {locale:?}");
        }
    }
}

#[test]
fn no_message_was_left_untranslated() {
    let same = |sample: &&(&str, Sample)| {
        let (_, message) = sample;
        [0, 1, 2]
            .iter()
            .all(|n| message(Locale::En, *n) == message(Locale::De, *n))
    };
    let found: BTreeSet<&str> = SAMPLES.iter().filter(same).map(|(id, _)| *id).collect();
    assert_eq!(found, BTreeSet::from(SAME));
}

#[test]
fn quotation_marks_and_ellipses_are_those_of_the_language() {
    for (id, message) in SAMPLES {
        let (english, german) = (message(Locale::En, 2), message(Locale::De, 2));
        assert_eq!(
            english.matches('“').count(),
            english.matches('”').count(),
            "{id}"
        );
        assert_eq!(
            german.matches('„').count(),
            german.matches('“').count(),
            "{id}"
        );
        assert!(!german.contains('”'), "{id}");
        for text in [english, german] {
            assert!(
                !text.contains("...") && !text.contains(['"', '\n']),
                "{id}: {text}"
            );
        }
    }
}

#[test]
fn pseudo_messages_are_marked_accented_and_longer() {
    let (mut english, mut pseudo) = (0, 0);
    for (id, message) in SAMPLES {
        let text = message(Locale::Pseudo, 2);
        let inner = text
            .strip_prefix(OPEN)
            .and_then(|text| text.strip_suffix(CLOSE))
            .unwrap_or_else(|| panic!("{id} is not marked: {text}"));
        let mut isolated = false;
        for c in inner.chars() {
            match c {
                ISOLATE => isolated = true,
                POP => isolated = false,
                c => assert!(isolated || !c.is_ascii_alphabetic(), "{id}: {text}"),
            }
        }
        assert!(!isolated, "{id}: {text}");
        english += message(Locale::En, 2).chars().count();
        pseudo += inner
            .chars()
            .filter(|c| !matches!(*c, ISOLATE | POP))
            .count();
    }
    let longer = pseudo * 100 / english;
    assert!((125..=145).contains(&longer), "{longer} %");
}

#[test]
fn fixed_labels_are_those_of_the_contract() {
    let en = Locale::En;
    assert_eq!(en.notifications_unread(0), "Notifications, none unread");
    assert_eq!(en.notifications_unread(1), "Notifications, 1 unread");
    assert_eq!(en.notifications_unread(1_234), "Notifications, 1234 unread");
    for (label, expected) in [
        (en.notifications(), "Notifications"),
        (en.notifications_mark_all(), "Mark all as read"),
        (en.critique_post(), "Post critique"),
        (en.critique_yours(), "Your critique"),
        (en.helpful(), "Helpful"),
        (en.handle(), "Handle"),
        (en.password(), "Password"),
        (en.sign_in(), "Sign in"),
        (en.sign_out(), "Sign out"),
        (en.display_name(), "Display name"),
        (en.email(), "E-mail"),
        (en.register_submit(), "Create account"),
        (en.artwork_title(), "Title"),
        (en.artwork_image(), "Image"),
        (en.artwork_description(), "Description"),
        (en.artwork_publish(), "Publish"),
    ] {
        assert_eq!(label, expected);
    }
}

#[test]
fn plurals_and_numbers_follow_the_language() {
    assert_eq!(Locale::En.critique_count(0), "No critiques yet");
    assert_eq!(Locale::En.critique_count(1), "1 critique");
    assert_eq!(Locale::En.critique_count(1_234), "1,234 critiques");
    assert_eq!(Locale::De.critique_count(1), "1 Kritik");
    assert_eq!(Locale::De.critique_count(1_234), "1.234 Kritiken");
    assert_eq!(
        Locale::De.notification_critique("Ann", "Dusk"),
        "Ann hat eine Kritik zu „Dusk“ geschrieben"
    );
    assert_eq!(
        Locale::En.error_too_fast("minutes", 2),
        "You are doing this very quickly. Please wait 2 minutes."
    );
    assert_eq!(
        Locale::De.error_too_fast("seconds", 1),
        "Du machst das sehr schnell. Bitte warte 1 Sekunde."
    );
}

#[test]
fn an_odd_character_is_named_in_the_language() {
    let of = |locale: Locale, character| locale.error_email_character(character, 3);
    assert_eq!(
        of(Locale::En, "space"),
        "Enter an e-mail address such as name@example.org; a space at character 3 can't be in one."
    );
    assert_eq!(
        of(Locale::De, "line-break"),
        "Gib eine E-Mail-Adresse wie name@example.org ein; ein Zeilenumbruch an Stelle 3 darf darin nicht vorkommen."
    );
    assert!(of(Locale::De, "“а” (U+0430)").contains("“а” (U+0430) an Stelle 3"));
}

#[test]
fn a_script_gets_its_texts_with_stand_ins() {
    assert_eq!(
        Locale::En.counter_left("single", "{n}"),
        "{n} character left."
    );
    assert_eq!(
        Locale::En.counter_left("several", "{n}"),
        "{n} characters left."
    );
    assert_eq!(
        Locale::De.counter_over("several", "{n}", "{max}"),
        "{n} Zeichen zu viel: {max} passen hinein."
    );
}
