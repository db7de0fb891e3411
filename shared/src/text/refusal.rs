//! Names a rejected character and its position in the text.

use crate::Phrase;

/// The character as a parameter of an error: a word that the catalogue knows for white space, else
/// the character itself if it is visible, and its code point.
pub fn name(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    let mut buffer = [0; 4];
    let shown: &str = c.encode_utf8(&mut buffer);
    match c {
        ' ' => "space".into(),
        '\n' => "line-break".into(),
        '\t' => "tab".into(),
        _ if super::is_blank(shown) => code,
        _ => format!("“{c}” ({code})"),
    }
}

/// A rejected character and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The character.
    pub character: char,
    /// Its line, from 1, if the text has several.
    pub line: Option<usize>,
    /// Its place in the line, in characters from 1.
    pub column: usize,
}

impl Refused {
    /// The sentence with this code, with the character and its place in a text of one line.
    pub fn phrase(self, code: &'static str) -> Phrase {
        Phrase::new(code)
            .with("character", name(self.character))
            .with("column", self.column)
    }
}

/// The first rejected character and its position.
pub fn first(text: &str, refused: impl Fn(char) -> bool) -> Option<Refused> {
    let (at, character) = text.char_indices().find(|(_, c)| refused(*c))?;
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    Some(Refused {
        character,
        line: text
            .contains('\n')
            .then(|| before.matches('\n').count() + 1),
        column: before[line_start..].chars().count() + 1,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_character_is_named_with_its_position() {
        assert_eq!(name('\0'), "U+0000");
        assert_eq!(name('а'), "“а” (U+0430)");
        assert_eq!(name('\u{301}'), "U+0301");
        assert_eq!(name(' '), "space");
        let nul = |line, column| {
            Some(Refused {
                character: '\0',
                line,
                column,
            })
        };
        assert_eq!(first("añ\0", |c| c == '\0'), nul(None, 3));
        assert_eq!(first("a\nbc\0", |c| c == '\0'), nul(Some(2), 3));
        assert_eq!(first("a", |c| c == '\0'), None);
    }
}
