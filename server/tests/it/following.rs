//! Followers hear of new works, each once.

use serde_json::json;
use shared::dto::NotificationKind;

use crate::site::Site;

#[tokio::test]
async fn a_follower_hears_of_a_new_work_and_one_who_no_longer_follows_does_not() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    assert_eq!(ann.put("/api/people/bo/follow").await.status, 204);
    assert_eq!(
        ann.put("/api/people/Bo/follow").await.status,
        204,
        "twice is once, in any case of letters"
    );
    let mut bell = ann.live().await;
    let dusk = bo.publish("Dusk").await;
    let line = bell.told().await;
    assert_eq!(
        (line.kind, line.artwork.id, line.url),
        (NotificationKind::Artwork, dusk, format!("/artworks/{dusk}"))
    );
    assert_eq!(line.actor.handle, "bo");
    assert_eq!(ann.delete("/api/people/bo/follow").await.status, 204);
    assert_eq!(ann.delete("/api/people/bo/follow").await.status, 204);
    bo.publish("Dawn").await;
    bo.delete(&format!("/api/artworks/{dusk}")).await;
    bell.change().await;
    assert_eq!(
        ann.page().await.items,
        [],
        "the deleted work is taken back, and the other was not told"
    );
    bell.told_once();
}

#[tokio::test]
async fn the_page_of_an_artist_has_the_button_and_works_without_javascript() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    assert!(ann.get("/@bo").await.text.contains(">Follow<"));
    assert!(
        !bo.get("/@bo").await.text.contains(">Follow<"),
        "not oneself"
    );
    assert!(
        !site.visitor().get("/@bo").await.text.contains(">Follow<"),
        "not a visitor, who could not be told"
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
async fn nobody_follows_themselves_nobody_or_without_an_account() {
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
