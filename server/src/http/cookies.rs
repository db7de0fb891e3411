//! Extracts the site's own cookies. Cookies of other software on this host are ignored, whatever
//! they contain.

use axum::http::{HeaderMap, HeaderValue, header::COOKIE};
use tower_sessions::session::Id;

use crate::http::idempotency;

/// Reduces the `Cookie` headers to at most one, with only the site's own cookies: the session
/// cookie, whose name is `session`, and the idempotency cookie. Parses bytes, because the session
/// library skips a whole header for one non-ASCII byte.
pub fn keep_ours(headers: &mut HeaderMap, session: &str) {
    let attempt = values(headers, idempotency::COOKIE)
        .next()
        .map(|value| format!("{}={value}", idempotency::COOKIE));
    let ours: Vec<String> = find(headers, session).into_iter().chain(attempt).collect();
    headers.remove(COOKIE);
    if let Ok(value) = HeaderValue::try_from(ours.join("; "))
        && !ours.is_empty()
    {
        headers.insert(COOKIE, value);
    }
}

/// The values of all cookies with this name that are UTF-8.
pub fn values<'a>(headers: &'a HeaderMap, name: &'a str) -> impl Iterator<Item = &'a str> {
    let pairs = headers
        .get_all(COOKIE)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let value = pair[equals + 1..].trim_ascii();
        let value = value
            .strip_prefix(b"\"")
            .and_then(|value| value.strip_suffix(b"\""))
            .unwrap_or(value);
        if pair[..equals].trim_ascii() == name.as_bytes() {
            std::str::from_utf8(value).ok()
        } else {
            None
        }
    })
}

/// The session cookie. Other software may have set a cookie of the same name for a path or a parent
/// domain, and the browser chooses their order (RFC 6265, section 5.4), so the first value that
/// parses as a session ID wins.
fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut first = None;
    for value in values(headers, name) {
        if value.parse::<Id>().is_ok() {
            return Some(format!("{name}={value}"));
        }
        // Skip a value that a header cannot carry.
        first = first.or(Some(value).filter(|value| HeaderValue::try_from(*value).is_ok()));
    }
    first.map(|value| format!("{name}={value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(lines: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_bytes(line).expect("a value"));
        }
        keep_ours(&mut headers, "artcritique");
        assert!(headers.get_all(COOKIE).iter().count() <= 1);
        headers
            .get(COOKIE)
            .map(|value| value.to_str().expect("text").to_owned())
    }

    #[test]
    fn the_session_cookie_is_found_among_any_other_cookies() {
        let ours = format!("artcritique={}", Id(42));
        let many: Vec<u8> = (0..500)
            .map(|n| format!("c{n}=v; "))
            .collect::<String>()
            .into_bytes();
        for (before, after) in [
            (&b""[..], &b""[..]),
            (b"lang=\xe9\xff; ", b"; x=\xfc"),
            (b"=nameless; ; novalue; ", b";;;"),
            (b"q=\"a b; c=d\"; ", b"; q2=\"unclosed"),
            (
                b"artcritique_of_old=1; artcritique2=2; Artcritique=3; ",
                b"",
            ),
            (b"json={\"a\":\"b\",\"c\":[1]}; ", b"; tab=\t"),
            (b"artcritique=x; ", b""),
            (b"artcritique=; ", b"; artcritique=y"),
            (b"artcritique=\xe9; ", b""),
            (&many, b"; x=y"),
            (b"", &[b"; ", many.as_slice()].concat()),
        ] {
            let line = [before, ours.as_bytes(), after].concat();
            assert_eq!(
                kept(&[&line]),
                Some(ours.clone()),
                "{}",
                String::from_utf8_lossy(&line)
            );
            assert_eq!(
                kept(&[before, ours.as_bytes(), after]),
                Some(ours.clone()),
                "in several headers"
            );
        }
        assert_eq!(
            kept(&[format!("artcritique=\"{}\"", Id(42)).as_bytes()]),
            Some(ours),
            "quoted"
        );
    }

    #[test]
    fn without_a_valid_session_cookie_only_an_invalid_one_is_kept() {
        assert_eq!(kept(&[b"a=b; c=\xff"]), None);
        assert_eq!(kept(&[]), None);
        assert_eq!(
            kept(&[b"artcritique=x; artcritique=y"]),
            Some("artcritique=x".into()),
            "so that it is taken back"
        );
    }
}
