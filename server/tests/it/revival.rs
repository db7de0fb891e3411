//! A session that ends while one of its requests is in flight stays ended.

use std::time::Duration;

use crate::{
    person::{PASSWORD, Person, picture},
    raw::Raw,
    sessions::{ENDED, dead},
    site::Site,
};

#[tokio::test]
async fn a_slow_upload_does_not_revive_a_signed_out_session() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let cookie = bo.cookie();
    let mut body =
        b"--x\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nDusk\r\n--x\r\n".to_vec();
    body.extend(b"content-disposition: form-data; name=\"image\"; filename=\"a.png\"\r\n\r\n");
    body.extend(picture(32, 32));
    body.extend(b"\r\n--x--\r\n");
    let (first, rest) = body.split_at(40);
    let mut slow = Raw::open(site.address).await;
    let length = body.len();
    let kind = "multipart/form-data; boundary=x";
    slow.send(head("POST", "/api/artworks", &site, &cookie, kind, length).as_bytes())
        .await;
    slow.send(first).await;
    // This request completes, so the server has started on the slow one by now.
    assert_eq!(bo.get("/api/session").await.status, 200);
    assert_eq!(bo.delete("/api/session").await.status, 204);
    slow.send(rest).await;
    let answer = slow.answer().await;
    // If the sign-out came first, the answer removes the cookie.
    let given = answer.to_lowercase().replace("artcritique=;", "");
    assert!(
        !given.contains("set-cookie: artcritique="),
        "no new session: {answer}"
    );
    dead(&site, &cookie).await;
}

#[tokio::test]
async fn a_slow_password_change_does_not_revive_a_signed_out_session() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let cookie = bo.cookie();
    let body = format!(
        "current_password={}&new_password=a+better+battery",
        PASSWORD.replace(' ', "+")
    );
    let mut slow = Raw::open(site.address).await;
    let kind = "application/x-www-form-urlencoded";
    slow.send(
        head(
            "POST",
            "/actions/change_password",
            &site,
            &cookie,
            kind,
            body.len(),
        )
        .as_bytes(),
    )
    .await;
    slow.send(&body.as_bytes()[..10]).await;
    for _ in 0..3 {
        assert_eq!(bo.get("/api/session").await.status, 200);
    }
    assert_eq!(bo.delete("/api/session").await.status, 204);
    slow.send(&body.as_bytes()[10..]).await;
    let answer = slow.answer().await;
    dead(&site, &cookie).await;
    let given = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .map(|cookie| cookie.split(';').next().unwrap_or_default());
    if let Some(given) = given.filter(|given| *given != "artcritique=") {
        dead(&site, given).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_concurrent_sign_in_with_the_old_password_does_not_survive_its_change() {
    let site = Site::open();
    let owner = site.join("bo").await;
    let mut thieves = tokio::task::JoinSet::new();
    for n in 0..24 {
        let thief = Person::new("bo", site.address);
        thieves.spawn(async move {
            // Attempts every 15 ms: before, during and after the password change.
            tokio::time::sleep(Duration::from_millis(15 * n)).await;
            (thief.sign_in(PASSWORD).await.status, thief)
        });
    }
    let fields = [
        ("current_password", PASSWORD),
        ("new_password", "a better battery"),
    ];
    assert_eq!(
        owner
            .form("/settings", "/actions/change_password", &fields)
            .await
            .status,
        303
    );
    for (status, thief) in thieves.join_all().await {
        // 429: too many concurrent failures are refused without checking the password.
        assert!(matches!(status, 200 | 401 | 429), "{status}");
        assert_eq!(
            thief.get("/api/session").await.status,
            401,
            "signed in with the old password ({status})"
        );
    }
    assert_eq!(owner.get("/api/session").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_opened_during_sign_out_does_not_outlive_the_session() {
    let site = Site::open();
    site.join("bo").await;
    for _ in 0..12 {
        let bo = site.sign_in("bo").await;
        let mut opening = tokio::task::JoinSet::new();
        for n in 0..8 {
            let handshake = bo.handshake(None);
            opening.spawn(async move {
                tokio::time::sleep(Duration::from_micros(400 * n)).await;
                handshake.open().await
            });
        }
        assert_eq!(bo.delete("/api/session").await.status, 204);
        for opened in opening.join_all().await {
            match opened {
                Ok(mut socket) => assert_eq!(socket.end().await.0, ENDED),
                Err(status) => assert_eq!(status, 401),
            }
        }
    }
}

fn head(method: &str, path: &str, site: &Site, cookie: &str, kind: &str, length: usize) -> String {
    let host = site.address;
    format!(
        "{method} {path} HTTP/1.1\r\nhost: {host}\r\ncookie: {cookie}\r\naccept: application/json\r\ncontent-type: {kind}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    )
}
