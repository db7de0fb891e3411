//! A session ends on request, together with its sockets, and stays ended.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use shared::dto::{Page, SessionView};

use crate::{
    person::{PASSWORD, Person},
    raw::{Raw, status},
    site::Site,
    wire::Socket,
};

pub const ENDED: Option<u16> = Some(4401);

/// The sessions listed in this person's settings.
async fn listed(person: &Person) -> Vec<SessionView> {
    person
        .get("/actions/list_sessions")
        .await
        .json::<Page<SessionView>>()
        .items
}

async fn assert_closes(socket: &mut Socket) {
    let begun = Instant::now();
    assert_eq!(socket.end().await.0, ENDED);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "after {:?}",
        begun.elapsed()
    );
}

/// Checks that a socket is open: it receives the notification of a critique.
async fn assert_open(socket: &mut Socket, ann: &Person, work: shared::ArtworkId) {
    ann.critique(work, "Are you there?").await;
    while !matches!(
        socket.frame().await,
        shared::live::ServerFrame::Notification { .. }
    ) {}
}

#[tokio::test]
async fn signing_out_closes_the_sockets_of_that_browser_only() {
    let site = Site::open();
    let (ann, laptop) = (site.join("ann").await, site.join("bo").await);
    let phone = site.sign_in("bo").await;
    let dusk = laptop.publish("Dusk").await;
    let (mut one, mut two, mut other) = (
        laptop.socket(None).await,
        laptop.socket(None).await,
        phone.socket(None).await,
    );
    let cookie = laptop.cookie();
    let out = laptop.delete("/api/session").await;
    assert_eq!(out.status, 204);
    assert!(
        out.header("set-cookie").starts_with("artcritique=;")
            && out.header("set-cookie").contains("Max-Age=0"),
        "the response clears the cookie"
    );
    assert_closes(&mut one).await;
    assert_closes(&mut two).await;
    assert_open(&mut other, &ann, dusk).await;
    laptop.plant(&cookie);
    laptop.get("/api/session").await.problem(401);
    assert_eq!(
        laptop.handshake(None).open().await.err(),
        Some(401),
        "an ended session opens no socket"
    );
    assert_eq!(
        laptop.delete("/api/session").await.status,
        204,
        "signing out twice is no error"
    );
}

#[tokio::test]
async fn a_password_change_signs_out_all_other_browsers() {
    let site = Site::open();
    let (ann, laptop) = (site.join("ann").await, site.join("bo").await);
    let phone = site.sign_in("bo").await;
    let dusk = laptop.publish("Dusk").await;
    let (mut there, mut stranger) = (phone.socket(None).await, ann.socket(None).await);
    // A socket of another tab in this browser, which never sees the form's response.
    let mut own = laptop.socket(None).await;
    let before = laptop.cookie();
    let fields = [
        ("current_password", PASSWORD),
        ("new_password", "a better battery"),
    ];
    let changed = laptop
        .form("/settings", "/actions/change_password", &fields)
        .await;
    assert_eq!(
        (changed.status, changed.header("location")),
        (303, "/settings?changed=1")
    );
    assert_closes(&mut there).await;
    phone.get("/api/session").await.problem(401);
    assert_eq!(
        laptop.get("/api/session").await.status,
        200,
        "this browser stays signed in"
    );
    assert_open(&mut own, &ann, dusk).await;
    assert_ne!(laptop.cookie(), before, "with a new id");
    let thief = site.visitor();
    thief.plant(&before);
    thief.get("/api/session").await.problem(401);
    assert_open(&mut laptop.socket(None).await, &ann, dusk).await;
    assert!(
        matches!(
            stranger.frame().await,
            shared::live::ServerFrame::Hello { .. }
        ),
        "other accounts are unaffected"
    );
    phone.sign_in(PASSWORD).await.problem(401);
    assert_eq!(phone.sign_in("a better battery").await.status, 200);
}

