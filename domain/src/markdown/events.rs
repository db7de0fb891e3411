//! Reduces a text's Markdown to what the site supports.

use pulldown_cmark::{
    CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, TextMergeStream,
};
use shared::text::is_harmful;

/// The text's elements and text, with adjacent text events merged.
pub fn events(text: &str) -> Vec<Event<'_>> {
    let mut in_pictures = 0_usize;
    let shown = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH).flat_map(|event| {
        match event {
            Event::Start(Tag::Image { .. }) => in_pictures += 1,
            Event::End(TagEnd::Image) => in_pictures -= 1,
            // One line of a raw HTML block.
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

/// The event as the site shows it, or `None` if the site drops it.
fn shown(event: Event<'_>) -> Option<Event<'_>> {
    Some(match event {
        Event::Text(text) => Event::Text(harmless(text)),
        // Raw HTML is shown as text.
        Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        // Users expect line breaks where they typed them.
        Event::SoftBreak => Event::HardBreak,
        Event::Start(Tag::Heading { level, .. }) => Event::Start(Tag::Heading {
            level: lowered(level),
            id: None,
            classes: Vec::new(),
            attrs: Vec::new(),
        }),
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(lowered(level))),
        // Titles and ids are not shown, but would be written once for every link to a definition.
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

/// Removes harmful characters, which character references can bring back after tidying.
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

/// Lowers a heading below the page's own headings.
const fn lowered(level: HeadingLevel) -> HeadingLevel {
    match level {
        HeadingLevel::H1 => HeadingLevel::H4,
        HeadingLevel::H2 => HeadingLevel::H5,
        _ => HeadingLevel::H6,
    }
}
