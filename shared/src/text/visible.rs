//! Whether any of a text is visible, by the Unicode properties of its characters.

use icu_properties::{
    CodePointMapData, CodePointSetData,
    props::{DefaultIgnorableCodePoint, GeneralCategory, GraphemeClusterBreak, WhiteSpace},
};

/// Characters with blank glyphs that no Unicode property marks as blank: the Braille pattern
/// without dots, the musical null notehead, and Egyptian full and half blanks.
const BLANK_GLYPHS: [char; 4] = ['\u{2800}', '\u{1d159}', '\u{13441}', '\u{13442}'];

/// Whether a text shows nothing to a reader: only spaces, invisible characters, and combining marks
/// without a base.
pub fn is_blank(text: &str) -> bool {
    !text.chars().any(is_visible)
}

/// Whether a character by itself is visible.
fn is_visible(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_graphic();
    }
    let blank = CodePointSetData::new::<WhiteSpace>().contains(c)
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || BLANK_GLYPHS.contains(&c);
    // Formatting characters that enclose the following text are drawn, such as the Arabic end of
    // ayah.
    let drawn_format =
        || CodePointMapData::<GraphemeClusterBreak>::new().get(c) == GraphemeClusterBreak::Prepend;
    !blank
        && match CodePointMapData::<GeneralCategory>::new().get(c) {
            GeneralCategory::Control
            | GeneralCategory::NonspacingMark
            | GeneralCategory::SpacingMark
            | GeneralCategory::EnclosingMark => false,
            GeneralCategory::Format => drawn_format(),
            _ => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_looking_text_is_blank() {
        for blank in [
            "",
            " ",
            "\t\n",
            "\u{a0}",
            "\u{3000}",
            "\u{2003}",
            "\u{3164}",
            "\u{ffa0}",
            "\u{115f}",
            "\u{1160}",
            "\u{2800}",
            "\u{200d}",
            "\u{200c}",
            "\u{200b}",
            "\u{fe0f}",
            "\u{34f}",
            "\u{17b4}",
            "\u{180e}",
            "\u{e0100}",
            "\u{2066}\u{2069}",
            "\u{301}",
            "\u{20dd}",
            "\u{903}",
            "\u{1d159}",
            "\u{1d173}",
            "\u{1bca0}",
            "\u{13441}",
            "\u{16fe4}",
            "\u{200f}\u{61c}",
            "\u{1680}",
            "\u{feff}",
            "\u{ad}",
            "\u{2061}",
            " \u{301} \u{3164}\u{2800}",
        ] {
            assert!(is_blank(blank), "{}", blank.escape_unicode());
        }
    }

    #[test]
    fn visible_text_is_not_blank() {
        for seen in [
            "a",
            ".",
            "é",
            "李",
            "ا",
            "👍",
            "e\u{301}",
            "\u{6dd}",
            "ـ",
            "_",
            "\u{e000}",
            "\u{fffd}",
            "\u{1f9ff}",
            "한",
            "ᄀ",
            "\u{3164}a",
            "€",
            "﷽",
        ] {
            assert!(!is_blank(seen), "{}", seen.escape_unicode());
        }
    }
}
