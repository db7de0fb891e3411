//! Forms that are gone back to. A plain form names its attempt in a hidden field, so that sending
//! it again does nothing more. But the page that follows a posted critique stands at the address of
//! the form, and takes its place in the browser's cache: whoever goes back finds their words in the
//! form of the newer page. So that page goes on with the same attempt, for which the browser is
//! given a cookie that the page takes away again. With other words it is another attempt all the
//! same.

use axum::http::{HeaderMap, HeaderValue, header};
use shared::{ArtworkId, text::IdempotencyKey};

/// The cookie that names an attempt.
pub const COOKIE: &str = "artcritique-attempt";
/// How long the redirect may take, in seconds.
const LIFE: u32 = 60;

/// The cookie that says which attempt a work's page is to go on with.
pub fn remember(artwork: ArtworkId, attempt: &IdempotencyKey, secure: bool) -> Option<HeaderValue> {
    cookie(artwork, attempt.as_str(), LIFE, secure)
}

/// Takes the cookie away.
pub fn forget(artwork: ArtworkId, secure: bool) -> Option<HeaderValue> {
    cookie(artwork, "", 0, secure)
}

fn cookie(artwork: ArtworkId, value: &str, life: u32, secure: bool) -> Option<HeaderValue> {
    // What RFC 6265 keeps out of a cookie's value, an attempt of a client's own may have.
    let plain = value
        .bytes()
        .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\'));
    let secure = if secure { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={value}; Path=/artworks/{artwork}; Max-Age={life}; HttpOnly; SameSite=Lax{secure}"
    );
    HeaderValue::try_from(text).ok().filter(|_| plain)
}

/// The attempt that a page is to go on with.
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
    fn an_attempt_is_read_back_as_it_was_remembered() {
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
