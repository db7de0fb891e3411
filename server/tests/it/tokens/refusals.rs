//! Tokens that are refused, and requests that carry more than a token.

use reqwest::Method;
use serde_json::{Value, json};
use shared::dto::Scope;

use crate::{
    person::{Answer, Person},
    site::Site,
    tokens::{Program, assert_invalid, create},
    wire::Handshake,
};

#[tokio::test]
async fn malformed_unknown_and_ended_tokens_are_never_taken_for_guests() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", "off")]);
    let bo = site.join("bo").await;
    let created = create(&bo, &[Scope::Read, Scope::Notifications]).await;
    let good = Program::new(&site, &created).authorization;
    let secret = created.token.expect("a secret");
    let with = |authorization: String| Program {
        visitor: site.visitor(),
        authorization,
    };
    for bad in [
        "Bearer".to_owned(),
        "Bearer ".into(),
        "bearer x".into(),
        format!("Bearer {}", &secret[..46]),
        format!("{good}x"),
        format!("Bearer {}", secret.to_lowercase()),
        format!("Bearer act_{}", "A".repeat(43)),
        format!("Bearer {}", "x".repeat(8_000)),
    ] {
        let program = with(bad.clone());
        for path in ["/api/artworks", "/api/session", "/api/notifications"] {
            assert_invalid(&program.get(path).await);
        }
        for path in ["notifications", "watch"] {
            let handshake = Handshake {
                path,
                ..program.handshake(None)
            };
            assert_eq!(handshake.open().await.err(), Some(401), "{bad} on {path}");
        }
    }
    let twice = bo
        .request(Method::GET, "/api/session")
        .header("authorization", &good)
        .header("authorization", &good);
    assert_invalid(&Answer::of(twice).await);
    // Other schemes are none of ours, and a page does not act by a token.
    for (path, authorization, status) in [
        ("/api/artworks", "Basic eDp5", 200),
        ("/api/session", "Basic eDp5", 401),
        ("/", &*good, 200),
        ("/settings/tokens", &*good, 401),
        ("/notifications", "Bearer x", 401),
        ("/login", "Bearer x", 200),
        ("/actions/list_tokens", &*good, 401),
    ] {
        let answer = with(authorization.to_owned()).get(path).await;
        assert_eq!(answer.status, status, "{path} with {authorization}");
    }
}

#[tokio::test]
async fn the_token_decides_a_request_that_has_a_cookie_too() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let program = Program::of(&site, &bo, &[Scope::Read]).await;
    let both = async |person: &Person, authorization: &str| {
        let request = person
            .request(Method::GET, "/api/session")
            .header("authorization", authorization);
        Answer::of(request).await
    };
    let who: Value = both(&ann, &program.authorization).await.json();
    assert_eq!(who["handle"], "bo");
    assert_invalid(&both(&ann, "Bearer x").await);
    let inbox = ann
        .request(Method::GET, "/api/notifications")
        .header("authorization", &program.authorization);
    Answer::of(inbox).await.problem(403);
    let answer = both(&ann, &program.authorization).await;
    assert_eq!(answer.header("set-cookie"), "", "the session is untouched");
    assert_eq!(ann.get("/api/session").await.status, 200);
}

#[tokio::test]
async fn origin_matters_to_a_token_only_on_the_socket() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let program = Program::of(&site, &bo, &[Scope::Notifications]).await;
    for (name, value) in [
        ("origin", "http://evil.example"),
        ("origin", "null"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let request = program
            .request("POST", "/api/notifications/seen")
            .header(name, value)
            .json(&json!({ "ids": [1] }));
        assert_eq!(Answer::of(request).await.status, 200, "{name}: {value}");
        let by_cookie = bo
            .request(Method::POST, "/api/notifications/seen")
            .header(name, value)
            .json(&json!({ "ids": [1] }));
        assert_eq!(Answer::of(by_cookie).await.status, 403, "{name}: {value}");
    }
    let own = site.url("");
    for (origin, refused) in [
        (None, None),
        (Some(&*own), None),
        (Some("http://evil.example"), Some(403)),
        (Some("null"), Some(403)),
        (Some(""), Some(403)),
    ] {
        let opened = program.handshake(None).origin(origin).open().await;
        assert_eq!(opened.err(), refused, "{origin:?}");
    }
    // No answer lets another site's page send the header in the first place.
    let preflight = site
        .visitor()
        .request(Method::OPTIONS, "/api/session")
        .header("origin", "http://evil.example")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "authorization");
    let answer = Answer::of(preflight).await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}
