//! Authorization: every operation refuses to change or reveal what belongs to another user.

use serde_json::json;
use shared::{
    ArtworkId, CritiqueId,
    dto::{Page, SessionView},
};

use crate::{person::Person, site::Site};

struct Scene {
    site: Site,
    ann: Person,
    bo: Person,
    /// Bo's work.
    dusk: ArtworkId,
    /// Ann's critique of Bo's work.
    critique: CritiqueId,
}

async fn scene() -> Scene {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await.id;
    Scene {
        site,
        ann,
        bo,
        dusk,
        critique,
    }
}

#[tokio::test]
async fn only_the_artist_changes_or_deletes_an_artwork() {
    let Scene {
        site,
        ann,
        bo,
        dusk,
        ..
    } = scene().await;
    let path = format!("/api/artworks/{dusk}");
    let before = bo.artwork(dusk).await;
    assert!(before.editable && !ann.artwork(dusk).await.editable);
    ann.send("PATCH", &path, json!({ "title": "Mine" }))
        .await
        .problem(403);
    ann.delete(&path).await.problem(403);
    for (action, fields) in [
        ("edit_artwork", vec![("title", "Mine"), ("description", "")]),
        ("delete_artwork", vec![]),
    ] {
        let id = dusk.to_string();
        let fields: Vec<_> = fields.into_iter().chain([("id", &*id)]).collect();
        assert_eq!(
            ann.form(
                &format!("/artworks/{dusk}"),
                &format!("/actions/{action}"),
                &fields
            )
            .await
            .status,
            403,
            "{action}"
        );
        let nobody = site
            .visitor()
            .form(
                &format!("/artworks/{dusk}"),
                &format!("/actions/{action}"),
                &fields,
            )
            .await;
        assert_eq!(nobody.status, 401, "{action}");
    }
    assert_eq!(bo.artwork(dusk).await, before);
    assert_eq!(ann.get(&format!("/artworks/{dusk}/edit")).await.status, 403);
}

#[tokio::test]
async fn only_its_author_changes_or_deletes_a_critique() {
    let Scene {
        site,
        bo,
        dusk,
        critique,
        ..
    } = scene().await;
    let path = format!("/api/critiques/{critique}");
    let before = bo.artwork(dusk).await;
    assert!(!before.critiques[0].editable, "not even for the artist");
    bo.send("PATCH", &path, json!({ "body": "Mine" }))
        .await
        .problem(403);
    bo.delete(&path).await.problem(403);
    let id = critique.to_string();
    for (action, fields) in [
        ("edit_critique", vec![("body", "Mine"), ("id", &*id)]),
        ("delete_critique", vec![("id", &*id)]),
    ] {
        assert_eq!(
            bo.form(
                &format!("/artworks/{dusk}"),
                &format!("/actions/{action}"),
                &fields
            )
            .await
            .status,
            403,
            "{action}"
        );
        assert_eq!(
            site.visitor()
                .form("/", &format!("/actions/{action}"), &fields)
                .await
                .status,
            401,
            "{action}"
        );
    }
    assert_eq!(bo.artwork(dusk).await, before);
}

#[tokio::test]
async fn authors_cannot_mark_their_own_critique_helpful() {
    let Scene {
        site: _site,
        ann,
        dusk,
        critique,
        ..
    } = scene().await;
    let path = format!("/api/critiques/{critique}/helpful");
    ann.put(&path).await.problem(403);
    ann.delete(&path).await.problem(403);
    let (id, work) = (critique.to_string(), dusk.to_string());
    let fields = [("id", &*id), ("artwork_id", &*work), ("helpful", "true")];
    assert_eq!(
        ann.form(
            &format!("/artworks/{dusk}"),
            "/actions/set_helpful",
            &fields
        )
        .await
        .status,
        403
    );
    assert_eq!(ann.artwork(dusk).await.critiques[0].helpful_count, 0);
}

#[tokio::test]
async fn an_inbox_is_private_to_its_owner() {
    let Scene {
        site: _site,
        ann,
        bo,
        ..
    } = scene().await;
    let before = bo.page().await;
    let id = before.items[0].id;
    assert_eq!(ann.page().await.items, []);
    let shifted = before.cursor.at(0);
    assert_eq!(
        ann.after(&shifted).await.items,
        [],
        "another user's cursor reveals nothing"
    );
    for word in ["read", "seen", "unread", "archive", "unarchive"] {
        let counts = ann.mark(word, json!({ "ids": [id] })).await;
        assert_eq!(counts.cursor.seq, 0, "{word}: foreign ids are ignored");
        ann.mark(word, json!({ "ids": [id, i64::MAX, -1, 0] }))
            .await;
    }
    let opened = ann.get(&format!("/notifications/{id}")).await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, "/notifications"),
        "the redirect does not reveal the notification's target"
    );
    let form = ann
        .form(
            "/notifications",
            "/actions/mark_notifications",
            &[("state", "read"), ("id", &id.to_string())],
        )
        .await;
    assert_eq!(form.status, 303);
    assert_eq!(bo.page().await, before);
}

