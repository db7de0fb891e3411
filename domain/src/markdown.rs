//! Renders Markdown to HTML that is safe on a page and cheap to make, send and lay out, whatever
//! the input.
//!
//! A text passes through these steps, each linear in its length: [`source`] limits nesting before
//! parsing, pulldown-cmark parses, [`events`] keeps what the site supports, [`shape`] flattens and
//! prunes, [`links`] turns plain URLs into links, and [`clean`] sanitizes. HTML larger than
//! [`HTML_MAX`] is replaced by the plain text.
//!
//! A text is rendered once, when it is written ([`Renderer`]), and stored together with its HTML.

mod clean;
mod events;
mod links;
mod renderer;
mod shape;
mod source;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use pulldown_cmark::{Event, TagEnd, html};
pub use renderer::Renderer;
use sha2::{Digest, Sha256};
use shared::text::{is_blank, tidy_words};
use unicode_segmentation::UnicodeSegmentation;

/// Version of the renderer. Increment it with every change to the HTML: stored HTML of another
/// version is rendered again when it is next shown.
const VERSION: u32 = 1;
/// Maximum size of one text's HTML, in bytes. Plain text always fits: 10,000 characters of at most
/// five bytes each.
pub const HTML_MAX: usize = 64 * 1_024;
/// Maximum length of an excerpt, in characters.
const EXCERPT_MAX: usize = 140;

/// A rendered text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Safe HTML.
    pub html: String,
    /// The first words as plain text on one line, at most 140 characters, for a notification.
    pub excerpt: String,
    /// The text and the renderer version that the HTML was made from, see [`key`].
    pub key: String,
    /// Whether nothing of it is visible to a reader.
    pub is_blank: bool,
}

/// Identifies a text and the renderer's version: HTML stored with another key is outdated. The text
/// is part of the key because an older program that changes the text leaves its HTML unchanged.
pub fn key(text: &str) -> String {
    format!(
        "{VERSION}:{}",
        BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
    )
}

/// Renders a user's text. Raw HTML is shown as text; images are dropped, and so are link targets
/// with schemes other than http, https and mailto; links are `nofollow ugc`; headings rank below
/// the page's own.
///
/// Takes a few milliseconds for the longest texts. On an async thread use [`Renderer`].
pub fn render(text: &str) -> Rendered {
    let source = source::bounded(text);
    let events = links::linked(shape::shaped(events::events(&source)));
    let (shown, is_blank) = shown_text(&events);
    let mut unsafe_html = String::with_capacity(text.len() * 3 / 2);
    html::push_html(&mut unsafe_html, events.into_iter());
    let html = Some(unsafe_html)
        .filter(|html| html.len() <= HTML_MAX)
        .map(|html| clean::clean(&html));
    let html = html
        .filter(|html| html.len() <= HTML_MAX)
        .unwrap_or_else(|| clean::plain(text));
    Rendered {
        html,
        excerpt: shortened(&shown),
        key: key(text),
        is_blank,
    }
}

/// The excerpt of a text that is not rendered yet. Reads only the beginning, so its cost is
/// bounded.
pub fn excerpt(text: &str) -> String {
    let beginning = text
        .char_indices()
        .nth(8 * EXCERPT_MAX)
        .map_or(text, |(end, _)| &text[..end]);
    shortened(&shown_text(&shape::shaped(events::events(&source::bounded(beginning)))).0)
}

/// The visible text without markup, truncated to what an excerpt needs, and whether the whole text
/// is blank.
fn shown_text(events: &[Event<'_>]) -> (String, bool) {
    let (mut shown, mut blank) = (String::new(), true);
    for event in events {
        match event {
            Event::Text(part) | Event::Code(part) => {
                blank = blank && is_blank(part);
                shown.push_str(part);
            }
            Event::HardBreak
            | Event::End(
                TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock,
            ) => {
                shown.push(' ');
            }
            _ => {}
        }
        if !blank && shown.len() > 16 * EXCERPT_MAX {
            break;
        }
    }
    (shown, blank)
}

/// The first words on one line, cut at a grapheme boundary.
fn shortened(text: &str) -> String {
    let line = tidy_words(text);
    let mut characters = 0;
    let mut end = 0;
    for (at, cluster) in line.grapheme_indices(true) {
        characters += cluster.chars().count();
        if characters > EXCERPT_MAX {
            return format!("{}…", tidy_words(&line[..end]));
        }
        end = at + cluster.len();
    }
    line
}

#[cfg(test)]
mod tests;
