//! Names and titles in the middle of sentences, whichever way their letters run (Unicode Standard
//! Annex #9).

use std::borrow::Cow;

const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_DIRECTIONAL_ISOLATE: char = '\u{2069}';

/// A name or title as it can stand in a plain sentence, such as an attribute or the document's
/// title, without turning the words around it. Only text that runs from right to left, or that
/// changes direction, needs this. Markup has `<bdi>` instead.
pub fn isolate(text: &str) -> Cow<'_, str> {
    if !text
        .chars()
        .any(|c| runs_from_right(c) || changes_direction(c))
    {
        return text.into();
    }
    let kept = text.chars().filter(|c| !changes_direction(*c));
    std::iter::once(FIRST_STRONG_ISOLATE)
        .chain(kept)
        .chain([POP_DIRECTIONAL_ISOLATE])
        .collect::<String>()
        .into()
}

/// The blocks whose letters run from right to left by default (`DerivedBidiClass.txt`, `@missing`
/// lines), and the right-to-left mark.
const fn runs_from_right(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{200f}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// The explicit formatting characters, with which a name could reach beyond itself.
const fn changes_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::isolate;

    #[test]
    fn text_that_runs_like_the_sentence_stays_as_it_is() {
        for text in ["Ann", "原 由紀", "Дмитрий", "Nº 4 (blue)!", ""] {
            assert_eq!(isolate(text), text);
        }
    }

    #[test]
    fn text_that_runs_the_other_way_is_kept_to_itself() {
        assert_eq!(isolate("لیلا نوری"), "\u{2068}لیلا نوری\u{2069}");
        assert_eq!(isolate("שלום 3"), "\u{2068}שלום 3\u{2069}");
    }

    #[test]
    fn a_name_can_not_turn_the_words_around_it() {
        assert_eq!(isolate("Ann\u{202e}"), "\u{2068}Ann\u{2069}");
        assert_eq!(isolate("\u{2069}\u{202e}Bo"), "\u{2068}Bo\u{2069}");
    }
}
