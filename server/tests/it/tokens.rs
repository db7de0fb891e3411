//! Personal tokens over REST and the live socket: what they allow, and that they end.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::{
    ArtworkId, CritiqueId,
    dto::{CreatedToken, Page, Scope, TokenView},
    live::{Cursor, ServerFrame},
};
use testing::Redis;
use tokio::time::sleep;

use crate::{
    person::{Answer, PASSWORD, Person, picture},
    sessions::ENDED,
    site::Site,
    wire::{Handshake, Socket},
};

const BOUND: Duration = Duration::from_secs(2);

/// A new token of this person's.
pub async fn create(person: &Person, scopes: &[Scope]) -> CreatedToken {
    let answer = person
        .post("/api/tokens", json!({ "name": "script", "scopes": scopes }))
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()
}

async fn listed(person: &Person) -> Vec<TokenView> {
    person
        .get("/api/tokens")
        .await
        .json::<Page<TokenView>>()
        .items
}

/// A program with a token and without cookies.
struct Program {
    visitor: Person,
    authorization: String,
}

impl Program {
    fn new(site: &Site, created: &CreatedToken) -> Self {
        Self {
            visitor: site.visitor(),
            authorization: format!("Bearer {}", created.token.as_deref().expect("the secret")),
        }
    }

    async fn of(site: &Site, person: &Person, scopes: &[Scope]) -> Self {
        Self::new(site, &create(person, scopes).await)
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method: Method = method.parse().expect("a method");
        self.visitor
            .request(method, path)
            .header("authorization", &self.authorization)
    }

    async fn send(&self, method: &str, path: &str, body: &Value) -> Answer {
        let request = self.request(method, path);
        Answer::of(if body.is_null() {
            request
        } else {
            request.json(body)
        })
        .await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &Value::Null).await
    }

    fn handshake(&self, cursor: Option<&Cursor>) -> Handshake {
        Handshake {
            origin: None,
            authorization: Some(self.authorization.clone()),
            ..self.visitor.handshake(cursor)
        }
    }

    async fn socket(&self) -> Socket {
        let mut socket = self.handshake(None).open().await.expect("a socket");
        assert!(matches!(socket.frame().await, ServerFrame::Hello { .. }));
        socket
    }
}

/// Checks that a refusal of a token is one by RFC 6750.
#[track_caller]
fn assert_invalid(answer: &Answer) {
    answer.problem(401);
    assert_eq!(
        answer.header("www-authenticate"),
        "Bearer realm=\"artcritique\", error=\"invalid_token\""
    );
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn a_token_is_created_shown_once_listed_and_revoked() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let body = json!({ "name": " My  script ", "scopes": ["notifications", "read"], "expires_at": "2199-01-01T00:00:00Z" });
    let answer = bo.post("/api/tokens", body).await;
    assert_eq!(
        (answer.status, answer.header("cache-control")),
        (201, "no-store")
    );
    let object: Value = answer.json();
    let secret = object["token"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("act_") && secret.len() == 47, "{secret}");
    assert_eq!(object["scopes"], json!(["read", "notifications"]));
    assert_eq!(object["expires_at"], "2199-01-01T00:00:00Z");
    assert_eq!(object["last_used_at"], Value::Null);
    let list = bo.get("/api/tokens").await;
    assert_eq!(list.header("cache-control"), "no-store");
    assert!(!list.text.contains(&secret[4..]), "{}", list.text);
    let page: Value = list.json();
    assert_eq!(page["next"], Value::Null);
    assert_eq!(page["items"][0]["id"], object["id"]);
    let program = Program::new(&site, &answer.json());
    let who: Value = program.get("/api/session").await.json();
    assert_eq!(who["handle"], "bo");
    let path = format!("/api/tokens/{}", object["id"]);
    assert_eq!(bo.delete(&path).await.status, 204);
    assert_invalid(&program.get("/api/session").await);
    bo.delete(&path).await.problem(404);
    assert_eq!(listed(&bo).await, []);
}

