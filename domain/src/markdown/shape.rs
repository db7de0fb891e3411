//! The shape of what is shown: not nested deeper than can be read, and without elements that show
//! nothing.

use pulldown_cmark::{Event, Tag, TagEnd};
use shared::text::is_blank;

/// Most quotes and lists within each other, and most of emphasis and the like. What lies deeper is
/// shown at this depth.
const DEEPEST: [usize; 2] = [12, 12];
/// Line breaks that may follow each other.
const BREAKS_MAX: usize = 2;

/// Flattened and pruned.
pub fn shaped(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    pruned(flattened(events))
}

/// Leaves out the elements that begin deeper than is shown, but not what is in them.
fn flattened(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    // How many of each sort are open and kept.
    let mut depth = [0_usize; 2];
    // Whether each open element is kept.
    let mut open = Vec::new();
    let mut flat = Vec::with_capacity(events.len());
    for event in events {
        match &event {
            Event::Start(tag) => {
                let keep = match sort(tag.to_end()) {
                    Some(sort) => depth[sort] < DEEPEST[sort],
                    // An item goes with its list, which is the element around it.
                    None => !matches!(tag, Tag::Item) || open.last().copied().unwrap_or(false),
                };
                if let Some(sort) = sort(tag.to_end()) {
                    depth[sort] += usize::from(keep);
                }
                open.push(keep);
                if keep {
                    flat.push(event);
                } else if matches!(tag, Tag::Item) {
                    // Items on the lines that they had.
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

/// The sort of an element that can nest: an index of [`DEEPEST`].
const fn sort(tag: TagEnd) -> Option<usize> {
    match tag {
        TagEnd::BlockQuote(_) | TagEnd::List(_) => Some(0),
        TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => Some(1),
        _ => None,
    }
}

/// Leaves out elements in which nothing can be seen, and breaks and rules that follow each other:
/// blank space on a page is the reader's time.
fn pruned(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut kept: Vec<Event<'_>> = Vec::with_capacity(events.len());
    // Where each open element begins, and whether something in it can be seen.
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
