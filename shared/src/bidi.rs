//! Names and titles within sentences of the other text direction (Unicode Standard Annex #9).

use std::borrow::Cow;

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_DIRECTIONAL_ISOLATE: char = '\u{2069}';

/// Makes a name or title safe for a plain sentence such as an attribute or the document's title.
/// Right-to-left text, and text with explicit formatting characters, loses those characters and is
/// wrapped in a directional isolate, so that the words around it keep their order. Other text is
/// returned unchanged. In HTML, use `<bdi>` instead.
pub fn isolate(text: &str) -> Cow<'_, str> {
    if !text
        .chars()
        .any(|c| is_right_to_left(c) || is_explicit_formatting(c))
    {
        return text.into();
    }
    let kept = text.chars().filter(|c| !is_explicit_formatting(*c));
    std::iter::once(FIRST_STRONG_ISOLATE)
        .chain(kept)
        .chain([POP_DIRECTIONAL_ISOLATE])
        .collect::<String>()
        .into()
}

/// Whether `c` is in a block that is right-to-left by default (`DerivedBidiClass.txt`, `@missing`
/// lines), or the right-to-left mark.
const fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Whether `c` is an explicit formatting character, which could affect the text after the name.
const fn is_explicit_formatting(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::isolate;

    #[test]
    fn left_to_right_text_is_unchanged() {
        for text in ["Ann", "原 由紀", "Дмитрий", "Nº 4 (blue)!", ""] {
            assert_eq!(isolate(text), text);
        }
    }

    #[test]
    fn right_to_left_text_is_isolated() {
        assert_eq!(isolate("لیلا نوری"), "\u{2068}لیلا نوری\u{2069}");
        assert_eq!(isolate("שלום 3"), "\u{2068}שלום 3\u{2069}");
    }

    #[test]
    fn direction_overrides_in_names_are_removed() {
        assert_eq!(isolate("Ann\u{202e}"), "\u{2068}Ann\u{2069}");
        assert_eq!(isolate("\u{2069}\u{202e}Bo"), "\u{2068}Bo\u{2069}");
    }
}
