//! Text that changes on the page.

/// Escapes text for the `inner_html` of an element whose text changes.
///
/// A browser's translator may replace text nodes; a text node updated by the framework would then
/// no longer be on the page. Setting `inner_html` replaces the element's current content.
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
    fn html_in_text_is_escaped() {
        assert_eq!(
            markup("<b>“Dusk” & dawn</b>"),
            "&lt;b&gt;“Dusk” &amp; dawn&lt;/b&gt;"
        );
    }
}
