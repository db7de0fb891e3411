//! The last step: sanitizes the HTML by an allowlist, whatever the earlier steps did.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::Builder;

const TAGS: [&str; 16] = [
    "a",
    "p",
    "br",
    "em",
    "strong",
    "del",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "hr",
    "h4",
    "h5",
    "h6",
];

static CLEAN: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .tag_attributes(
            [
                ("a", HashSet::from(["href"])),
                ("ol", HashSet::from(["start"])),
            ]
            .into(),
        )
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow ugc noopener noreferrer"));
    builder
});

/// The HTML with only the allowed tags, attributes and URL schemes.
pub fn clean(html: &str) -> String {
    CLEAN.clean(html).to_string()
}

/// The text as escaped HTML, with its line breaks.
pub fn plain(text: &str) -> String {
    let mut html = String::with_capacity(text.len() + 64);
    html.push_str("<p>");
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '\n' => html.push_str("<br>"),
            c => html.push(c),
        }
    }
    html.push_str("</p>\n");
    html
}
