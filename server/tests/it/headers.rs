//! Security and cache headers of every response, and redirects.

use reqwest::Method;

use crate::{
    person::Answer,
    raw::{Raw, header},
    site::Site,
};

#[tokio::test]
async fn every_response_has_the_security_headers() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let picture = bo.artwork(dusk).await.picture.sources[0].url.clone();
    for path in [
        "/",
        "/login",
        "/nowhere",
        "/api/artworks",
        "/api/nothing",
        "/actions/nothing",
        "/healthz",
        &picture,
        "/pkg/nothing.js",
        "/artworks/1/",
    ] {
        let answer = bo.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(answer.header("referrer-policy"), "same-origin", "{path}");
        assert!(
            answer
                .header("content-security-policy")
                .contains("frame-ancestors 'none'"),
            "{path}"
        );
        assert!(!answer.header("permissions-policy").is_empty(), "{path}");
        assert_eq!(
            answer.header("strict-transport-security"),
            "",
            "{path}: not without TLS"
        );
    }
}

#[tokio::test]
async fn pages_allow_only_scripts_with_a_fresh_nonce() {
    let site = Site::open();
    let nobody = site.visitor();
    let (one, two) = (nobody.get("/").await, nobody.get("/").await);
    let policy = one.header("content-security-policy");
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .expect("a nonce");
    assert!(nonce.len() >= 16 && one.text.contains(&format!("nonce=\"{nonce}\"")));
    assert!(
        !two.header("content-security-policy").contains(nonce),
        "each response has a new nonce"
    );
    assert!(
        !policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"),
        "{policy}"
    );
    for rule in [
        "default-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        &format!("ws://{}", site.address),
    ] {
        assert!(policy.contains(rule), "{rule} in {policy}");
    }
}

#[tokio::test]
async fn personal_responses_are_not_stored() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for path in [
        "/api/session",
        "/api/notifications",
        "/api/artworks",
        "/api/nothing",
        "/actions/list_sessions",
        "/notifications/1",
    ] {
        assert_eq!(
            bo.get(path).await.header("cache-control"),
            "no-store",
            "{path}"
        );
    }
    let page = bo.get("/").await;
    assert!(
        page.header("cache-control").contains("private")
            && !page.header("cache-control").contains("no-store"),
        "pages stay in the back/forward cache"
    );
}

#[tokio::test]
async fn a_trailing_slash_redirects_to_the_address_without_it() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for (path, bare) in [
        ("/login/", "/login"),
        ("/login/?next=/a&b=%2F", "/login?next=/a&b=%2F"),
        ("/api/artworks/", "/api/artworks"),
        ("/artworks/1/", "/artworks/1"),
        ("/@ann/", "/@ann"),
        ("/login//", "/login"),
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = Answer::of(bo.request(method.clone(), path)).await;
            assert_eq!(
                (answer.status, answer.header("location")),
                (308, bare),
                "{method} {path}"
            );
        }
    }
    assert_eq!(bo.get("/api/notifications/").await.status, 200);
    assert_eq!(bo.get("/").await.status, 200);
}

#[tokio::test]
async fn no_redirect_leads_to_another_site() {
    let site = Site::open();
    for target in [
        "//evil.example/",
        "//evil.example",
        "///evil.example/",
        "//evil.example/..",
        "/\\evil.example/",
        "/\\/evil.example/",
        "//evil.example//",
        "/%5Cevil.example/",
        "/%2F%2Fevil.example/",
        "/.//evil.example/",
        "http://evil.example/login/",
    ] {
        let (status, answer) = Raw::get(site.address, target).await;
        let place = header(&answer, "location");
        let away = place.starts_with("//") || place.starts_with("/\\") || place.contains("://");
        assert!(
            !away && status < 500,
            "{target} leads to {place:?} with {status}"
        );
    }
}

#[tokio::test]
async fn not_found_is_a_page_for_browsers_and_problem_json_for_the_api() {
    let site = Site::open();
    let nobody = site.visitor();
    let page = Answer::of(
        nobody
            .request(Method::GET, "/nowhere")
            .header("accept", "text/html"),
    )
    .await;
    assert_eq!(page.status, 404);
    assert!(page.header("content-type").starts_with("text/html") && page.text.contains("<h1>"));
    for path in [
        "/artworks/999",
        "/artworks/x",
        "/@nobody",
        "/artworks/999/edit",
    ] {
        let page = Answer::of(
            nobody
                .request(Method::GET, path)
                .header("accept", "text/html"),
        )
        .await;
        assert!(matches!(page.status, 401 | 404), "{path}: {}", page.status);
    }
    nobody.get("/api/nowhere").await.problem(404);
}

#[tokio::test]
async fn malformed_addresses_are_never_a_server_error() {
    let site = Site::open();
    for target in [
        "/%",
        "/%zz",
        "/%00",
        "/artworks/%ff",
        "/@%ff",
        "/login?next=%ff",
        "/notifications?before=%ff",
        "/search?q=%00",
        "/?before=x",
        "/?before=99999999999999999999",
    ] {
        let (status, answer) = Raw::get(site.address, target).await;
        assert!((200..500).contains(&status), "{target}: {answer}");
    }
}
