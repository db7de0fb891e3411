//! Writes the body of every error response, in the language of the request: a page for people, the
//! format of server functions for a page's own calls, problem JSON for programs.

use std::sync::Arc;

use app::ui::{is_passing, problem_title};
use axum::{
    Json,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, Uri, header},
    middleware::Next,
    response::{self, IntoResponse, Response},
};
use shared::{Kind, ShownError, paths};
use words::Locale;

use crate::http::{
    forms,
    html::Html,
    language,
    problem::{self, Problem, WordedProblem},
};

/// Shortest delay before an error page for a 503 reloads itself, in seconds.
const RETRY_SECS: u32 = 10;
const PAGE_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Writes the body of a [`Problem`], which comes from a handler, from a layer within this one, or
/// with a request that was rejected before the router. `css` is the address of the style sheet.
pub async fn write(State(css): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let person = forms::wants_page(request.headers()) && !path.starts_with(paths::api::PREFIX);
    let action = path.starts_with(paths::actions::PREFIX);
    let asked = (*request.method() == Method::GET && !action).then(|| request.uri().clone());
    let negotiated = language::of(request.extensions());
    let mut response = match request.extensions_mut().remove::<Problem>() {
        Some(refused) => refused.into_response(),
        None => next.run(request).await,
    };
    let extensions = response.extensions_mut();
    // The account's language, where the account was looked up.
    let locale = extensions.get().copied().unwrap_or(negotiated);
    let worded = extensions.remove::<WordedProblem>().map(|worded| worded.0);
    let Some(error) = extensions
        .remove::<Problem>()
        .map(|Problem(error)| language::shown(&error, locale))
        .or(worded)
    else {
        return response;
    };
    let mut written = if person {
        let page = response::Html(error_page(&css, &error, locale, asked.as_ref())).into_response();
        with_header(page, header::CONTENT_SECURITY_POLICY, PAGE_POLICY)
    } else if action {
        Json(error).into_response()
    } else {
        let body = Json(problem::Body::from(error)).into_response();
        with_header(body, header::CONTENT_TYPE, "application/problem+json")
    };
    let (mut parts, _) = response.into_parts();
    if person || action {
        // Only programs are told how to sign in by a header.
        parts.headers.remove(header::WWW_AUTHENTICATE);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(std::mem::take(written.headers_mut()));
    language::mark(&mut parts.headers, locale);
    Response::from_parts(parts, written.into_body())
}

fn with_header(
    mut response: Response<Body>,
    name: header::HeaderName,
    value: &'static str,
) -> Response {
    let value = HeaderValue::from_static(value);
    response.headers_mut().insert(name, value);
    response
}

/// The HTML page for an error. `asked` is the address, if it can be requested again; for a 503 the
/// page then reloads itself without a script.
fn error_page(css: &str, error: &ShownError, locale: Locale, asked: Option<&Uri>) -> String {
    let title = problem_title(error.kind, locale);
    let again = asked.filter(|_| is_passing(error.kind));
    let reload = again.filter(|_| error.kind == Kind::Unavailable).map(|_| {
        let seconds = error.retry_after.unwrap_or_default().max(RETRY_SECS);
        seconds.to_string()
    });
    let mut html = Html::default();
    html.void("!DOCTYPE html", &[]);
    let language = [("lang", locale.tag()), ("dir", locale.dir())];
    html.element("html", &language, |html| {
        html.void("meta", &[("charset", "utf-8")]);
        let width = [("name", "viewport"), ("content", "width=device-width")];
        html.void("meta", &width);
        if let Some(seconds) = &reload {
            html.void("meta", &[("http-equiv", "refresh"), ("content", seconds)]);
        }
        html.leaf("title", &[], &locale.page_title(&title));
        html.void("link", &[("rel", "stylesheet"), ("href", css)]);
        html.element("main", &[("id", "main")], |html| {
            html.element("section", &[("class", "problem")], |html| {
                html.leaf("h1", &[], &title);
                html.leaf("p", &[], &error.message);
                html.element("p", &[("class", "actions")], |html| {
                    actions(html, error.kind, locale, asked);
                });
            });
        });
    });
    html.into_text()
}

/// The links of an error page.
fn actions(html: &mut Html, kind: Kind, locale: Locale, asked: Option<&Uri>) {
    let button = |html: &mut Html, class: &str, address: &str, words: &str| {
        html.leaf("a", &[("class", class), ("href", address)], words);
    };
    if asked.is_some() && is_passing(kind) {
        button(html, "button", "", &locale.retry());
    }
    if let Some(uri) = asked.filter(|_| kind == Kind::Unauthenticated) {
        let next = uri
            .path_and_query()
            .map_or(paths::GALLERY, |path| path.as_str());
        let sign_in = paths::with_next(paths::LOGIN, next);
        button(html, "button", &sign_in, &locale.sign_in());
    }
    let gallery = locale.go_to_gallery();
    button(html, "quiet button", paths::GALLERY, &gallery);
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware::from_fn_with_state, routing::get};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn rejected_requests_get_html_or_problem_json() {
        let router = Router::new().route("/", get(|| async { "it is answered" }));
        let router = router.layer(from_fn_with_state(Arc::<str>::from("/a.css"), write));
        for (accept, kind, locale, words) in [
            ("text/html", "text/html", Locale::En, "<h1>One moment</h1>"),
            (
                "text/html",
                "text/html",
                Locale::De,
                r#"<html lang="de" dir="ltr">"#,
            ),
            (
                "*/*",
                "application/problem+json",
                Locale::En,
                r#""status":503"#,
            ),
            (
                "*/*",
                "application/problem+json",
                Locale::De,
                r#""code":"site-busy""#,
            ),
        ] {
            let request = Request::builder()
                .header("accept", accept)
                .extension(locale)
                .extension(Problem::from(domain::Error::busy()));
            let answer = router
                .clone()
                .oneshot(request.body(Body::empty()).expect("a request"))
                .await
                .expect("an answer");
            assert_eq!(answer.status(), 503);
            assert!(
                answer.headers().contains_key("retry-after")
                    && answer.headers()["content-type"]
                        .to_str()
                        .expect("text")
                        .starts_with(kind)
            );
            assert_eq!(answer.headers()["content-language"], locale.tag());
            let body = answer
                .into_body()
                .collect()
                .await
                .expect("a body")
                .to_bytes();
            assert!(
                std::str::from_utf8(&body).expect("text").contains(words),
                "{body:?}"
            );
        }
    }
}
