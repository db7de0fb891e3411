//! Guests share cached pages; these are never stale and never contain personal content.

use crate::{person::Answer, site::Site};

fn nonce(page: &Answer) -> String {
    let policy = page.header("content-security-policy");
    policy
        .split("'nonce-")
        .nth(1)
        .and_then(|rest| rest.split('\'').next())
        .expect("a nonce")
        .to_owned()
}

#[tokio::test]
async fn each_guest_gets_a_fresh_script_nonce() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let path = format!("/artworks/{}", bo.publish("Dusk").await);
    let mut seen: Vec<String> = Vec::new();
    for _ in 0..5 {
        let page = site.visitor().get(&path).await;
        let nonce = nonce(&page);
        assert!(
            page.text.contains(&format!("nonce=\"{nonce}\"")) && page.text.contains("</html>"),
            "{}",
            page.text
        );
        assert!(
            seen.iter().all(|other| !page.text.contains(other)),
            "no nonce of another response"
        );
        assert_eq!(page.header("cache-control"), "private, no-cache");
        seen.push(nonce);
    }
}

#[tokio::test]
async fn guests_see_every_acknowledged_write() {
    let site = Site::open();
    let (bo, ann) = (site.join("bo").await, site.join("ann").await);
    let on = bo.publish("Dusk").await;
    let path = format!("/artworks/{on}");
    let seen = async || site.visitor().get(&path).await.text;
    for n in 0..10 {
        let words = format!("Words number {n}.");
        let critique = ann.critique(on, &words).await;
        assert!(seen().await.contains(&words), "{n}: posted");
        assert!(!seen().await.contains("1 found this helpful"), "{n}");
        bo.helpful(critique.id, true).await;
        assert!(seen().await.contains("1 found this helpful"), "{n}: marked");
        ann.delete_critique(critique.id).await;
        assert!(!seen().await.contains(&words), "{n}: deleted");
    }
}

#[tokio::test]
async fn guest_pages_contain_nothing_personal() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let path = format!("/artworks/{}", bo.publish("Dusk").await);
    for _ in 0..3 {
        assert!(bo.get(&path).await.text.contains("/actions/delete_artwork"));
        let page = site.visitor().get(&path).await.text;
        assert!(
            page.contains("Sign in to write a critique")
                && !page.contains("/actions/delete_artwork")
        );
    }
    // A refused form is shown to its sender only.
    let refused = site
        .visitor()
        .form(
            &path,
            "/actions/post_critique",
            &[("artwork_id", "1"), ("body", "Secret words")],
        )
        .await;
    assert!(
        !site
            .visitor()
            .get(&path)
            .await
            .text
            .contains("Secret words"),
        "{}",
        refused.status
    );
    assert_eq!(site.visitor().get("/artworks/999").await.status, 404);
}

/// A guest who was signed out after posting still has the cookie with the form's key.
#[tokio::test]
async fn a_page_that_answers_a_guests_cookie_is_not_shared() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let path = format!("/artworks/{}", bo.publish("Dusk").await);
    let first = site.visitor();
    let request = first.request(reqwest::Method::GET, &path);
    let own = Answer::of(request.header("cookie", "artcritique-attempt=mine-alone")).await;
    assert!(
        own.header("set-cookie").contains("Max-Age=0"),
        "{}",
        own.header("set-cookie")
    );
    for _ in 0..3 {
        let page = site.visitor().get(&path).await;
        assert_eq!(page.header("set-cookie"), "");
        assert!(!page.text.contains("mine-alone"));
    }
}
