//! Limits the nesting of the shown elements, and removes those that show nothing.

use pulldown_cmark::{Event, Tag, TagEnd};
use shared::text::is_blank;

/// Maximum depth of quotes and lists, and of emphasis and the like. Deeper elements are shown at
/// this depth.
const MAX_DEPTH: [usize; 2] = [12, 12];
/// Maximum number of consecutive line breaks.
const BREAKS_MAX: usize = 2;

/// Flattens, then prunes.
pub fn shaped(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    pruned(flattened(events))
}

/// Removes the elements beyond the maximum depth, but keeps their content.
fn flattened(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    // The number of open elements kept, by kind.
    let mut depth = [0_usize; 2];
    // Whether each open element is kept.
    let mut open = Vec::new();
    let mut flat = Vec::with_capacity(events.len());
    for event in events {
        match &event {
            Event::Start(tag) => {
                let keep = match sort(tag.to_end()) {
                    Some(sort) => depth[sort] < MAX_DEPTH[sort],
                    // An item is kept if its list is, which is the element around it.
                    None => !matches!(tag, Tag::Item) || open.last().copied().unwrap_or(false),
                };
                if let Some(sort) = sort(tag.to_end()) {
                    depth[sort] += usize::from(keep);
                }
                open.push(keep);
                if keep {
                    flat.push(event);
                } else if matches!(tag, Tag::Item) {
                    // Keep the item on its own line.
                    flat.push(Event::HardBreak);
                }
            }
            Event::End(tag) => {
                let kept = open.pop().unwrap_or(false);
                if let Some(sort) = sort(*tag) {
                    depth[sort] -= usize::from(kept);
                }
                if kept {
                    flat.push(event);
                }
            }
            _ => flat.push(event),
        }
    }
    flat
}

/// The kind of a nesting element, as an index into [`MAX_DEPTH`].
const fn sort(tag: TagEnd) -> Option<usize> {
    match tag {
        TagEnd::BlockQuote(_) | TagEnd::List(_) => Some(0),
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => Some(1),
        _ => None,
    }
}

/// Removes elements without visible content, and repeated breaks and rules, so that a text can't
/// fill the page with blank space.
fn pruned(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut kept: Vec<Event<'_>> = Vec::with_capacity(events.len());
    // The start of each open element, and whether it has visible content.
    let mut open: Vec<(usize, bool)> = Vec::new();
    let (mut breaks, mut after_rule) = (BREAKS_MAX, false);
    for event in events {
        match &event {
            Event::Start(_) => open.push((kept.len(), false)),
            Event::End(_) => {
                let Some((begin, seen)) = open.pop() else {
                    continue;
                };
                if !seen {
                    kept.truncate(begin);
                    continue;
                }
                if let Some(around) = open.last_mut() {
                    around.1 = true;
                }
            }
            Event::HardBreak => {
                breaks += 1;
                if breaks > BREAKS_MAX {
                    continue;
                }
            }
            Event::Rule => {
                if after_rule {
                    continue;
                }
                after_rule = true;
                if let Some(around) = open.last_mut() {
                    around.1 = true;
                }
            }
            Event::Text(text) | Event::Code(text) if !is_blank(text) => {
                (breaks, after_rule) = (0, false);
                if let Some(around) = open.last_mut() {
                    around.1 = true;
                }
            }
            _ => {}
        }
        kept.push(event);
    }
    kept
}
