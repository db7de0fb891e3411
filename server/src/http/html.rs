//! Writes the HTML of pages that are none of the site's own: error pages, and the API's reference.
//! Text and attributes are escaped here. Pages with anything to hydrate are rendered by Leptos,
//! which marks what the browser takes over.

/// HTML under construction.
#[derive(Default)]
pub struct Html(String);

impl Html {
    /// The text so far.
    pub fn into_text(self) -> String {
        self.0
    }

    /// An element with content.
    pub fn element(
        &mut self,
        tag: &str,
        attributes: &[(&str, &str)],
        inside: impl FnOnce(&mut Self),
    ) {
        self.void(tag, attributes);
        inside(self);
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
    }

    /// An element that contains only text.
    pub fn leaf(&mut self, tag: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(tag, attributes, |html| html.text(text));
    }

    /// An element without content or end tag.
    pub fn void(&mut self, tag: &str, attributes: &[(&str, &str)]) {
        self.0.push('<');
        self.0.push_str(tag);
        for (name, value) in attributes {
            self.0.push(' ');
            self.0.push_str(name);
            self.0.push_str("=\"");
            self.text(value);
            self.0.push('"');
        }
        self.0.push('>');
    }

    /// Plain text.
    pub fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                c => self.0.push(c),
            }
        }
    }

    /// A line of text, with code between backticks.
    pub fn line(&mut self, text: &str) {
        for (nth, part) in text.split('`').enumerate() {
            if nth % 2 == 1 {
                self.leaf("code", &[], part);
            } else {
                self.text(part);
            }
        }
    }

    /// Paragraphs separated by empty lines, with code between backticks.
    pub fn prose(&mut self, text: &str) {
        for paragraph in text.split("\n\n").filter(|text| !text.trim().is_empty()) {
            self.element("p", &[], |html| html.line(paragraph));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_attributes_are_escaped() {
        let mut html = Html::default();
        html.leaf("p", &[("title", "a \"b\" & c")], "1 < 2 > 0 & so on");
        html.prose("Send `{\"a\": <b>}` back.\n\nTwice.");
        assert_eq!(
            html.into_text(),
            "<p title=\"a &quot;b&quot; &amp; c\">1 &lt; 2 &gt; 0 &amp; so on</p>\
             <p>Send <code>{&quot;a&quot;: &lt;b&gt;}</code> back.</p><p>Twice.</p>"
        );
    }
}
