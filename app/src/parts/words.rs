//! Words that change while somebody looks at them.

/// Text as markup, for the `inner_html` of an element whose words change.
///
/// A text node among an element's children would be changed in place; where the browser's
/// translator has replaced it, the change would go to a node that is no longer on the page.
/// `inner_html` replaces whatever stands in the element.
pub fn markup(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::markup;

    #[test]
    fn text_stays_text() {
        assert_eq!(
            markup("<b>“Dusk” & dawn</b>"),
            "&lt;b&gt;“Dusk” &amp; dawn&lt;/b&gt;"
        );
    }
}
