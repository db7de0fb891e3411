//! Idempotency keys: the header of REST, and the keys of plain forms across Back.
//!
//! A plain form sends a key in a hidden field, so that sending it again does nothing more. But the
//! page after a posted critique has the same address as the form's page, and replaces it in the
//! browser's cache: Back puts the typed text into the form of the newer page, with its new key. So
//! the response to the post sets a cookie with the old key; the newer page uses that key and
//! deletes the cookie. The same key with another text counts as a new attempt.

use axum::http::{HeaderMap, HeaderValue, header};
use shared::{ArtworkId, paths, text::IdempotencyKey};

/// The `Idempotency-Key` header, if sent (draft-ietf-httpapi-idempotency-key-header).
pub fn idempotency_key(headers: &HeaderMap) -> Option<&str> {
    headers
        .get("idempotency-key")
        .map(|value| value.to_str().unwrap_or_default())
}

/// Name of the cookie that carries the key.
pub const COOKIE: &str = "artcritique-attempt";
/// Lifetime of the cookie, in seconds: how long the redirect may take.
const LIFE: u32 = 60;

/// The `Set-Cookie` value that passes a key to an artwork's page; `None` if a cookie cannot carry
/// the key.
pub fn remember(artwork: ArtworkId, attempt: &IdempotencyKey, secure: bool) -> Option<HeaderValue> {
    cookie(artwork, attempt.as_str(), LIFE, secure)
}

/// The `Set-Cookie` value that deletes the cookie.
pub fn forget(artwork: ArtworkId, secure: bool) -> Option<HeaderValue> {
    cookie(artwork, "", 0, secure)
}

fn cookie(artwork: ArtworkId, value: &str, life: u32, secure: bool) -> Option<HeaderValue> {
    // A client's own key may contain characters that RFC 6265 forbids in a cookie value.
    let plain = value
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\'));
    let secure = if secure { "; Secure" } else { "" };
    let page = paths::artwork(artwork);
    let text =
        format!("{COOKIE}={value}; Path={page}; Max-Age={life}; HttpOnly; SameSite=Lax{secure}");
    HeaderValue::try_from(text).ok().filter(|_| plain)
}

/// The key that the cookie carries.
pub fn remembered(headers: &HeaderMap) -> Option<String> {
    let cookies = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut named = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='));
    let value = named.find(|(name, _)| *name == COOKIE)?.1;
    IdempotencyKey::parse(value).ok().map(Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_back_from_its_cookie() {
        let attempt = IdempotencyKey::parse("a-1/b+c==").expect("sound");
        let set = remember(ArtworkId(7), &attempt, true).expect("a cookie");
        let (pair, rest) = set
            .to_str()
            .expect("text")
            .split_once(';')
            .expect("attributes");
        assert_eq!(
            rest,
            " Path=/artworks/7; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        let mut headers = HeaderMap::new();
        headers.insert(
            header::COOKIE,
            format!("other=1; {pair}; more=2")
                .parse()
                .expect("a header"),
        );
        assert_eq!(remembered(&headers).as_deref(), Some("a-1/b+c=="));
        assert!(
            remember(
                ArtworkId(7),
                &IdempotencyKey::parse("a;b").expect("sound"),
                false
            )
            .is_none()
        );
    }
}
