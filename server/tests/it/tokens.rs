//! Personal tokens over REST and the live socket: what they allow, and that they end.

mod ending;
mod refusals;
mod scopes;
mod secrets;

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::{
    dto::{CreatedToken, Page, Scope, TokenView},
    live::{Cursor, ServerFrame},
};
use tokio::time::sleep;

use crate::{
    person::{Answer, Person},
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
