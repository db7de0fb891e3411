//! Entity tags in the headers of conditional requests (RFC 9110, section 13.1).

use axum::http::{HeaderMap, HeaderName};

/// Whether a header lists this entity tag, weak or strong, or `*`.
pub fn is_named(asked: &HeaderMap, header: &HeaderName, tag: &str) -> bool {
    let values = asked
        .get_all(header)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .any(|value| value == "*" || value.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use axum::http::header::IF_NONE_MATCH;

    use super::*;

    #[test]
    fn a_tag_is_found_in_any_header_line_weak_or_strong() {
        for (lines, named) in [
            (&["\"a\""][..], true),
            (&["W/\"a\""], true),
            (&["\"b\", \"a\""], true),
            (&["\"b\"", "\"a\""], true),
            (&["*"], true),
            (&["\"b\""], false),
            (&["a"], false),
            (&[], false),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(IF_NONE_MATCH, line.parse().expect("a header"));
            }
            assert_eq!(
                is_named(&headers, &IF_NONE_MATCH, "\"a\""),
                named,
                "{lines:?}"
            );
        }
    }
}
