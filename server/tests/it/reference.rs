//! The API's reference as served, and the form of errors outside its operations.

use std::collections::BTreeSet;

use reqwest::{Method, header};
use serde_json::Value;

use crate::{person::Answer, site::Site};

#[tokio::test]
async fn the_document_and_its_page_are_cached_until_they_change() {
    let site = Site::open();
    let ann = site.join("ann").await;
    for (path, kind) in [
        ("/api/openapi.json", "application/json"),
        ("/api/docs", "text/html; charset=utf-8"),
    ] {
        let answer = ann.get(path).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, kind));
        assert_eq!(answer.header("cache-control"), "public, max-age=300");
        assert_eq!(
            answer.header("set-cookie"),
            "",
            "a shared cache may keep it"
        );
        let policy = answer.header("content-security-policy");
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("script-src"),
            "{policy}"
        );
        let tag = answer.header("etag").to_owned();
        let again = ann
            .request(Method::GET, path)
            .header(header::IF_NONE_MATCH, &tag);
        let again = Answer::of(again).await;
        assert_eq!((again.status, again.header("etag")), (304, &*tag), "{path}");
        assert_eq!(again.text, "");
        let other = ann
            .request(Method::GET, path)
            .header(header::IF_NONE_MATCH, "\"other\"");
        assert_eq!(Answer::of(other).await.status, 200);
    }
}

#[tokio::test]
async fn the_document_names_the_cookie_that_signing_in_sets() {
    for (settings, name) in [
        (&[][..], "artcritique"),
        (
            &[("ARTCRITIQUE_ORIGIN", "https://art.example")],
            "__Host-artcritique",
        ),
    ] {
        let site = Site::with(settings);
        let document: Value = site.visitor().get("/api/openapi.json").await.json();
        let scheme = &document["components"]["securitySchemes"]["session"];
        assert_eq!(
            (&scheme["in"], &scheme["name"]),
            (&"cookie".into(), &name.into())
        );
    }
}

#[tokio::test]
async fn other_methods_get_405_with_the_documented_ones() {
    let site = Site::open();
    let ann = site.join("ann").await;
    let document: Value = ann.get("/api/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let mut documented: BTreeSet<String> = item
            .as_object()
            .expect("a path")
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        if documented.contains("GET") {
            documented.insert("HEAD".into());
        }
        let address = path.replace("{id}", "1").replace("{handle}", "bo");
        for accept in ["*/*", "text/html"] {
            let asked = ann
                .request(Method::OPTIONS, &address)
                .header(header::ACCEPT, accept);
            let answer = Answer::of(asked).await;
            answer.problem(405);
            let allowed = answer.header("allow").split(',');
            let allowed: BTreeSet<String> = allowed.map(|word| word.trim().to_owned()).collect();
            assert_eq!(allowed, documented, "{path}");
        }
    }
}

#[tokio::test]
async fn errors_outside_the_operations_are_problems_too() {
    let site = Site::open();
    let ann = site.join("ann").await;
    for path in ["/api/nothing", "/api/artworks/x", "/api/artworks/1/nothing"] {
        for accept in ["*/*", "text/html"] {
            let asked = ann
                .request(Method::GET, path)
                .header(header::ACCEPT, accept);
            Answer::of(asked).await.problem(404);
        }
    }
    let session = || ann.request(Method::POST, "/api/session");
    let plain = session().header(header::CONTENT_TYPE, "text/plain");
    Answer::of(plain.body("handle=ann")).await.problem(415);
    let large = session().header(header::CONTENT_TYPE, "application/json");
    Answer::of(large.body("x".repeat(300_000)))
        .await
        .problem(413);
    let form = ann.request(Method::POST, "/api/artworks");
    let form = form.header(header::CONTENT_TYPE, "application/json");
    Answer::of(form.body("{}")).await.problem(415);
}