#[tokio::test]
async fn invalid_requests_for_tokens_name_the_field() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    for (body, field) in [
        (json!({ "scopes": ["read"] }), "name"),
        (json!({ "name": "x" }), "scopes"),
        (json!({ "name": "x", "scopes": ["read", "fly"] }), "scopes"),
        (json!({ "name": "x", "scopes": "read" }), "scopes"),
        (
            json!({ "name": "x", "scopes": ["read"], "expires_at": "2000-01-01T00:00:00Z" }),
            "expires_at",
        ),
        (
            json!({ "name": "x", "scopes": ["read"], "account": 1 }),
            "account",
        ),
    ] {
        let refused = bo.post("/api/tokens", body.clone()).await;
        assert_eq!(refused.problem(422), [field], "{body}");
    }
    let moderate = json!({ "name": "x", "scopes": ["moderate"] });
    bo.post("/api/tokens", moderate.clone()).await.problem(403);
    let promoted = site.command(&["user", "role", "bo", "moderator"]);
    assert!(promoted.status.success());
    let since = Instant::now();
    while bo.post("/api/tokens", moderate.clone()).await.status != 201 {
        assert!(since.elapsed() < BOUND, "still no moderator");
        sleep(Duration::from_millis(20)).await;
    }
    let id = listed(&bo).await[0].id;
    ann.delete(&format!("/api/tokens/{id}")).await.problem(404);
    ann.delete("/api/tokens/x").await.problem(404);
    ann.get("/api/tokens?before=x").await.problem(422);
    for (method, path) in [
        ("GET", "/api/tokens"),
        ("POST", "/api/tokens"),
        ("DELETE", "/api/tokens/1"),
    ] {
        let nobody = site.visitor().send(method, path, moderate.clone()).await;
        nobody.problem(401);
    }
}

#[tokio::test]
async fn a_request_sent_again_with_its_key_creates_one_token() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let send = async |body: Value| -> CreatedToken {
        let request = bo
            .request(Method::POST, "/api/tokens")
            .header("idempotency-key", "one")
            .json(&body);
        let answer = Answer::of(request).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()
    };
    let body = json!({ "name": "script", "scopes": ["read"] });
    let (first, again) = (send(body.clone()).await, send(body.clone()).await);
    assert_eq!((&first.view, &first.token), (&again.view, &again.token));
    assert!(first.token.is_some());
    send(json!({ "name": "another", "scopes": ["read"] })).await;
    assert_eq!(listed(&bo).await.len(), 2);
    let mut site = site;
    site.crash();
    let late: CreatedToken = {
        let request = bo
            .request(Method::POST, "/api/tokens")
            .header("idempotency-key", "one")
            .json(&body);
        Answer::of(request).await.json()
    };
    assert_eq!(late.view.id, first.view.id);
    assert_eq!(late.token, None, "the database does not have the secret");
}

/// Which scope a call takes; `Nothing` for a call that every token may make.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Nothing,
    Scope(Scope),
    /// No token may.
    Session,
}

