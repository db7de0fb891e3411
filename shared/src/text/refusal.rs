//! Names a rejected character and its position in the text.

/// The character as an error message names it: the character itself if it is visible, and its code
/// point.
pub fn name(c: char) -> String {
    let code = format!("U+{:04X}", u32::from(c));
    let mut buffer = [0; 4];
    let shown: &str = c.encode_utf8(&mut buffer);
    match c {
        ' ' => "a space".into(),
        '\n' => "a line break".into(),
        '\t' => "a tab".into(),
        _ if super::is_blank(shown) => code,
        _ => format!("“{c}” ({code})"),
    }
}

/// The first rejected character and its position, `(character, "at character 7")`, with the line
/// number if the text has several lines.
pub fn first(text: &str, refused: impl Fn(char) -> bool) -> Option<(char, String)> {
    let (at, c) = text.char_indices().find(|(_, c)| refused(*c))?;
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |end| end + 1);
    let column = before[line_start..].chars().count() + 1;
    let place = if text.contains('\n') {
        format!(
            "in line {}, at character {column}",
            before.matches('\n').count() + 1
        )
    } else {
        format!("at character {column}")
    };
    Some((c, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_character_is_named_with_its_position() {
        assert_eq!(name('\0'), "U+0000");
        assert_eq!(name('а'), "“а” (U+0430)");
        assert_eq!(name('\u{301}'), "U+0301");
        assert_eq!(
            first("añ\0", |c| c == '\0'),
            Some(('\0', "at character 3".into()))
        );
        assert_eq!(
            first("a\nbc\0", |c| c == '\0'),
            Some(('\0', "in line 2, at character 3".into()))
        );
        assert_eq!(first("a", |c| c == '\0'), None);
    }
}
