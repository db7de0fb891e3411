//! Bad input to REST: each kind is refused with its own status, as a problem that names the field.

use reqwest::Method;
use serde_json::{Value, json};
use shared::dto::Viewer;

use crate::{
    person::{Answer, PASSWORD, Person},
    raw::Raw,
    site::Site,
};

async fn bytes(person: &Person, method: &str, path: &str, kind: &str, body: Vec<u8>) -> Answer {
    let mut request = person
        .request(method.parse().expect("a method"), path)
        .body(body);
    if !kind.is_empty() {
        request = request.header("content-type", kind);
    }
    Answer::of(request).await
}

/// Bodies that every JSON endpoint refuses.
async fn assert_refuses_malformed_bodies(person: &Person, method: &str, path: &str, field: &str) {
    let json = "application/json";
    for (kind, body, status) in [
        ("", b"{}".to_vec(), 415),
        ("text/plain", b"{}".to_vec(), 415),
        ("application/x-www-form-urlencoded", b"body=x".to_vec(), 415),
        (json, b"".to_vec(), 400),
        (json, b"{".to_vec(), 400),
        (
            json,
            [format!("{{\"{field}\":\"").as_bytes(), b"\xff\xfe\"}"].concat(),
            400,
        ),
        (json, b"null".to_vec(), 422),
        (json, b"[]".to_vec(), 422),
        (json, b"[\"a\",\"b\",\"c\",\"d\"]".to_vec(), 422),
        (json, b"\"a\"".to_vec(), 422),
        (json, b"{\"surprise\":1}".to_vec(), 422),
        (
            json,
            format!("{{\"{field}\":\"\\ud800\"}}").into_bytes(),
            400,
        ),
        (
            json,
            format!("{{\"{field}\":\"x\",\"{field}\":\"x\"}}").into_bytes(),
            422,
        ),
        (json, b"{}{}".to_vec(), 400),
        ("application/json; charset=latin1", b"{}".to_vec(), 415),
        (
            json,
            format!("{{\"{field}\":\"{}\"}}", "x".repeat(300_000)).into_bytes(),
            413,
        ),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(30)]).into_owned();
        let answer = bytes(person, method, path, kind, body).await;
        assert_eq!(
            answer.status, status,
            "{method} {path} {kind} {shown}: {}",
            answer.text
        );
        answer.problem(status);
    }
}

#[tokio::test]
async fn every_json_endpoint_refuses_malformed_bodies() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let critique = bo.critique(dusk, "Fine.").await.id;
    for (method, path, field) in [
        ("POST", "/api/accounts".to_owned(), "handle"),
        ("POST", "/api/session".into(), "handle"),
        ("PATCH", format!("/api/artworks/{dusk}"), "title"),
        ("POST", format!("/api/artworks/{dusk}/critiques"), "body"),
        ("PATCH", format!("/api/critiques/{critique}"), "body"),
        ("POST", "/api/notifications/read".into(), "through"),
    ] {
        assert_refuses_malformed_bodies(&bo, method, &path, field).await;
    }
}

#[tokio::test]
async fn a_refused_registration_names_every_invalid_field() {
    let site = Site::open();
    let nobody = site.visitor();
    site.join("ann").await;
    let good = json!({ "handle": "bo", "display_name": "Bo", "email": "bo@example.org", "password": PASSWORD });
    let all = nobody.post("/api/accounts", json!({})).await.problem(422);
    assert_eq!(all, ["handle", "display_name", "email", "password"]);
    let long = "x".repeat(600);
    for (field, bad) in [
        ("handle", json!("a")),
        ("handle", json!("a/b")),
        ("handle", json!("admin")),
        ("handle", json!(long)),
        ("handle", json!("ann")),
        ("handle", json!("ANN")),
        ("handle", json!("а̀нн")),
        ("handle", json!(7)),
        ("handle", json!(null)),
        ("display_name", json!(" ")),
        ("display_name", json!("\u{202e}\u{200b}")),
        ("display_name", json!("\u{3164}")),
        ("display_name", json!("a\u{0}b")),
        ("handle", json!("deleted")),
        ("handle", json!("se\u{2060}arch")),
        ("email", json!("a\u{200b}nn@EXAMPLE.org")),
        ("email", json!("ａnn@example.org")),
        ("display_name", json!(long)),
        ("email", json!("nonsense")),
        ("email", json!("ANN@example.org")),
        ("email", json!("a@b\r\nBcc: c@d")),
        ("password", json!("short")),
        ("password", json!(long)),
        ("password", json!([])),
    ] {
        let mut body = good.clone();
        body[field] = bad.clone();
        assert_eq!(
            nobody.post("/api/accounts", body).await.problem(422),
            [field],
            "{bad}"
        );
    }
    nobody
        .post("/api/accounts", json!({ "role": "moderator" }))
        .await
        .problem(422);
    assert_eq!(nobody.post("/api/accounts", good.clone()).await.status, 201);
    assert_eq!(
        nobody.post("/api/accounts", good).await.problem(422).len(),
        1,
        "twice"
    );
}

