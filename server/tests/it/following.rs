//! Followers are notified of new works, once each.

use serde_json::json;
use shared::dto::NotificationKind;

use crate::site::Site;

#[tokio::test]
async fn followers_are_notified_of_new_works_until_they_unfollow() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    assert_eq!(ann.put("/api/people/bo/follow").await.status, 204);
    assert_eq!(
        ann.put("/api/people/Bo/follow").await.status,
        204,
        "following is idempotent and ignores case"
    );
    let mut bell = ann.live().await;
    let dusk = bo.publish("Dusk").await;
    let notification = bell.told().await;
    assert_eq!(
        (notification.kind, notification.artwork.id, notification.url),
        (NotificationKind::Artwork, dusk, format!("/artworks/{dusk}"))
    );
    assert_eq!(notification.actor.handle, "bo");
    assert_eq!(ann.delete("/api/people/bo/follow").await.status, 204);
    assert_eq!(ann.delete("/api/people/bo/follow").await.status, 204);
    bo.publish("Dawn").await;
    bo.delete(&format!("/api/artworks/{dusk}")).await;
    bell.change().await;
    assert_eq!(
        ann.page().await.items,
        [],
        "the deleted work's notification is retracted, and the later work sent none"
    );
    bell.told_once();
}

#[tokio::test]
async fn the_follow_button_works_without_javascript() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    assert!(ann.get("/@bo").await.text.contains(">Follow<"));
    assert!(
        !bo.get("/@bo").await.text.contains(">Follow<"),
        "no button on one's own page"
    );
    assert!(
        !site.visitor().get("/@bo").await.text.contains(">Follow<"),
        "no button for a guest, who has no inbox"
    );
    let followed = ann
        .form(
            "/@bo",
            "/actions/follow",
            &[("handle", "bo"), ("follow", "true")],
        )
        .await;
    assert_eq!(
        (followed.status, followed.header("location")),
        (303, "/@bo")
    );
    let page = ann.get("/@bo").await.text;
    assert!(
        page.contains(">Unfollow<") && page.contains("1 follower"),
        "{page}"
    );
}

#[tokio::test]
async fn following_requires_an_account_and_another_existing_artist() {
    let site = Site::open();
    let bo = site.join("bo").await;
    bo.put("/api/people/bo/follow").await.problem(403);
    bo.put("/api/people/nobody/follow").await.problem(404);
    site.visitor()
        .put("/api/people/bo/follow")
        .await
        .problem(401);
    assert_eq!(
        bo.form(
            "/@bo",
            "/actions/follow",
            &[("handle", "bo"), ("follow", "true")]
        )
        .await
        .status,
        403
    );
    assert_eq!(
        bo.post("/api/people/bo/follow", json!({})).await.status,
        405
    );
}
