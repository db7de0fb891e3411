//! Limits on tokens, and where their secrets may be seen.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::dto::Scope;
use tokio::time::sleep;

use crate::{
    person::Person,
    site::Site,
    tokens::{Program, assert_invalid, create, listed},
};

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