#[tokio::test]
async fn a_registration_does_not_tell_which_address_an_account_has() {
    let site = Site::open();
    site.join("ann").await;
    let register = async |email: &str| {
        let body = json!({
            "handle": "ann", "display_name": "Ann", "email": email, "password": "a guess at it",
        });
        let browser = site.visitor();
        let request = browser
            .request(Method::POST, "/api/accounts")
            .header("idempotency-key", "any")
            .json(&body);
        let answer = Answer::of(request).await;
        (answer.status, answer.text)
    };
    // Also once wrong passwords have used up the limit for signing in.
    for n in 0..12 {
        assert_eq!(
            register("ann@example.org").await,
            register("ann@example.com").await,
            "{n}"
        );
    }
}

/// A client that lost the response to its registration may repeat it and is signed in; other
/// credentials or data are refused.
#[tokio::test]
async fn a_repeated_registration_with_one_idempotency_key_creates_one_account() {
    let site = Site::open();
    let good = json!({ "handle": "ann", "display_name": "Ann", "email": "ann@example.org", "password": PASSWORD });
    let register = async |body: &Value, attempt: &str| {
        let browser = site.visitor();
        let request = browser
            .request(Method::POST, "/api/accounts")
            .header("idempotency-key", attempt)
            .json(body);
        (Answer::of(request).await, browser)
    };
    let mut people = Vec::new();
    for _ in 0..3 {
        let (answer, browser) = register(&good, "mine").await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        people.push(browser.get("/api/session").await.json::<Viewer>().id);
    }
    assert!(
        people.iter().all(|id| *id == people[0]),
        "one account: {people:?}"
    );
    for (field, other) in [("password", "a guess at it"), ("email", "ann@example.com")] {
        let mut body = good.clone();
        body[field] = other.into();
        let (refused, browser) = register(&body, "mine").await;
        assert_eq!(refused.problem(422), ["handle"], "{field}");
        assert_eq!(browser.get("/api/session").await.status, 401);
    }
    let fields = [
        ("handle", "bo"),
        ("display_name", "Bo"),
        ("email", "bo@example.org"),
        ("password", PASSWORD),
        ("attempt", "b"),
    ];
    for _ in 0..2 {
        let browser = site.visitor();
        assert_eq!(
            browser
                .form("/register", "/actions/register", &fields)
                .await
                .status,
            303
        );
        assert_eq!(browser.get("/api/session").await.status, 200);
    }
}

#[tokio::test]
async fn a_failed_sign_in_does_not_reveal_whether_the_handle_exists() {
    let site = Site::open();
    site.join("ann").await;
    let nobody = site.visitor();
    let mut answers = Vec::new();
    for (handle, password) in [
        ("ann", "wrong password"),
        ("nobody", "wrong password"),
        ("", ""),
        ("ann", &*"x".repeat(10_000)),
        ("\u{0}", "x"),
    ] {
        let answer = nobody
            .post(
                "/api/session",
                json!({ "handle": handle, "password": password }),
            )
            .await;
        answer.problem(401);
        assert_eq!(answer.header("set-cookie"), "");
        answers.push(answer.text);
    }
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "{answers:?}"
    );
    nobody
        .post(
            "/api/session",
            json!({ "handle": ["ann"], "password": "x" }),
        )
        .await
        .problem(422);
}