/// A repeated sign-in as the same user in the same browser, as from a page left open, keeps the
/// sockets; a sign-in as another user closes them.
#[tokio::test]
async fn sockets_survive_a_repeated_sign_in_and_close_when_another_user_signs_in() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let mut socket = bo.socket(None).await;
    assert_eq!(bo.sign_in(PASSWORD).await.status, 200);
    assert_open(&mut socket, &ann, dusk).await;
    assert_eq!(bo.delete("/api/session").await.status, 204);
    assert_closes(&mut socket).await;
    assert_eq!(bo.sign_in(PASSWORD).await.status, 200);
    let mut socket = bo.socket(None).await;
    let other = bo
        .post(
            "/api/session",
            json!({ "handle": "ann", "password": PASSWORD }),
        )
        .await;
    assert_eq!(other.status, 200, "{}", other.text);
    assert_closes(&mut socket).await;
}

#[tokio::test]
async fn a_wrong_current_password_changes_nothing() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let phone = site.sign_in("bo").await;
    for (current, new, field) in [
        ("wrong password", "a better battery", "not your current"),
        (PASSWORD, "short", "8 characters"),
    ] {
        let answer = bo
            .form(
                "/settings",
                "/actions/change_password",
                &[("current_password", current), ("new_password", new)],
            )
            .await;
        assert_eq!(answer.status, 422);
        assert!(answer.text.contains(field), "it says what is wrong");
        assert!(
            !answer.text.contains(current) || current == PASSWORD,
            "a password is never shown again"
        );
        assert!(
            !answer.text.contains(new) || new == "short",
            "a password is never shown again"
        );
    }
    assert_eq!(
        (
            bo.get("/api/session").await.status,
            phone.get("/api/session").await.status
        ),
        (200, 200)
    );
    assert_eq!(
        site.sign_in("bo").await.get("/api/session").await.status,
        200
    );
}

#[tokio::test]
async fn revoking_a_session_closes_its_sockets() {
    let site = Site::open();
    let (ann, laptop) = (site.join("ann").await, site.join("bo").await);
    let phone = site.sign_in("bo").await;
    let dusk = laptop.publish("Dusk").await;
    let (mut lost, mut kept) = (phone.socket(None).await, laptop.socket(None).await);
    let sessions = listed(&laptop).await;
    assert_eq!(
        (
            sessions.len(),
            sessions.iter().filter(|session| session.current).count()
        ),
        (2, 1)
    );
    let far = sessions
        .iter()
        .find(|session| !session.current)
        .expect("the phone")
        .id
        .to_string();
    let ended = laptop
        .form(
            "/settings/sessions",
            "/actions/revoke_session",
            &[("id", &far)],
        )
        .await;
    assert_eq!(
        (ended.status, ended.header("location")),
        (303, "/settings/sessions")
    );
    assert_closes(&mut lost).await;
    phone.get("/api/session").await.problem(401);
    assert_open(&mut kept, &ann, dusk).await;
    let again = laptop
        .form(
            "/settings/sessions",
            "/actions/revoke_session",
            &[("id", &far)],
        )
        .await;
    assert_eq!(again.status, 404);
}

/// Checks that this cookie has no valid session.
pub async fn dead(site: &Site, cookie: &str) {
    let request = format!(
        "GET /api/session HTTP/1.1\r\nhost: {}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n",
        site.address
    );
    let (code, answer) = Raw::ask(site.address, &request).await;
    assert_eq!(code, 401, "{cookie} lives: {answer}");
    assert_eq!(status(&answer), 401);
}

#[tokio::test]
async fn the_session_cookie_is_http_only_and_host_only() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let cookie = bo.sign_in(PASSWORD).await.header("set-cookie").to_owned();
    assert!(cookie.starts_with("artcritique="), "{cookie}");
    for flag in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    assert!(
        !cookie.contains("Secure") && !cookie.contains("Domain"),
        "{cookie}"
    );
}