/// Every call of the API that acts for a person, with the scope that it takes.
fn calls(
    own: ArtworkId,
    other: ArtworkId,
    mine: CritiqueId,
    theirs: CritiqueId,
) -> Vec<(&'static str, String, Value, Takes)> {
    use Scope::{Notifications, Read, Write};
    let (none, body) = (Value::Null, json!({ "body": "Words." }));
    let scope = Takes::Scope;
    let ids = json!({ "ids": [1] });
    let mut calls = vec![
        ("GET", "/api/session".into(), none.clone(), Takes::Nothing),
        ("GET", "/api/artworks".into(), none.clone(), scope(Read)),
        (
            "GET",
            format!("/api/artworks/{other}"),
            none.clone(),
            scope(Read),
        ),
        (
            "GET",
            format!("/api/artworks/{other}/critiques"),
            none.clone(),
            scope(Read),
        ),
        (
            "GET",
            format!("/api/artworks/{other}/changes"),
            none.clone(),
            scope(Read),
        ),
        (
            "POST",
            format!("/api/artworks/{other}/critiques"),
            body.clone(),
            scope(Write),
        ),
        (
            "PATCH",
            format!("/api/critiques/{mine}"),
            body,
            scope(Write),
        ),
        (
            "PATCH",
            format!("/api/artworks/{own}"),
            json!({ "title": "New" }),
            scope(Write),
        ),
        (
            "PUT",
            format!("/api/critiques/{theirs}/helpful"),
            none.clone(),
            scope(Write),
        ),
        (
            "DELETE",
            format!("/api/critiques/{theirs}/helpful"),
            none.clone(),
            scope(Write),
        ),
        (
            "PUT",
            "/api/people/bo/follow".into(),
            none.clone(),
            scope(Write),
        ),
        (
            "DELETE",
            "/api/people/bo/follow".into(),
            none.clone(),
            scope(Write),
        ),
        (
            "GET",
            "/api/notifications".into(),
            none.clone(),
            scope(Notifications),
        ),
        (
            "GET",
            "/api/notifications/".into(),
            none.clone(),
            scope(Notifications),
        ),
        (
            "GET",
            "/api/notifications?after=e.1".into(),
            none.clone(),
            scope(Notifications),
        ),
        ("GET", "/api/tokens".into(), none.clone(), Takes::Session),
        (
            "POST",
            "/api/tokens".into(),
            json!({ "name": "x", "scopes": ["read"] }),
            Takes::Session,
        ),
        (
            "DELETE",
            "/api/tokens/1".into(),
            none.clone(),
            Takes::Session,
        ),
        (
            "DELETE",
            "/api/session".into(),
            none.clone(),
            Takes::Session,
        ),
        (
            "DELETE",
            format!("/api/critiques/{mine}"),
            none.clone(),
            scope(Write),
        ),
        ("DELETE", format!("/api/artworks/{own}"), none, scope(Write)),
    ];
    for word in ["read", "unread", "seen", "archive", "unarchive"] {
        let path = format!("/api/notifications/{word}");
        calls.push(("POST", path, ids.clone(), scope(Notifications)));
    }
    calls
}

#[tokio::test]
async fn each_call_takes_its_scope_and_no_other() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let (dusk, dawn) = (bo.publish("Dusk").await, ann.publish("Dawn").await);
    let mine = ann.critique(dusk, "Fine.").await.id;
    let theirs = bo.critique(dusk, "Finer.").await.id;
    let calls = calls(dawn, dusk, mine, theirs);
    let scopes = [Scope::Read, Scope::Write, Scope::Notifications];
    // First the tokens that lack the scope of a call, so that nothing is deleted yet.
    for scope in scopes {
        let others: Vec<Scope> = scopes.into_iter().filter(|other| *other != scope).collect();
        let program = Program::of(&site, &ann, &others).await;
        for (method, path, body, takes) in &calls {
            if *takes == Takes::Scope(scope) {
                let refused = program.send(method, path, body).await;
                refused.problem(403);
                let problem: Value = refused.json();
                assert_eq!(problem["code"], "scope-missing", "{method} {path}");
                let title = problem["title"].as_str().expect("a title");
                assert!(title.contains(scope.word()), "{method} {path}: {title}");
            }
        }
        let upload = program.request("POST", "/api/artworks").multipart(
            reqwest::multipart::Form::new()
                .text("title", "By a program")
                .part("image", reqwest::multipart::Part::bytes(picture(32, 32))),
        );
        let status = Answer::of(upload).await.status;
        let expected = if scope == Scope::Write { 403 } else { 201 };
        assert_eq!(status, expected, "uploading without {scope}");
    }
    let all = Program::of(&site, &ann, &scopes).await;
    for (method, path, body, takes) in &calls {
        if *takes == Takes::Session {
            let refused = all.send(method, path, body).await;
            refused.problem(403);
            assert!(refused.text.contains("A token can't do this."), "{path}");
        }
    }
    for (method, path, body, takes) in &calls {
        let program = match takes {
            Takes::Nothing => Program::of(&site, &ann, &[Scope::Write]).await,
            Takes::Scope(scope) => Program::of(&site, &ann, &[*scope]).await,
            Takes::Session => continue,
        };
        let answer = program.send(method, path, body).await;
        assert!(
            (200..300).contains(&answer.status),
            "{method} {path}: {} {}",
            answer.status,
            answer.text
        );
    }
}

