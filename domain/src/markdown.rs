//! Markdown to HTML that is safe on a page and costs little to make, to send and to lay out,
//! whatever was typed.
//!
//! A text goes through these steps, each linear in its length: [`source`] cuts what a parser would
//! nest without end, pulldown-cmark parses, [`events`] keeps what the site shows, [`shape`]
//! flattens and prunes it, [`links`] makes links of plain addresses, and [`clean`] lets only what
//! is allowed through. HTML over [`HTML_MAX`] is replaced by the plain text.
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
use sha2::{Digest, Sha256};
use shared::text::{is_blank, tidy_words};
use unicode_segmentation::UnicodeSegmentation;

pub use renderer::Renderer;

/// Names what this module makes of a text. Count it up with every change to the HTML: stored HTML
/// of another version is rendered anew when it is next shown.
const VERSION: u32 = 1;
/// Longest HTML of one text, in bytes. Plain text always fits: 10,000 characters of at most five
/// bytes each.
pub const HTML_MAX: usize = 64 * 1_024;
/// Longest excerpt, in characters.
const EXCERPT_MAX: usize = 140;

/// What a text became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// Safe HTML.
    pub html: String,
    /// The first words as plain text on one line, at most 140 characters, for a notification.
    pub excerpt: String,
    /// What the HTML was made of and by which version, see [`key`].
    pub key: String,
    /// Whether a reader would see nothing.
    pub is_blank: bool,
}

/// Names a text and the renderer's version: HTML stored with another key is out of date. An older
/// program that changes a text leaves its HTML behind, so the text itself is part of the key.
pub fn key(text: &str) -> String {
    format!(
        "{VERSION}:{}",
        BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..16])
    )
}

/// Renders what a person typed. Raw HTML shows as the text it is; pictures and other schemes than
/// http, https and mailto are dropped; links are `nofollow ugc`; headings are set below the page's
/// own.
///
/// Costs a few milliseconds at the longest texts. On an async thread use [`Renderer`].
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

/// The excerpt of a text whose rendering is not at hand. Looks at its beginning only, so that it
/// costs little at any length.
pub fn excerpt(text: &str) -> String {
    let beginning = text
        .char_indices()
        .nth(8 * EXCERPT_MAX)
        .map_or(text, |(end, _)| &text[..end]);
    shortened(&shown_text(&shape::shaped(events::events(&source::bounded(beginning)))).0)
}

/// What of a text is shown, without its markup and as far as an excerpt takes it, and whether all
/// of it is blank.
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

/// The first words on one line, cut between what a reader sees as characters.
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
