//! What of a text's Markdown the site shows.

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream,
};
use shared::text::is_harmful;

/// The text's elements and words, with neighbouring words in one piece.
pub fn events(text: &str) -> Vec<Event<'_>> {
    let mut in_pictures = 0_usize;
    let shown = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).flat_map(|event| {
        match event {
            Event::Start(Tag::Image { .. }) => in_pictures += 1,
            Event::End(TagEnd::Image) => in_pictures -= 1,
            // A line of a block of raw HTML.
            Event::Html(line) if in_pictures == 0 => {
                return [
                    Some(Event::Text(line.trim_end().to_owned().into())),
                    Some(Event::HardBreak),
                ]
                .into_iter()
                .flatten();
            }
            event if in_pictures == 0 => return [shown(event), None].into_iter().flatten(),
            _ => {}
        }
        [None, None].into_iter().flatten()
    });
    TextMergeStream::new(shown).collect()
}

/// The event as the site shows it.
fn shown(event: Event<'_>) -> Option<Event<'_>> {
    Some(match event {
        Event::Text(text) => Event::Text(harmless(text)),
        // Raw HTML shows as the text it is.
        Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // People end their lines where they mean to.
        Event::SoftBreak => Event::HardBreak,
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lowered(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lowered(level))),
        // Titles and languages are not shown, but would be written for every link to one
        // definition.
        Event::Start(Tag::Link {
            link_type,
            dest_url,
            ..
        }) => Event::Start(Tag::Link {
            link_type,
            dest_url,
            title: CowStr::Borrowed(""),
            id: CowStr::Borrowed(""),
        }),
        Event::Start(Tag::CodeBlock(_)) => Event::Start(Tag::CodeBlock(CodeBlockKind::Indented)),
        event @ (Event::Start(_)
        | Event::End(_)
        | Event::Code(_)
        | Event::HardBreak
        | Event::Rule) => event,
        _ => return None,
    })
}

/// Character references can write what was taken out of the text itself.
fn harmless(text: CowStr<'_>) -> CowStr<'_> {
    if text.contains(is_harmful) {
        text.chars()
            .filter(|c| !is_harmful(*c))
            .collect::<String>()
            .into()
    } else {
        text
    }
}

/// Below the page's own headings.
const fn lowered(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H4,
        HeadingLevel::H2 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}