#[tokio::test]
async fn a_socket_takes_the_scope_notifications_and_watching_takes_read() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let program = Program::of(&site, &bo, &[Scope::Notifications]).await;
    let start = bo.page().await.cursor;
    let mut socket = program.socket().await;
    ann.critique(dusk, "Live.").await;
    let ServerFrame::Notification { notification, .. } = socket.frame().await else {
        panic!("no notification")
    };
    assert_eq!(notification.excerpt, "Live.");
    let mut resumed = program.handshake(Some(&start)).open().await.expect("opens");
    assert!(matches!(resumed.frame().await, ServerFrame::Hello { .. }));
    assert!(matches!(
        resumed.frame().await,
        ServerFrame::Notification { .. }
    ));
    resumed.watch(dusk).await;
    assert_eq!(resumed.end().await.0, Some(4403), "watching takes read");

    let watcher = Program::of(&site, &bo, &[Scope::Read]).await;
    assert_eq!(watcher.handshake(None).open().await.err(), Some(403));
    let only_watching = |program: &Program| Handshake {
        path: "watch",
        ..program.handshake(None)
    };
    assert_eq!(only_watching(&program).open().await.err(), Some(403));
    let mut watching = only_watching(&watcher).open().await.expect("opens");
    assert!(matches!(watching.frame().await, ServerFrame::Beat { .. }));
    watching.watch(dusk).await;
    ann.critique(dusk, "Watched.").await;
    assert!(matches!(
        watching.frame().await,
        ServerFrame::Artwork { id } if id == dusk
    ));
    // Revoking closes it, although guests may watch too.
    for token in listed(&bo).await {
        bo.delete(&format!("/api/tokens/{}", token.id)).await;
    }
    assert_eq!(watching.end().await.0, ENDED);
    assert_eq!(socket.end().await.0, ENDED);
}

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

async fn assert_ends_on_both_nodes(site: &Site, other: &Site) {
    let bo = site.join("bo").await;
    let there = bo.at(other.address);
    let created = create(&bo, &[Scope::Read, Scope::Notifications]).await;
    let kept = Program::of(site, &bo, &[Scope::Notifications]).await;
    let (here, far) = (Program::new(site, &created), Program::new(other, &created));
    let (mut one, mut two) = (here.socket().await, far.socket().await);
    let mut open = kept.socket().await;
    // Into the cache of each node.
    assert_eq!(here.get("/api/session").await.status, 200);
    assert_eq!(far.get("/api/session").await.status, 200);
    let path = format!("/api/tokens/{}", created.view.id);
    assert_eq!(there.delete(&path).await.status, 204);
    let since = Instant::now();
    assert_eq!(two.end().await.0, ENDED);
    assert_eq!(one.end().await.0, ENDED);
    assert!(since.elapsed() < BOUND, "after {:?}", since.elapsed());
    assert_invalid(&far.get("/api/session").await);
    while here.get("/api/session").await.status != 401 {
        assert!(since.elapsed() < BOUND, "the other node still accepts it");
        sleep(Duration::from_millis(20)).await;
    }
    let (ann, dusk) = (site.join("ann").await, bo.publish("Dusk").await);
    ann.critique(dusk, "Still there?").await;
    assert!(matches!(
        open.frame().await,
        ServerFrame::Notification { .. }
    ));
}

#[tokio::test]
async fn revoking_a_token_closes_its_sockets_on_every_node() {
    let redis = Redis::start();
    let site = Site::with(&[("ARTCRITIQUE_BUS", "redis"), ("REDIS_URL", &redis.url())]);
    // Several nodes share a PostgreSQL database; SQLite has one node.
    let other = site.on_postgres().then(|| site.beside(&[]));
    assert_ends_on_both_nodes(&site, other.as_ref().unwrap_or(&site)).await;
}

