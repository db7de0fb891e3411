//! Writes the shape of a rendered page into it, for the browser to compare with its DOM (see
//! [`shared::shape`]).

use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::header,
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::Error;
use shared::shape::{Shape, is_opaque};

use crate::http::problem::Problem;

/// The start of the element that carries the shape. User text cannot contain it, since `<` is
/// escaped.
const MARKER: &str = "<div id=\"site\" data-shape=\"";

/// Elements that have no end tag (HTML Living Standard, section 13.1.2).
const VOID: [&str; 13] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track",
    "wbr",
];
/// Elements whose content is parsed as text.
const RAW: [&str; 7] = [
    "iframe", "noscript", "script", "style", "textarea", "title", "xmp",
];

/// Fills in the shape of every HTML page that has the marker.
pub async fn write(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let html = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !html {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(Ok(mut html)) = to_bytes(body, usize::MAX)
        .await
        .map(|bytes| String::from_utf8(bytes.into()))
    else {
        return Problem::from(Error::internal("a page broke off")).into_response();
    };
    fill_in(&mut html);
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(html))
}

fn fill_in(html: &mut String) {
    let Some(at) = html.find(MARKER).map(|at| at + MARKER.len()) else {
        return;
    };
    let Some(content) = html[at..].strip_prefix("\">") else {
        return;
    };
    let shape = of(content).to_string();
    html.insert_str(at, &shape);
}

/// The shape of `html` up to the end tag of the element that contains it. Reads only the
/// well-formed HTML that Leptos renders.
fn of(html: &str) -> Shape {
    let (mut shape, mut rest) = (Shape::default(), html);
    let mut depth = 0_usize;
    // The depth of the enclosing opaque element.
    let mut opaque = None;
    while let Some(next) = rest.find('<') {
        if next > 0 && opaque.is_none() {
            shape.text();
        }
        rest = &rest[next..];
        if let Some(comment) = rest.strip_prefix("<!") {
            let end = if comment.starts_with("--") {
                "-->"
            } else {
                ">"
            };
            rest = comment
                .find(end)
                .map_or("", |at| &comment[at + end.len()..]);
            if opaque.is_none() {
                shape.comment();
            }
        } else if let Some(tag) = rest.strip_prefix("</") {
            rest = tag.find('>').map_or("", |at| &tag[at + 1..]);
            if depth == 0 {
                break;
            }
            depth -= 1;
            opaque = opaque.filter(|outer| *outer != depth);
            if opaque.is_none() {
                shape.close();
            }
        } else {
            let end = end_of_tag(rest);
            let (tag, after) = rest.split_at(end);
            rest = after.strip_prefix('>').unwrap_or(after);
            let name = tag[1..]
                .split(|c: char| c.is_ascii_whitespace() || c == '/')
                .next()
                .unwrap_or_default();
            let name = name.to_ascii_lowercase();
            if opaque.is_none() {
                shape.open(&name);
            }
            if VOID.contains(&&*name) || opaque.is_some() && tag.ends_with('/') {
                if opaque.is_none() {
                    shape.close();
                }
                continue;
            }
            if opaque.is_none() && is_opaque(&name, class_of(tag)) {
                opaque = Some(depth);
            }
            depth += 1;
            // HTML parsers drop one line break at the start of these elements.
            if matches!(&*name, "textarea" | "pre" | "listing") {
                rest = rest.strip_prefix('\n').unwrap_or(rest);
            }
            if RAW.contains(&&*name) {
                let end = rest.find(&format!("</{name}")).unwrap_or(rest.len());
                if end > 0 && opaque.is_none() {
                    shape.text();
                }
                rest = &rest[end..];
            }
        }
    }
    shape
}

/// The index of the `>` that ends a tag, ignoring those within quotes.
fn end_of_tag(tag: &str) -> usize {
    let mut quote = None;
    tag.bytes()
        .position(|byte| {
            match (quote, byte) {
                (None, b'"' | b'\'') => quote = Some(byte),
                (Some(open), byte) if open == byte => quote = None,
                _ => {}
            }
            quote.is_none() && byte == b'>'
        })
        .unwrap_or(tag.len())
}

fn class_of(tag: &str) -> &str {
    tag.split_once(" class=\"")
        .and_then(|(_, class)| class.split_once('"'))
        .map_or("", |(class, _)| class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(build: impl FnOnce(&mut Shape)) -> Shape {
        let mut shape = Shape::default();
        build(&mut shape);
        shape
    }

    #[test]
    fn elements_texts_and_comments_in_order_make_the_shape() {
        let expected = shaped(|shape| {
            shape.open("main");
            shape.open("p");
            shape.text();
            shape.comment();
            shape.text();
            shape.close();
            shape.open("img");
            shape.close();
            shape.comment();
            shape.close();
        });
        let page = r#"<main id="main" tabindex="-1"><p title="a > b </p>">One<!>two</p><img alt='x>"' src="/a"><!--s--></main></div><p>foot"#;
        assert_eq!(of(page), expected);
        for (what, changed) in [
            ("a bar", page.replacen("<p ", "<div></div><p ", 1)),
            ("a wrapped word", page.replace("two", "<font>two</font>")),
            ("a comment less", page.replace("<!--s-->", "")),
            ("another element", page.replace("main", "section")),
            ("a text more", page.replace("<img", " <img")),
        ] {
            assert_ne!(of(&changed), expected, "{what}");
        }
        assert_eq!(
            of(&page.replace("One", "Another").replace("/a", "/b")),
            expected,
            "words and attributes don't count"
        );
    }

    #[test]
    fn a_textarea_holds_one_text_or_none() {
        let empty = shaped(|shape| {
            shape.open("textarea");
            shape.close();
        });
        assert_eq!(of("<textarea></textarea></div>"), empty);
        assert_eq!(of("<textarea>\n</textarea></div>"), empty);
        let full = shaped(|shape| {
            shape.open("textarea");
            shape.text();
            shape.close();
        });
        assert_eq!(
            of("<textarea>\n<b>not an element</b>&lt;/textarea&gt;</textarea></div>"),
            full
        );
    }

    #[test]
    fn opaque_content_does_not_count() {
        let expected = shaped(|shape| {
            shape.open("div");
            shape.close();
            shape.open("svg");
            shape.close();
            shape.open("p");
            shape.close();
        });
        let page = r#"<div class="prose plain"><p title="</div>">One <em>two</em></p><div><br>three</div></div><svg><path d="M"/></svg><p></p></div>"#;
        assert_eq!(of(page), expected);
    }

    #[test]
    fn the_shape_is_written_at_the_marker() {
        let mut page =
            r#"<body><div id="bell">1</div><div id="site" data-shape=""><p>x</p></div></body>"#
                .to_owned();
        fill_in(&mut page);
        let shape = of("<p>x</p></div>");
        assert!(
            page.contains(&format!(r#"data-shape="{shape}"><p>"#)),
            "{page}"
        );
        let mut other = "<p>Nothing to fill in</p>".to_owned();
        fill_in(&mut other);
        assert_eq!(other, "<p>Nothing to fill in</p>");
    }
}
