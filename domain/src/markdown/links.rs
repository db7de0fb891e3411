//! Turns plain URLs into links, and reveals the host of a misleading link.

use std::sync::LazyLock;

use linkify::{LinkFinder, LinkKind};
use pulldown_cmark::{CowStr, Event, LinkType, Tag, TagEnd};
use url::Url;

static FINDER: LazyLock<LinkFinder> = LazyLock::new(|| {
    let mut finder = LinkFinder::new();
    // Finds `www.example.org` without a scheme; `target` discards the other matches without one.
    finder.kinds(&[LinkKind::Url]).url_must_have_scheme(false);
    finder
});

/// Links plain URLs, except in code and within links.
pub fn linked(events: Vec<Event<'_>>) -> Vec<Event<'_>> {
    let mut linked = Vec::with_capacity(events.len());
    // Depth of elements in which a URL stays text, and the URL of an open `<https://…>`.
    let (mut verbatim, mut bare) = (0_usize, None);
    for event in events {
        match event {
            Event::Text(text) if verbatim == 0 => link(text, &mut linked),
            Event::Start(tag @ (Tag::Link { .. } | Tag::CodeBlock(_))) => {
                verbatim += 1;
                if let Tag::Link {
                    link_type: LinkType::Autolink,
                    dest_url,
                    ..
                } = &tag
                {
                    bare = Some(dest_url.clone());
                }
                linked.push(Event::Start(tag));
            }
            Event::End(tag @ (TagEnd::Link | TagEnd::CodeBlock)) => {
                verbatim -= 1;
                if let Some(host) = bare.take().and_then(|address| disguised_host(&address)) {
                    linked.push(Event::Text(host.into()));
                }
                linked.push(Event::End(tag));
            }
            event => linked.push(event),
        }
    }
    linked
}

/// Appends the text, with a link for each URL in it.
fn link<'a>(text: CowStr<'a>, linked: &mut Vec<Event<'a>>) {
    let mut done = 0;
    for found in FINDER.links(&text) {
        let address = without_closing_marks(found.as_str());
        let Some(to) = target(address) else { continue };
        if found.start() > done {
            linked.push(Event::Text(text[done..found.start()].to_owned().into()));
        }
        let host = disguised_host(&to);
        let (link_type, title, id) = (LinkType::Inline, CowStr::Borrowed(""), CowStr::Borrowed(""));
        linked.push(Event::Start(Tag::Link {
            link_type,
            dest_url: to.into(),
            title,
            id,
        }));
        linked.push(Event::Text(address.to_owned().into()));
        linked.extend(host.map(|host| Event::Text(host.into())));
        linked.push(Event::End(TagEnd::Link));
        done = found.start() + address.len();
    }
    if done == 0 {
        linked.push(Event::Text(text));
    } else if done < text.len() {
        linked.push(Event::Text(text[done..].to_owned().into()));
    }
}

/// The destination of a URL, if it is a web URL.
fn target(address: &str) -> Option<String> {
    let begins = |with: &str| {
        address
            .get(..with.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(with))
    };
    let to = if begins("https://") || begins("http://") {
        address.to_owned()
    } else if begins("www.") {
        format!("https://{address}")
    } else {
        return None;
    };
    Url::parse(&to).ok().filter(Url::has_host).map(|_| to)
}

/// Strips punctuation of non-Latin scripts from the end, which the finder takes as part of the URL.
fn without_closing_marks(address: &str) -> &str {
    address.trim_end_matches(|c| {
        matches!(
            c,
            '。' | '、'
                | '，'
                | '．'
                | '！'
                | '？'
                | '：'
                | '；'
                | '）'
                | '」'
                | '』'
                | '】'
                | '》'
                | '”'
                | '’'
                | '»'
                | '›'
                | '…'
                | '،'
                | '؟'
                | '।'
        )
    })
}

/// The host in ASCII, to be shown after a URL that could mislead: one with letters of other
/// alphabets (homographs), or with user information before an `@`.
fn disguised_host(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?;
    let foreign = !address.is_ascii() && host.split('.').any(|label| label.starts_with("xn--"));
    let named = !url.username().is_empty() || url.password().is_some();
    (foreign || named).then(|| format!(" ({host})"))
}
