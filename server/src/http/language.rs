//! The language of each request: the one that the signed-in account's owner has chosen, else the
//! one in the cookie, else the best for `Accept-Language`, else English.

use axum::{
    extract::{Request, State},
    http::{Extensions, HeaderMap, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use domain::{Languages, languages, policy::Actor};
use shared::{AppError, ShownError};
use words::Locale;

use crate::http::cookies;

/// What a response in words depends on. It depends on the cookie, too, but only a private cache
/// keeps it, and revalidates it. With `Cookie` here, browsers would not show a page again that was
/// gone back to, with its form and the form's idempotency key.
const VARY: &str = "Accept-Language";

/// Adds the [`Locale`] by cookie or `Accept-Language` to the request's extensions, and the
/// [`Languages`] on offer. For all requests, before anything can answer one.
pub fn negotiate(offered: Languages, request: &mut Request) {
    let locale = asked(offered, request.headers());
    let extensions = request.extensions_mut();
    extensions.insert(offered);
    extensions.insert(locale);
}

fn asked(offered: Languages, headers: &HeaderMap) -> Locale {
    let chosen = cookies::values(headers, languages::COOKIE).find_map(|tag| offered.find(tag));
    // The header may be there several times (RFC 9110, section 5.3).
    let accepted = || {
        let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let lines: Vec<&str> = lines.filter_map(|line| line.to_str().ok()).collect();
        offered.negotiate(&lines.join(","))
    };
    chosen.unwrap_or_else(accepted)
}

/// Replaces the [`Locale`] by the account's, and tells the layers around it, which word errors, by
/// the response's extensions. Marks pages and errors with their language.
pub async fn of_account(
    State(offered): State<Languages>,
    mut request: Request,
    next: Next,
) -> Response {
    let extensions = request.extensions_mut();
    let chosen = extensions
        .get::<Actor>()
        .and_then(|actor| actor.language)
        .filter(|locale| offered.offered().contains(locale));
    if let Some(chosen) = chosen {
        extensions.insert(chosen);
    }
    let locale = of(extensions);
    let mut response = next.run(request).await;
    response.extensions_mut().insert(locale);
    let status = response.status();
    if is_page(&response) || status.is_client_error() || status.is_server_error() {
        mark(response.headers_mut(), locale);
    }
    response
}

fn is_page(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The language of a request or a response with these extensions.
pub fn of(extensions: &Extensions) -> Locale {
    extensions.get().copied().unwrap_or_default()
}

/// States the language of a response, and that another request may get another.
pub fn mark(headers: &mut HeaderMap, locale: Locale) {
    headers.insert(
        header::CONTENT_LANGUAGE,
        HeaderValue::from_static(locale.tag()),
    );
    if !headers
        .get_all(header::VARY)
        .iter()
        .any(|vary| vary.as_bytes() == VARY.as_bytes())
    {
        headers.append(header::VARY, HeaderValue::from_static(VARY));
    }
}

/// The error in words; logs one that the catalogue has no words for.
pub fn shown(error: &AppError, locale: Locale) -> ShownError {
    if !words::known(error) {
        tracing::error!(%error, "an error has no words in the catalogue");
    }
    words::shown(error, locale)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Lines<'a> = &'a [(&'static str, &'a [u8])];

    fn asked_by(lines: Lines<'_>, pseudo: bool) -> Locale {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value).expect("a value"));
        }
        asked(Languages { pseudo }, &headers)
    }

    #[test]
    fn the_cookie_precedes_the_header_and_english_comes_last() {
        let cases: [(Lines<'_>, Locale); 9] = [
            (&[], Locale::En),
            (&[("accept-language", b"de-AT, en;q=0.5")], Locale::De),
            (
                &[("accept-language", b"fr"), ("accept-language", b"de")],
                Locale::De,
            ),
            (&[("accept-language", b"\xff")], Locale::En),
            (
                &[
                    ("accept-language", b"de"),
                    ("cookie", b"a=b; artcritique-language=en"),
                ],
                Locale::En,
            ),
            (
                &[
                    ("accept-language", b"en"),
                    ("cookie", b"x=\xe9"),
                    ("cookie", b"artcritique-language=de"),
                ],
                Locale::De,
            ),
            (
                &[
                    ("accept-language", b"de"),
                    (
                        "cookie",
                        b"artcritique-language=xx; artcritique-language=en",
                    ),
                ],
                Locale::En,
            ),
            (
                &[
                    ("accept-language", b"de"),
                    ("cookie", b"artcritique-language="),
                ],
                Locale::De,
            ),
            (&[("cookie", b"artcritique-language=en-XR")], Locale::En),
        ];
        for (lines, locale) in cases {
            assert_eq!(asked_by(lines, false), locale, "{lines:?}");
        }
        assert_eq!(
            asked_by(&[("cookie", b"artcritique-language=en-XR")], true),
            Locale::Pseudo
        );
    }

    #[test]
    fn a_response_is_marked_once() {
        let mut headers = HeaderMap::new();
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        for locale in [Locale::En, Locale::De] {
            mark(&mut headers, locale);
        }
        assert_eq!(headers[header::CONTENT_LANGUAGE], "de");
        let vary: Vec<_> = headers.get_all(header::VARY).iter().collect();
        assert_eq!(vary, ["accept-encoding", VARY]);
    }
}
