//! What a token allows, by its scopes.

use serde_json::{Value, json};
use shared::{ArtworkId, CritiqueId, dto::Scope, live::ServerFrame};

use crate::{
    person::{Answer, picture},
    sessions::ENDED,
    site::Site,
    tokens::{Program, listed},
    wire::Handshake,
};

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