#[tokio::test]
async fn a_critique_needs_text_of_at_most_10000_characters() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, &"é".repeat(10_000)).await.id;
    let (post, edit) = (
        format!("/api/artworks/{dusk}/critiques"),
        format!("/api/critiques/{critique}"),
    );
    for bad in [
        json!({}),
        json!({ "body": "" }),
        json!({ "body": " \n\t" }),
        json!({ "body": "é".repeat(10_001) }),
        json!({ "body": "a\u{0}b" }),
        json!({ "body": 3 }),
    ] {
        assert_eq!(ann.post(&post, bad.clone()).await.problem(422), ["body"]);
        assert_eq!(ann.send("PATCH", &edit, bad).await.problem(422), ["body"]);
    }
    let odd = ann
        .critique(
            dusk,
            "<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>",
        )
        .await;
    for live in ["<script", "javascript:", "onerror"] {
        assert!(
            !odd.body_html.contains(live) || odd.body_html.contains("&lt;"),
            "{}",
            odd.body_html
        );
        assert!(
            !odd.body_html.contains("<script") && !odd.body_html.contains("href=\"javascript"),
            "{live}: {}",
            odd.body_html
        );
    }
}

#[tokio::test]
async fn an_edit_of_a_work_keeps_omitted_fields_and_refuses_invalid_ones() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let path = format!("/api/artworks/{dusk}");
    assert_eq!(
        bo.send("PATCH", &path, json!({ "description": "Oil." }))
            .await
            .status,
        200
    );
    let now = bo.artwork(dusk).await;
    assert_eq!((&*now.title, &*now.description), ("Dusk", "Oil."));
    for (field, bad) in [
        ("title", json!("")),
        ("title", json!("x".repeat(121))),
        ("title", json!("\u{200b}\u{3164}")),
        ("title", json!(5)),
        ("description", json!("x".repeat(5_001))),
        ("description", json!({})),
    ] {
        assert_eq!(
            bo.send("PATCH", &path, json!({ field: bad }))
                .await
                .problem(422),
            [field],
            "{bad}"
        );
    }
    assert_eq!(bo.artwork(dusk).await, now);
}

#[tokio::test]
async fn unknown_ids_and_paths_are_not_found() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let (title, body) = (json!({ "title": "Dusk" }), json!({ "body": "Fine." }));
    for id in [
        "999",
        "0",
        "-1",
        "x",
        "1.5",
        "99999999999999999999",
        "%00",
        "%ff",
        "1%2f2",
        "9223372036854775807",
    ] {
        bo.get(&format!("/api/artworks/{id}")).await.problem(404);
        for (method, path, words) in [
            ("PATCH", format!("/api/artworks/{id}"), &title),
            ("DELETE", format!("/api/artworks/{id}"), &title),
            ("POST", format!("/api/artworks/{id}/critiques"), &body),
            ("PATCH", format!("/api/critiques/{id}"), &body),
            ("DELETE", format!("/api/critiques/{id}"), &body),
            ("PUT", format!("/api/critiques/{id}/helpful"), &body),
            ("DELETE", format!("/api/critiques/{id}/helpful"), &body),
        ] {
            bo.send(method, &path, words.clone()).await.problem(404);
        }
        let opened = bo.get(&format!("/notifications/{id}")).await;
        assert!(
            matches!(opened.status, 303 | 400 | 404),
            "{id}: {}",
            opened.status
        );
    }
    for path in [
        "/api/nothing",
        "/api/artworks/1/nothing",
        "/api/notifications/read/1",
    ] {
        bo.get(path).await.problem(404);
    }
    for word in ["nothing", "%ff", "READ", "retracted"] {
        bo.post(&format!("/api/notifications/{word}"), json!({ "ids": [] }))
            .await
            .problem(404);
    }
}

