//! Removes harmful characters from a text and keeps those that scripts and emoji need.
//!
//! Harmful characters can't be seen and change how the rest reads or compares: controls, direction
//! overrides (Trojan Source, CVE-2021-42574), unclosed isolates, zero-width spaces and other
//! invisible formatting, variation selectors and tags without a base character, and noncharacters.
//! Stacks of combining marks that reach into neighbouring lines are harmful too. Joiners, implicit
//! direction marks, variation selectors after a base, and the tag sequences of flags are kept.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{
        BidiControl, DefaultIgnorableCodePoint, GeneralCategory, JoinControl, Script,
        VariationSelector, WhiteSpace,
    },
};

/// Maximum number of combining marks on one character. Tibetan, which stacks the most, needs about
/// half as many.
const MARKS_MAX: usize = 12;

const BLACK_FLAG: char = '\u{1f3f4}';
const CANCEL_TAG: char = '\u{e007f}';
const POP_ISOLATE: char = '\u{2069}';
/// The object replacement character, left in pasted text where a picture or attachment was.
const OBJECT_REPLACEMENT: char = '\u{fffc}';

/// Tidies a text of several lines: normalises line endings, removes harmful characters, trims.
pub fn tidy_lines(text: &str) -> String {
    let text = normalized_line_endings(text);
    let mut closed = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        push_paired_isolates(line, &mut closed);
    }
    without_harmful(&closed).trim().to_owned()
}

/// Tidies a text of one line: removes harmful characters, leaves one space between words.
pub fn tidy_words(text: &str) -> String {
    let mut closed = String::with_capacity(text.len());
    push_paired_isolates(&normalized_line_endings(text), &mut closed);
    without_harmful(&closed)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Whether a character is removed wherever it occurs. NUL is not: no keyboard or clipboard produces
/// it, so a text that contains it is rejected.
pub fn is_harmful(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control() && !matches!(c, '\0' | '\t' | '\n');
    }
    let number = u32::from(c);
    let noncharacter = number & 0xfffe == 0xfffe || (0xfdd0..=0xfdef).contains(&number);
    match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::Control => true,
        GeneralCategory::Format => !is_needed(c),
        GeneralCategory::Unassigned => {
            noncharacter || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        }
        _ => c == OBJECT_REPLACEMENT,
    }
}

/// Whether to keep an invisible formatting character: a script needs it, or a later step judges it
/// with its neighbours.
fn is_needed(c: char) -> bool {
    let judged_later = is_isolate(c) || is_tag(c);
    let implicit_direction = matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}');
    let ignorable = CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c);
    let of_a_script = !matches!(
        CodePointMapData::<Script>::new().get(c),
        Script::Common | Script::Inherited
    );
    let annotation = ('\u{fff9}'..='\u{fffb}').contains(&c);
    let explicit_direction = CodePointSetData::new::<BidiControl>().contains(c);
    judged_later
        || implicit_direction
        || CodePointSetData::new::<JoinControl>().contains(c)
        || of_a_script
        || !(ignorable || annotation || explicit_direction)
}

const fn is_isolate(c: char) -> bool {
    matches!(c, '\u{2066}'..=POP_ISOLATE)
}

const fn is_tag(c: char) -> bool {
    matches!(c, '\u{e0020}'..=CANCEL_TAG)
}

/// Converts line and page breaks of all kinds to `\n` (Unicode's newline guidelines, section 5.8).
fn normalized_line_endings(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut before = '\0';
    for c in text.chars() {
        match c {
            '\n' if before == '\r' => {}
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => tidy.push('\n'),
            c => tidy.push(c),
        }
        before = c;
    }
    tidy
}

/// Removes [`is_harmful`] characters, tags and variation selectors without a base, and combining
/// marks beyond [`MARKS_MAX`].
fn without_harmful(text: &str) -> String {
    let selectors = CodePointSetData::new::<VariationSelector>();
    let spaces = CodePointSetData::new::<WhiteSpace>();
    let categories = CodePointMapData::<GeneralCategory>::new();
    let mut tidy = String::with_capacity(text.len());
    let mut rest = text.chars();
    let (mut before, mut marks) = (' ', 0);
    while let Some(c) = rest.next() {
        if c == BLACK_FLAG {
            tidy.push(c);
            if let Some(tags) = flag_tags(rest.as_str()) {
                tidy.push_str(tags);
                rest = rest.as_str()[tags.len()..].chars();
            }
        } else if is_tag(c)
            || is_harmful(c)
            || selectors.contains(c) && (selectors.contains(before) || spaces.contains(before))
            || marks >= MARKS_MAX && is_mark(categories.get(c))
        {
            continue;
        } else {
            tidy.push(c);
        }
        before = c;
        marks = if is_mark(categories.get(c)) {
            marks + 1
        } else {
            0
        };
    }
    tidy
}

const fn is_mark(category: GeneralCategory) -> bool {
    matches!(
        category,
        GeneralCategory::NonspacingMark | GeneralCategory::EnclosingMark
    )
}

/// The tags that make a black flag a regional flag, such as that of Wales (UTS #51,
/// `emoji_tag_sequence`): up to 32, including the cancel tag.
fn flag_tags(text: &str) -> Option<&str> {
    let end = text
        .char_indices()
        .take(32)
        .find(|(_, c)| *c == CANCEL_TAG || !is_tag(*c));
    end.filter(|(at, c)| *c == CANCEL_TAG && *at > 0)
        .map(|(at, c)| &text[..at + c.len_utf8()])
}

