//! Markdown to HTML that is safe on a page: a library parses it, another keeps only what was allowed.

use std::{collections::HashSet, sync::LazyLock};

use ammonia::Builder;
use pulldown_cmark::{Event, Options, Parser, html};
use quick_cache::{Weighter, sync::Cache};

static CLEAN: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from([
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
        ]))
        .tag_attributes([("a", HashSet::from(["href"])), ("ol", HashSet::from(["start"]))].into())
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .link_rel(Some("nofollow ugc noopener noreferrer"));
    builder
});

/// What was rendered lately, by its text: a page shows the same words to everybody, and cleaning them is most of what it costs.
static RENDERED: LazyLock<Cache<Box<str>, Box<str>, ByLength>> = LazyLock::new(|| {
    // Items are an estimate; the weight is the limit.
    Cache::with_weighter(10_000, KEPT, ByLength)
});
/// Bytes of texts and HTML kept.
const KEPT: u64 = 16 * 1_024 * 1_024;

/// Weighs a text with its HTML, in bytes.
#[derive(Clone)]
struct ByLength;

impl Weighter<Box<str>, Box<str>> for ByLength {
    fn weight(&self, text: &Box<str>, html: &Box<str>) -> u64 {
        (text.len() + html.len()) as u64 + 64
    }
}

/// Renders what a person typed, or remembers it. Raw HTML shows as the text it is; pictures and other schemes than http, https and
/// mailto are dropped; links are `nofollow ugc`. Headings are set below the page's own.
pub fn render(text: &str) -> String {
    if let Some(html) = RENDERED.get(text) {
        return html.into();
    }
    let html = render_anew(text);
    RENDERED.insert(text.into(), html.as_str().into());
    html
}

fn render_anew(text: &str) -> String {
    let events = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).map(|event| match event {
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        // People end their lines where they mean to.
        Event::SoftBreak => Event::HardBreak,
        event => lowered(event),
    });
    let mut unsafe_html = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut unsafe_html, events);
    CLEAN.clean(&unsafe_html).to_string()
}

fn lowered(event: Event<'_>) -> Event<'_> {
    use pulldown_cmark::{HeadingLevel, Tag, TagEnd};
    let lower = |level| match level {
        HeadingLevel::H1 => HeadingLevel::H4,
        HeadingLevel::H2 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    };
    match event {
        Event::Start(Tag::Heading { level, .. }) => {
            Event::Start(Tag::Heading { level: lower(level), id: None, classes: Vec::new(), attrs: Vec::new() })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lower(level))),
        event => event,
    }
}

/// The first words, as plain text on one line, for a notification: at most 140 characters.
pub fn excerpt(text: &str) -> String {
    let mut plain = String::new();
    for event in Parser::new(text) {
        match event {
            Event::Text(part) | Event::Code(part) | Event::Html(part) | Event::InlineHtml(part) => plain.push_str(&part),
            Event::SoftBreak | Event::HardBreak | Event::End(_) => plain.push(' '),
            _ => {}
        }
        if plain.len() > 1_000 {
            break;
        }
    }
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    match plain.char_indices().nth(140) {
        Some((end, _)) => format!("{}…", plain[..end].trim_end()),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_is_rendered() {
        assert_eq!(render("*soft* edges\nhere"), "<p><em>soft</em> edges<br>\nhere</p>\n");
        assert!(
            render("[me](https://example.org)").contains(r#"href="https://example.org" rel="nofollow ugc noopener noreferrer""#)
        );
        assert!(render("# Loud").starts_with("<h4>"));
    }

    #[test]
    fn nothing_that_acts_gets_through() {
        for attack in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](JaVaScRiPt:alert(1))",
            "[x](data:text/html;base64,PHNjcmlwdD4=)",
            "[x](vbscript:x)",
            "![x](javascript:alert(1))",
            "<a href='javascript:alert(1)'>x</a>",
            "[x](&#106;avascript:alert(1))",
            "<svg/onload=alert(1)>",
            "<!--><script>alert(1)</script>-->",
            "`</code><script>`",
            "[a](https://x\" onmouseover=\"alert(1))",
            "<style>*{display:none}</style>",
            "</textarea><script>alert(1)</script>",
        ] {
            let html = render(attack).to_lowercase();
            for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
                let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
                assert!(["a", "p", "br", "code"].contains(&name), "{attack} gave {html}");
                for sign in ["javascript:", "data:", "vbscript:", " on", "style"] {
                    assert!(!tag.contains(sign), "{attack} gave {html}");
                }
            }
        }
    }

    #[test]
    fn excerpts_are_plain_and_short() {
        assert_eq!(excerpt("# Hi\n\n*soft*  edges\n- a"), "Hi soft edges a");
        assert_eq!(excerpt(&"ü".repeat(200)).chars().count(), 141);
    }
}