#[tokio::test]
async fn behind_tls_the_session_cookie_is_secure_with_the_host_prefix() {
    let site = Site::with(&[("ARTCRITIQUE_ORIGIN", "https://art.example")]);
    let bo = site.join("bo").await;
    let answer = bo.sign_in(PASSWORD).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-artcritique="), "{cookie}");
    for flag in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert!(
        answer
            .header("strict-transport-security")
            .contains("max-age=")
    );
    let value = cookie.split(';').next().map(str::to_owned);
    let open = |origin: &str| {
        let mut handshake = bo.handshake(None).origin(Some(origin));
        handshake.cookie.clone_from(&value);
        handshake.open()
    };
    assert!(open("https://art.example").await.is_ok());
    assert_eq!(
        open(&site.url("")).await.err(),
        Some(403),
        "the address behind the proxy is not the site's origin"
    );
}

#[tokio::test]
async fn sign_in_issues_a_new_session_id_and_prevents_fixation() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let registered = bo.cookie();
    bo.sign_in(PASSWORD).await;
    assert_ne!(bo.cookie(), registered);
    dead(&site, &registered).await;
    let planted = "artcritique=AAAAAAAAAAAAAAAAAAAAAA";
    let victim = Person::new("bo", site.address);
    victim.plant(planted);
    assert_eq!(victim.get("/api/session").await.status, 401);
    assert_eq!(victim.sign_in(PASSWORD).await.status, 200);
    assert_ne!(victim.cookie(), planted);
    dead(&site, planted).await;
    // The planted cookie is another user's session: the victim must not end up in it, nor the
    // attacker in the victim's (session fixation).
    let ann = site.join("ann").await;
    let anns = ann.cookie();
    let victim = Person::new("bo", site.address);
    victim.plant(&anns);
    assert_eq!(victim.sign_in(PASSWORD).await.status, 200);
    assert_ne!(victim.cookie(), anns);
    let seen: Value = victim.get("/api/session").await.json();
    assert_eq!(seen["handle"], "bo");
    dead(&site, &anns).await;
}

#[tokio::test]
async fn malformed_session_cookies_are_signed_out() {
    let site = Site::open();
    for odd in [
        "artcritique=",
        "artcritique=x",
        "artcritique=%00",
        "artcritique=\"; drop",
        &format!("artcritique={}", "A".repeat(4_000)),
    ] {
        dead(&site, odd).await;
    }
    let bo = site.join("bo").await;
    let doubled = format!("artcritique=x; {}", bo.cookie());
    let request = format!(
        "GET /api/session HTTP/1.1\r\nhost: {}\r\ncookie: {doubled}\r\nconnection: close\r\n\r\n",
        site.address
    );
    assert!(matches!(
        Raw::ask(site.address, &request).await.0,
        200 | 401
    ));
    assert_eq!(
        bo.post(
            "/api/session",
            json!({ "handle": "bo", "password": PASSWORD })
        )
        .await
        .status,
        200
    );
}

#[tokio::test]
async fn foreign_cookies_do_not_affect_the_session() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let ours = bo.cookie().into_bytes();
    let many: String = (0..300).map(|n| format!("n{n}=v{n}; ")).collect();
    for (before, after) in [
        (&b"lang=fran\xe7ais; "[..], &b"; city=Z\xfcrich"[..]),
        (b"=x; ;; novalue; q=\"a;b\"; ", b"; artcritique_old=1"),
        (b"artcritique=leftover; ", b""),
        (many.as_bytes(), b""),
        (b"a=b\r\ncookie: c=\xff\r\ncookie: ", b"\r\ncookie: d=e"),
    ] {
        let head = format!(
            "GET /api/session HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncookie: ",
            site.address
        );
        let mut raw = Raw::open(site.address).await;
        raw.send(&[head.as_bytes(), before, &ours, after, b"\r\n\r\n"].concat())
            .await;
        let answer = raw.answer().await;
        assert_eq!(
            status(&answer),
            200,
            "{}: {answer}",
            String::from_utf8_lossy(before)
        );
        assert!(!answer.to_lowercase().contains("set-cookie"), "{answer}");
    }
}
