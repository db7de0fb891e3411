//! Other sites can't act with a visitor's cookie (cross-site request forgery).

use serde_json::json;

use crate::{
    person::{Answer, Person, picture},
    site::Site,
};

/// Headers that a browser may send on behalf of another site's page.
const FOREIGN: [(&str, &str); 5] = [
    ("sec-fetch-site", "cross-site"),
    ("sec-fetch-site", "same-site"),
    ("origin", "http://evil.example"),
    ("origin", "null"),
    ("origin", "http://127.0.0.1:1"),
];

async fn assert_refused_cross_site(bo: &Person, method: &str, path: &str, body: &str, kind: &str) {
    for (name, value) in FOREIGN {
        let request = bo
            .request(method.parse().expect("a method"), path)
            .header(name, value)
            .header("content-type", kind);
        let answer = Answer::of(request.body(body.to_owned())).await;
        assert_eq!(
            answer.status, 403,
            "{method} {path} with {name}: {value}: {}",
            answer.text
        );
    }
}

#[tokio::test]
async fn a_cross_site_request_changes_nothing() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await.id;
    let (before, work) = (bo.page().await, bo.artwork(dusk).await);
    let body = json!({ "body": "x", "title": "x", "ids": [1], "handle": "bo", "password": "x" })
        .to_string();
    for (method, path) in [
        ("POST", format!("/api/artworks/{dusk}/critiques")),
        ("PATCH", format!("/api/artworks/{dusk}")),
        ("DELETE", format!("/api/artworks/{dusk}")),
        ("PATCH", format!("/api/critiques/{critique}")),
        ("PUT", format!("/api/critiques/{critique}/helpful")),
        ("POST", "/api/notifications/read".into()),
        ("POST", "/api/session".into()),
        ("POST", "/api/accounts".into()),
        ("DELETE", "/api/session".into()),
        ("POST", "/api/tokens".into()),
    ] {
        assert_refused_cross_site(&bo, method, &path, &body, "application/json").await;
    }
    let form = "application/x-www-form-urlencoded";
    for action in [
        "sign_in",
        "sign_out",
        "register",
        "change_password",
        "revoke_session",
        "create_token",
        "revoke_token",
        "post_critique",
        "delete_artwork",
        "set_helpful",
    ] {
        assert_refused_cross_site(
            &bo,
            "POST",
            &format!("/actions/{action}"),
            "id=1&artwork_id=1&body=x",
            form,
        )
        .await;
    }
    assert_eq!((bo.page().await, bo.artwork(dusk).await), (before, work));
    assert_eq!(
        bo.get("/api/session").await.status,
        200,
        "a cross-site sign-out is refused too"
    );
}

#[tokio::test]
async fn a_cross_site_request_uploads_nothing() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for path in ["/api/artworks", "/artworks/new"] {
        for (name, value) in FOREIGN {
            let image = reqwest::multipart::Part::bytes(picture(32, 32));
            let form = reqwest::multipart::Form::new()
                .text("title", "Mine")
                .part("image", image);
            let request = bo
                .request(reqwest::Method::POST, path)
                .header(name, value)
                .multipart(form);
            assert_eq!(
                Answer::of(request).await.status,
                403,
                "{path} with {name}: {value}"
            );
        }
    }
    assert_eq!(
        bo.get("/api/artworks").await.json::<serde_json::Value>()["items"],
        json!([])
    );
}

#[tokio::test]
async fn a_cross_site_link_marks_nothing_as_read() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    ann.critique(dusk, "Fine.").await;
    let id = bo.page().await.items[0].id;
    let link = bo
        .request(reqwest::Method::GET, &format!("/notifications/{id}"))
        .header("sec-fetch-site", "cross-site");
    assert_eq!(Answer::of(link).await.status, 303);
    assert_eq!(bo.page().await.unread, 1);
}

#[tokio::test]
async fn get_requests_change_nothing() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    for query in [
        "sign_out",
        &format!("delete_artwork?id={dusk}"),
        &format!("edit_artwork?id={dusk}&title=x&description="),
    ] {
        let answer = bo.get(&format!("/actions/{query}")).await;
        assert!(
            (400..500).contains(&answer.status),
            "{query}: {}",
            answer.status
        );
    }
    assert_eq!(bo.get("/api/session").await.status, 200);
    assert_eq!(bo.artwork(dusk).await.title, "Dusk");
}

#[tokio::test]
async fn same_origin_pages_and_api_clients_may_write() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let own = site.url("");
    for headers in [
        vec![("sec-fetch-site", "same-origin"), ("origin", &*own)],
        vec![("origin", &*own)],
        vec![("sec-fetch-site", "none")],
        vec![],
    ] {
        let mut request = bo
            .request(reqwest::Method::POST, "/api/notifications/seen")
            .json(&json!({ "ids": [1] }));
        for (name, value) in &headers {
            request = request.header(*name, *value);
        }
        assert_eq!(Answer::of(request).await.status, 200, "{headers:?}");
    }
}
