//! Pictures as they are served.

use crate::{
    person::picture,
    raw::{Raw, header},
    site::Site,
};

#[tokio::test]
async fn a_picture_may_be_kept_for_ever_and_is_nothing_but_a_picture() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let answer = bo.upload("/api/artworks", "*/*", &[("title", "Wide")], picture(1_200, 600)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let card: shared::dto::ArtworkCard = answer.json();
    assert_eq!(card.picture.sources.iter().map(|source| source.width).collect::<Vec<_>>(), [480, 960, 1_200]);
    assert!(card.picture.placeholder.starts_with("data:image/"));
    for source in &card.picture.sources {
        let response = site.visitor().request(reqwest::Method::GET, &source.url).send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "image/jpeg");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers["cache-control"].to_str().expect("text").contains("immutable"));
        let decoded = image::load_from_memory(&response.bytes().await.expect("bytes")).expect("a picture");
        assert_eq!((decoded.width(), decoded.height()), (source.width, source.width / 2));
    }
}

#[tokio::test]
async fn nothing_but_pictures_is_to_be_had_there() {
    let site = Site::on_sqlite();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let url = bo.artwork(dusk).await.picture.sources[0].url.clone();
    let folder = url.rsplit_once('/').expect("a folder").0;
    for target in [
        "/media/../data/artcritique.sqlite",
        "/media/../../etc/passwd",
        "/media/%2e%2e/artcritique.sqlite",
        "/media/..%2f..%2f/etc.jpg",
        "/media/%2e%2e%2fartcritique.sqlite",
        "/media/..%5c..%5c/x.jpg",
        &format!("{folder}/..%2f..%2fartcritique.sqlite"),
        &format!("{folder}/../../artcritique.sqlite"),
        &format!("{folder}/"),
        folder,
        "/media/",
        "/media",
        &format!("{folder}/1.jpg"),
        &format!("{folder}/%00.jpg"),
        &format!("{folder}/%ff.jpg"),
        "/media/%ff/1.jpg",
        &format!("{folder}/.jpg"),
        &format!("{folder}/..jpg"),
        &format!("/media/{}/32.jpg", "0".repeat(32)),
        "/pkg/../../data/artcritique.sqlite",
        "/pkg/%2e%2e/%2e%2e/data/artcritique.sqlite",
        "/pkg/..%2f..%2fdata/artcritique.sqlite",
    ] {
        let (status, answer) = Raw::get(site.address, target).await;
        assert!(matches!(status, 308 | 400 | 404), "{target}: {status}");
        assert!(!answer.contains("SQLite format") && !answer.contains("root:"), "{target}");
        assert!(!header(&answer, "cache-control").contains("immutable") || status == 404, "{target}");
    }
    assert!(site.folder().join("data/artcritique.sqlite").exists(), "there was something to be had");
    assert_eq!(bo.get(&url).await.status, 200);
}

#[tokio::test]
async fn a_deleted_works_picture_is_gone() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let url = bo.artwork(dusk).await.picture.sources[0].url.clone();
    assert_eq!(bo.delete(&format!("/api/artworks/{dusk}")).await.status, 204);
    bo.get(&url).await.problem(404);
}