#[tokio::test]
async fn a_token_that_expires_closes_its_sockets() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let at = time::OffsetDateTime::now_utc() + Duration::from_secs(3);
    let at = at
        .format(&time::format_description::well_known::Rfc3339)
        .expect("a time");
    let body = json!({ "name": "short", "scopes": ["read", "notifications"], "expires_at": at });
    let answer = bo.post("/api/tokens", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let program = Program::new(&site, &answer.json());
    let mut socket = program.socket().await;
    let mut watching = Handshake {
        path: "watch",
        ..program.handshake(None)
    }
    .open()
    .await
    .expect("opens");
    let since = Instant::now();
    assert_eq!(socket.end().await.0, ENDED);
    assert_eq!(watching.end().await.0, ENDED);
    assert!(since.elapsed() < Duration::from_secs(4));
    assert_invalid(&program.get("/api/session").await);
    assert_eq!(program.handshake(None).open().await.err(), Some(401));
}

#[tokio::test]
async fn a_changed_password_keeps_tokens_and_a_password_set_by_the_operator_ends_them() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let program = Program::of(&site, &bo, &[Scope::Notifications]).await;
    let fields = [
        ("current_password", PASSWORD),
        ("new_password", "a better battery"),
    ];
    let changed = bo
        .form("/settings", "/actions/change_password", &fields)
        .await;
    assert_eq!(changed.status, 303);
    assert_eq!(program.get("/api/session").await.status, 200);
    let mut socket = program.socket().await;
    let mut child = site
        .binary()
        .args(["user", "password", "bo"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .spawn()
        .expect("starts");
    let input = child.stdin.take().expect("its input");
    std::io::Write::write_all(&mut &input, b"the best battery\n").expect("written");
    drop(input);
    assert!(child.wait().expect("ends").success());
    let since = Instant::now();
    assert_eq!(socket.end().await.0, ENDED);
    assert!(since.elapsed() < BOUND, "after {:?}", since.elapsed());
    while program.get("/api/session").await.status != 401 {
        assert!(since.elapsed() < BOUND, "still accepted");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn refused_tokens_are_limited_and_a_token_has_half_of_its_owners_limit() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let program = Program::of(&site, &ann, &[Scope::Write]).await;
    let path = format!("/api/artworks/{dusk}/critiques");
    let first = program
        .send("POST", &path, &json!({ "body": "One." }))
        .await;
    assert_eq!(
        (first.status, first.header("ratelimit-policy")),
        (201, "\"critique\";q=100;w=300")
    );
    let unknown = Program {
        visitor: site.visitor(),
        authorization: "Bearer x".into(),
    };
    let mut tried = 0;
    let refused = loop {
        let answer = unknown.get("/api/session").await;
        if answer.status == 429 {
            break answer;
        }
        assert_invalid(&answer);
        tried += 1;
        assert!(tried < 200, "no limit");
    };
    refused.problem(429);
    assert!(tried >= 60 && !refused.header("retry-after").is_empty());
    assert_eq!(
        program.get("/api/session").await.status,
        200,
        "a token that was accepted before is not locked out"
    );
    assert_eq!(ann.get("/api/session").await.status, 200);
}

#[tokio::test]
async fn neither_the_database_nor_the_log_has_the_secret() {
    let site = Site::with(&[("ARTCRITIQUE_LOG", "trace")]);
    let mut site = site;
    site.kill();
    let log = site.folder().join("log");
    let out = std::fs::File::create(&log).expect("a file");
    let mut command = site.binary();
    command.stderr(out.try_clone().expect("the file"));
    let mut child = command.stdout(out).spawn().expect("the server starts");
    let since = Instant::now();
    let bo = Person::new("bo", site.address);
    while tokio::net::TcpStream::connect(site.address).await.is_err() {
        assert!(
            since.elapsed() < Duration::from_secs(20),
            "it does not start"
        );
        sleep(Duration::from_millis(20)).await;
    }
    bo.register().await;
    let created = create(&bo, &[Scope::Read, Scope::Notifications]).await;
    let program = Program::new(&site, &created);
    assert_eq!(program.get("/api/session").await.status, 200);
    drop(program.socket().await);
    let page = bo
        .form(
            "/settings/tokens",
            "/actions/create_token",
            &[("name", "page"), ("scopes[]", "read"), ("expires", "7")],
        )
        .await;
    let of_page = page.text.split("act_").nth(1).expect("a secret")[..43].to_owned();
    let of_api = created.token.expect("a secret")[4..].to_owned();
    child.kill().expect("killed");
    child.wait().expect("gone");
    let mut searched = vec![log.clone()];
    if !site.on_postgres() {
        let file = site.database_file();
        for suffix in ["", "-wal"] {
            searched.push(format!("{}{suffix}", file.display()).into());
        }
    }
    for file in searched {
        let bytes = std::fs::read(&file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        for secret in [&of_page, &of_api] {
            assert!(!text.contains(secret.as_str()), "in {}", file.display());
        }
    }
    let logged = std::fs::read_to_string(&log).expect("the log");
    assert!(
        logged.contains("/api/session"),
        "the log is as detailed as it gets"
    );
}

#[tokio::test]
async fn the_page_of_tokens_works_without_javascript() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let page = bo.get("/settings/tokens").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("You have no tokens.") && !page.text.contains("scope-moderate"));
    assert!(
        bo.get("/settings")
            .await
            .text
            .contains("href=\"/settings/tokens\""),
        "the settings lead to it"
    );
    let fields = [
        ("attempt", "one"),
        ("name", "My <script>"),
        ("scopes[]", "read"),
        ("scopes[]", "notifications"),
        ("expires", "30"),
    ];
    let made = bo
        .form("/settings/tokens", "/actions/create_token", &fields)
        .await;
    assert_eq!(
        (made.status, made.header("cache-control")),
        (200, "no-store")
    );
    let secret = &made.text[made.text.find("act_").expect("the secret")..][..47];
    assert!(made.text.contains("My &lt;script&gt;") && made.text.contains("readonly"));
    let program = Program {
        visitor: site.visitor(),
        authorization: format!("Bearer {secret}"),
    };
    assert_eq!(program.get("/api/notifications").await.status, 200);
    let reloaded = bo
        .form("/settings/tokens", "/actions/create_token", &fields)
        .await;
    assert!(reloaded.text.contains(secret), "the same token");
    let page = bo.get("/settings/tokens").await.text;
    assert!(!page.contains("act_") && page.contains("My &lt;script&gt;"));
    let tokens = listed(&bo).await;
    assert_eq!(tokens.len(), 1);
    assert!(tokens[0].expires_at.is_some());

    let refused = bo
        .form(
            "/settings/tokens",
            "/actions/create_token",
            &[("name", ""), ("scopes[]", "write"), ("expires", "90")],
        )
        .await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("Please name the token."));
    let chosen = |value: &str, word: &str| {
        let at = refused
            .text
            .find(&format!("value=\"{value}\""))
            .expect(value);
        let tag = &refused.text[at..];
        tag[..tag.find('>').expect("the end")].contains(word)
    };
    assert!(chosen("write", "checked") && !chosen("read", "checked"));
    assert!(chosen("90", "selected") && !chosen("30", "selected"));

    let id = tokens[0].id.to_string();
    let revoked = bo
        .form("/settings/tokens", "/actions/revoke_token", &[("id", &id)])
        .await;
    assert_eq!(
        (revoked.status, revoked.header("location")),
        (303, "/settings/tokens")
    );
    assert_invalid(&program.get("/api/session").await);
    let again = bo
        .form("/settings/tokens", "/actions/revoke_token", &[("id", &id)])
        .await;
    assert_eq!(again.status, 404);
    let nobody = site.visitor();
    assert_eq!(nobody.get("/settings/tokens").await.status, 401);
    for action in ["create_token", "revoke_token"] {
        let path = format!("/actions/{action}");
        let refused = nobody
            .form("/settings/tokens", &path, &[("id", "1"), ("name", "x")])
            .await;
        assert_eq!(refused.status, 401, "{action}");
    }
}
