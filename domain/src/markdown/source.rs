//! Limits the nesting of a text before it is parsed, so that the parser's work stays linear.

use std::borrow::Cow;

/// Maximum number of quotes and lists that one line may open or continue. The parser checks all
/// open ones at each further line, so without a limit its work grows with the square of the text's
/// length. Pages show far fewer (see [`super::shape`]).
const MARKERS_MAX: usize = 100;

/// The text without each line's markers beyond [`MARKERS_MAX`].
pub fn bounded(text: &str) -> Cow<'_, str> {
    if !text.split('\n').any(|line| excess(line).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut bounded = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match excess(line) {
            Some((begin, end)) => {
                bounded.push_str(&line[..begin]);
                bounded.push_str(&line[end..]);
            }
            None => bounded.push_str(line),
        }
    }
    Cow::Owned(bounded)
}

/// Start and end of a line's excess markers.
fn excess(line: &str) -> Option<(usize, usize)> {
    let bytes = line.as_bytes();
    let (mut at, mut markers, mut begin) = (0, 0, None);
    loop {
        while bytes
            .get(at)
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'))
        {
            at += 1;
        }
        if markers == MARKERS_MAX && begin.is_none() {
            begin = Some(at);
        }
        let length = marker(&bytes[at..]);
        if length == 0 {
            break;
        }
        at += length;
        markers += 1;
    }
    begin.filter(|begin| *begin < at).map(|begin| (begin, at))
}

/// Length of the leading quote, bullet or number marker, or 0.
fn marker(bytes: &[u8]) -> usize {
    let ends_item = |at: usize| {
        bytes
            .get(at)
            .is_none_or(|byte| matches!(byte, b' ' | b'\t' | b'\n'))
    };
    match bytes.first() {
        Some(b'>') => 1,
        Some(b'-' | b'+' | b'*') if ends_item(1) => 1,
        Some(b'0'..=b'9') => {
            let digits = bytes
                .iter()
                .take(9)
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            let closed = matches!(bytes.get(digits), Some(b'.' | b')')) && ends_item(digits + 1);
            if closed { digits + 1 } else { 0 }
        }
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_unchanged() {
        for text in [
            "a\n> b\n> > c\n- d\n  1. e",
            "",
            ">>> doctest",
            "- - - -",
            "\u{fc}> -",
            "1234567890. a",
        ] {
            assert!(
                matches!(bounded(text), Cow::Borrowed(same) if same == text),
                "{text}"
            );
        }
    }

    #[test]
    fn excess_markers_are_removed_and_the_text_after_them_is_kept() {
        assert_eq!(
            bounded(&format!("{}deep\nb", ">".repeat(9_990))),
            format!("{}deep\nb", ">".repeat(100))
        );
        for marker in ["> ", "- ", "* ", "+ ", "1. ", "12) ", ">", "> - ", "\t-\t"] {
            let text = format!("{}deep\n", marker.repeat(500));
            let short = bounded(&text);
            assert!(
                short.len() < text.len() && short.ends_with("deep\n"),
                "{marker}: {short}"
            );
        }
    }
}