#[tokio::test]
async fn a_socket_receives_only_its_owners_notifications() {
    let Scene {
        site: _site,
        ann,
        bo,
        dusk,
        critique,
        ..
    } = scene().await;
    let mut bell = ann.live().await;
    ann.critique(dusk, "For Bo's eyes.").await;
    bo.mark("read", json!({ "through": bo.page().await.cursor }))
        .await;
    bo.helpful(critique, true).await;
    assert_eq!(&*bell.told().await.actor.handle, "bo");
    assert_eq!(bell.changes.len(), 1);
}

#[tokio::test]
async fn a_session_can_be_ended_only_by_its_owner() {
    let Scene {
        site: _site,
        ann,
        bo,
        ..
    } = scene().await;
    let sessions: Page<SessionView> = bo.get("/actions/list_sessions").await.json();
    let own: Page<SessionView> = ann.get("/actions/list_sessions").await.json();
    let sessions = sessions.items;
    assert!(own.items.iter().all(|session| session.id != sessions[0].id));
    let tried = ann
        .form(
            "/settings/sessions",
            "/actions/revoke_session",
            &[("id", &sessions[0].id.to_string())],
        )
        .await;
    assert_eq!(tried.status, 404, "a foreign session is not found");
    assert_eq!(bo.get("/api/session").await.status, 200);
}

#[tokio::test]
async fn guests_can_read_public_pages_and_change_nothing() {
    let Scene {
        site,
        dusk,
        critique,
        ..
    } = scene().await;
    let nobody = site.visitor();
    for path in [
        "/api/artworks",
        &format!("/api/artworks/{dusk}"),
        "/",
        &format!("/artworks/{dusk}"),
        "/@bo",
        "/login",
        "/register",
        "/forgot",
    ] {
        assert_eq!(nobody.get(path).await.status, 200, "{path}");
    }
    for path in [
        "/api/session",
        "/api/notifications",
        "/api/notifications/",
        "/api/notifications?after=e.1",
        "/api/tokens",
    ] {
        nobody.get(path).await.problem(401);
    }
    let body = json!({ "body": "Fine.", "title": "Mine", "ids": [1] });
    for (method, path) in [
        ("POST", format!("/api/artworks/{dusk}/critiques")),
        ("PATCH", format!("/api/artworks/{dusk}")),
        ("DELETE", format!("/api/artworks/{dusk}")),
        ("PATCH", format!("/api/critiques/{critique}")),
        ("DELETE", format!("/api/critiques/{critique}")),
        ("PUT", format!("/api/critiques/{critique}/helpful")),
        ("DELETE", format!("/api/critiques/{critique}/helpful")),
        ("POST", "/api/notifications/read".into()),
        ("POST", "/api/artworks".into()),
        ("POST", "/api/tokens".into()),
        ("DELETE", "/api/tokens/1".into()),
    ] {
        nobody.send(method, &path, body.clone()).await.problem(401);
    }
    for (action, fields) in [
        (
            "post_critique",
            vec![("artwork_id", "1"), ("body", "Fine.")],
        ),
        (
            "set_helpful",
            vec![("id", "1"), ("artwork_id", "1"), ("helpful", "true")],
        ),
        ("mark_notifications", vec![("state", "read"), ("id", "1")]),
        (
            "change_password",
            vec![
                ("current_password", "a long one"),
                ("new_password", "a longer one"),
            ],
        ),
        ("revoke_session", vec![("id", "1")]),
        ("send_verification", vec![]),
        ("create_token", vec![("name", "x"), ("scopes[]", "read")]),
        ("revoke_token", vec![("id", "1")]),
    ] {
        assert_eq!(
            nobody
                .form("/", &format!("/actions/{action}"), &fields)
                .await
                .status,
            401,
            "{action}"
        );
    }
    for action in [
        "list_sessions",
        "list_tokens",
        "list_notifications?unread=false",
    ] {
        assert_eq!(
            nobody.get(&format!("/actions/{action}")).await.status,
            401,
            "{action}"
        );
    }
    for page in ["/settings", "/settings/sessions", "/settings/tokens"] {
        assert_eq!(nobody.get(page).await.status, 401, "{page}");
    }
    let opened = nobody.get("/notifications/1").await;
    assert_eq!(
        (opened.status, opened.header("location")),
        (303, "/login?next=/notifications/1")
    );
}

#[tokio::test]
async fn responses_reveal_no_email_or_password_hash() {
    let Scene { site, dusk, .. } = scene().await;
    for path in [
        "/api/artworks".to_owned(),
        format!("/api/artworks/{dusk}"),
        "/@ann".into(),
        format!("/artworks/{dusk}"),
    ] {
        let text = site.visitor().get(&path).await.text;
        for secret in ["example.org", "argon2", "password_hash"] {
            assert!(!text.contains(secret), "{secret} at {path}");
        }
    }
}
