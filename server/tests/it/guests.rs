//! Guests are shown a page that was rendered for another; it is never an old one, and never
//! somebody's own.

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
async fn each_guest_has_scripts_of_their_own() {
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
            "none of another's"
        );
        assert_eq!(page.header("cache-control"), "private, no-cache");
        seen.push(nonce);
    }
}

#[tokio::test]
async fn what_is_acknowledged_is_what_guests_see() {
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
async fn nobody_is_shown_what_is_somebodys_own() {
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
    // A refused form is shown to whom it was refused, and to nobody else.
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