/// Appends the line without its unpaired isolates.
fn push_paired_isolates(line: &str, tidy: &mut String) {
    if !line.contains(is_isolate) {
        return tidy.push_str(line);
    }
    let mut open = Vec::new();
    let mut paired = Vec::new();
    for (at, c) in line.char_indices().filter(|(_, c)| is_isolate(*c)) {
        if c != POP_ISOLATE {
            open.push(at);
        } else if let Some(begin) = open.pop() {
            paired.extend([begin, at]);
        }
    }
    paired.sort_unstable();
    let mut paired = paired.into_iter().peekable();
    for (at, c) in line.char_indices() {
        if !is_isolate(c) || paired.next_if_eq(&at).is_some() {
            tidy.push(c);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn invisible_characters_are_removed() {
        for unseen in [
            "\u{200b}",
            "\u{ad}",
            "\u{feff}",
            "\u{2060}",
            "\u{2061}",
            "\u{206a}",
            "\u{202a}",
            "\u{202b}",
            "\u{202d}",
            "\u{202e}",
            "\u{202c}",
            "\u{7}",
            "\u{1b}",
            "\u{7f}",
            "\u{80}",
            "\u{9f}",
            "\u{fff9}",
            "\u{fffb}",
            "\u{fffc}",
            "\u{fffe}",
            "\u{ffff}",
            "\u{fdd0}",
            "\u{10ffff}",
            "\u{e0001}",
            "\u{e0041}",
            "\u{2067}",
            "\u{2069}",
            "\u{e0fff}",
            "\u{fff0}",
        ] {
            assert_eq!(
                tidy_lines(&format!("so{unseen}ft")),
                "soft",
                "{}",
                unseen.escape_unicode()
            );
            assert_eq!(
                tidy_words(&format!("a {unseen} b")),
                "a b",
                "{}",
                unseen.escape_unicode()
            );
        }
    }

    #[test]
    fn characters_of_scripts_and_emoji_are_kept() {
        for kept in [
            "می\u{200c}خواهم",                                          // ZWNJ in Persian
            "क्\u{200d}ष",                                               // ZWJ in Hindi
            "👩\u{200d}👩\u{200d}👧",                                   // a family
            "❤\u{fe0f}",                                                // an emoji presentation
            "1\u{fe0f}\u{20e3}",                                        // a keycap
            "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}", // Wales
            "葛\u{e0100}",                                              // an ideographic variant
            "abc\u{200f}אבג\u{200e}",                                   // implicit marks
            "\u{61c}12",
            "ᠠ\u{180e}ᠠ\u{180b}",      // Mongolian
            "\u{600}12",               // Arabic number sign
            "\u{2068}אבג\u{2069} abc", // a closed isolate
            "🇩🇪 👍🏽 ﷽ e\u{301}",
            "བརྒྱུད",
            "\u{e000}",
        ] {
            assert_eq!(tidy_lines(kept), kept, "{}", kept.escape_unicode());
            assert_eq!(tidy_words(kept), kept, "{}", kept.escape_unicode());
        }
    }

    #[test]
    fn line_breaks_are_normalized() {
        assert_eq!(
            tidy_lines("\r\na\r\n\tb\rc\u{2028}d\u{2029}e\u{85}f\u{c}g\u{b}h\n\ni\r"),
            "a\n\tb\nc\nd\ne\nf\ng\nh\n\ni"
        );
        assert_eq!(tidy_words(" a\u{2028}b\u{3000}c\n\td "), "a b c d");
    }

    #[test]
    fn incomplete_sequences_are_removed() {
        assert_eq!(
            tidy_lines("🏴\u{e0067}\u{e0062}x"),
            "🏴x",
            "tags without an end"
        );
        assert_eq!(tidy_lines("🏴\u{e007f}"), "🏴", "an end without tags");
        assert_eq!(
            tidy_lines("\u{fe0f}a\u{fe0f}\u{fe0f}"),
            "a\u{fe0f}",
            "selectors without a base"
        );
        assert_eq!(
            tidy_lines("\u{2067}a\u{2066}b\u{2069}"),
            "a\u{2066}b\u{2069}",
            "one of two is closed"
        );
        assert_eq!(
            tidy_lines("\u{2067}a\nb\u{2069}"),
            "a\nb",
            "not across lines"
        );
        assert_eq!(
            tidy_lines(&format!("a{}b", "\u{301}".repeat(500))),
            format!("a{}b", "\u{301}".repeat(12))
        );
    }

    proptest! {
        #[test]
        fn tidying_is_idempotent(text in "(?s)[a-z \\u{200b}-\\u{200f}\\u{2028}-\\u{202e}\\u{2066}-\\u{2069}\\r\\n\\u{fe0f}\\u{301}\\u{1f3f4}\\u{e0061}\\u{e007f}]{0,60}") {
            let (lines, words) = (tidy_lines(&text), tidy_words(&text));
            prop_assert_eq!(tidy_lines(&lines), lines);
            prop_assert_eq!(tidy_words(&words), words);
        }

        #[test]
        fn no_harmful_character_remains(text in any::<String>()) {
            prop_assert!(!tidy_lines(&text).contains(is_harmful));
            prop_assert!(!tidy_words(&text).contains(is_harmful));
        }
    }
}