#[tokio::test]
async fn an_unsupported_api_method_gets_405_with_allow() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for (method, path) in [
        (Method::DELETE, "/api/artworks"),
        (Method::PUT, "/api/session"),
        (Method::GET, "/api/accounts"),
        (Method::GET, "/api/critiques/1"),
        (Method::POST, "/api/critiques/1/helpful"),
        (Method::DELETE, "/api/notifications"),
        (Method::GET, "/api/notifications/read"),
    ] {
        let answer = Answer::of(bo.request(method.clone(), path)).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        answer.problem(405);
        assert!(
            !answer.header("allow").is_empty(),
            "{method} {path}: no Allow header (RFC 9110, section 15.5.6)"
        );
    }
}

#[tokio::test]
async fn marking_takes_either_ids_or_a_cursor() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let cursor = bo.page().await.cursor;
    let path = "/api/notifications/read";
    for bad in [
        json!({}),
        json!({ "ids": [1], "through": cursor }),
        json!({ "ids": "all" }),
        json!({ "ids": ["x"] }),
        json!({ "ids": [1.5] }),
        json!({ "ids": vec![1; 501] }),
        json!({ "through": "nonsense" }),
        json!({ "through": 3 }),
    ] {
        assert_eq!(
            bo.post(path, bad.clone()).await.problem(422).len(),
            1,
            "{bad}"
        );
    }
    bo.post(path, json!({ "through": "elsewhere.1" }))
        .await
        .problem(409);
    for fine in [
        json!({ "ids": [] }),
        json!({ "ids": vec![7; 500] }),
        json!({ "ids": [i64::MIN] }),
        json!({ "through": cursor }),
    ] {
        assert_eq!(bo.post(path, fine).await.json::<Value>()["unread"], 0);
    }
}

#[tokio::test]
async fn invalid_query_parameters_are_refused_or_clamped() {
    let site = Site::open();
    let bo = site.join("bo").await;
    for query in [
        "limit=x",
        "limit=-1",
        "limit=1.5",
        "limit=99999999999999999999",
        "limit=1&limit=2",
    ] {
        for path in ["/api/artworks", "/api/notifications"] {
            let answer = bo.get(&format!("{path}?{query}")).await;
            assert!(
                matches!(answer.status, 400 | 422),
                "{path}?{query}: {}",
                answer.status
            );
            answer.problem(answer.status);
        }
    }
    for query in ["before=x", "filter=none", "after=x"] {
        assert_eq!(
            bo.get(&format!("/api/notifications?{query}"))
                .await
                .problem(422)
                .len(),
            1,
            "{query}"
        );
    }
    for query in [
        "limit=0",
        "limit=1000000",
        "before=0",
        "before=-5",
        "filter=",
        "filter=archived",
        "unknown=1",
    ] {
        assert_eq!(
            bo.get(&format!("/api/notifications?{query}")).await.status,
            200,
            "{query}"
        );
    }
}

#[tokio::test]
async fn oversized_request_heads_are_refused() {
    let site = Site::open();
    let request = format!(
        "GET / HTTP/1.1\r\nhost: {}\r\nx: {}\r\nconnection: close\r\n\r\n",
        site.address,
        "x".repeat(60_000)
    );
    let mut raw = Raw::open(site.address).await;
    raw.send(request.as_bytes()).await;
    let answer = raw.answer().await;
    assert!(
        answer.is_empty() || answer.starts_with("HTTP/1.1 431"),
        "{answer}"
    );
    assert_eq!(site.visitor().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_critique_retried_with_its_key_is_posted_once() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let post = async |key: &str, body: &str| {
        let request = ann.request(Method::POST, &format!("/api/artworks/{dusk}/critiques"));
        let request = request
            .header("idempotency-key", key)
            .json(&json!({ "body": body }));
        Answer::of(request).await
    };
    let (first, again) = (
        post("\"a1\"", "Mind the edges.").await,
        post("\"a1\"", "Mind the edges.").await,
    );
    assert_eq!((first.status, again.status), (201, 201));
    assert_eq!(first.text, again.text);
    post("\"a1\"", "Other words.").await;
    post("\"a2\"", "Mind the edges.").await;
    for odd in ["", "two words", &"x".repeat(101)] {
        post(odd, "Mind the edges.").await.problem(400);
    }
    assert_eq!(bo.artwork(dusk).await.critiques.len(), 3);
    assert_eq!(bo.inbox().await.items.len(), 3);
}
