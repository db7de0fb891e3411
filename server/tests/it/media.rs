//! Serving pictures.

use crate::{
    person::picture,
    raw::{Raw, header},
    site::Site,
};

#[tokio::test]
async fn pictures_are_cacheable_forever_and_served_as_images_only() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let answer = bo
        .upload(
            "/api/artworks",
            "*/*",
            &[("title", "Wide")],
            picture(1_200, 600),
        )
        .await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let card: shared::dto::ArtworkCard = answer.json();
    assert_eq!(
        card.picture
            .sources
            .iter()
            .map(|source| source.width)
            .collect::<Vec<_>>(),
        [320, 480, 640, 960, 1_200]
    );
    assert_eq!((card.picture.width, card.picture.height), (1_200, 600));
    assert!(card.picture.placeholder.starts_with("data:image/"));
    for source in &card.picture.sources {
        let response = site
            .visitor()
            .request(reqwest::Method::GET, &source.url)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.status(), 200);
        let headers = response.headers().clone();
        assert_eq!(headers["content-type"], "image/jpeg");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(
            headers["cache-control"]
                .to_str()
                .expect("text")
                .contains("immutable")
        );
        let decoded =
            image::load_from_memory(&response.bytes().await.expect("bytes")).expect("a picture");
        assert_eq!(
            (decoded.width(), decoded.height()),
            (source.width, source.height)
        );
        let webp = source.webp.as_ref().expect("a WebP beside it");
        let response = site
            .visitor()
            .request(reqwest::Method::GET, webp)
            .send()
            .await
            .expect("an answer");
        assert_eq!(response.headers()["content-type"], "image/webp");
        assert_eq!(
            image::load_from_memory(&response.bytes().await.expect("bytes"))
                .expect("a picture")
                .width(),
            source.width
        );
    }
}

#[tokio::test]
async fn pictures_support_range_and_conditional_requests() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let url = bo.artwork(bo.publish("Dusk").await).await.picture.sources[0]
        .url
        .clone();
    let ask = async |method: reqwest::Method, headers: &[(&str, &str)]| {
        let request = headers
            .iter()
            .fold(bo.request(method, &url), |request, (name, value)| {
                request.header(*name, *value)
            });
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.bytes().await.expect("bytes"))
    };
    let (get, head) = (reqwest::Method::GET, reqwest::Method::HEAD);
    let text = |headers: &reqwest::header::HeaderMap, name: &str| {
        headers[name].to_str().expect("text").to_owned()
    };
    let (status, headers, whole) = ask(get.clone(), &[]).await;
    let (length, tag) = (whole.len().to_string(), text(&headers, "etag"));
    assert_eq!(
        (
            status,
            text(&headers, "content-length"),
            text(&headers, "accept-ranges")
        ),
        (200, length.clone(), "bytes".into())
    );

    let (status, of_head, nothing) = ask(head.clone(), &[]).await;
    assert_eq!(
        (status, text(&of_head, "content-length"), nothing.len()),
        (200, length.clone(), 0)
    );
    assert_eq!(
        (&of_head["content-type"], &of_head["etag"]),
        (&headers["content-type"], &headers["etag"])
    );

    let (end, most) = (whole.len() - 1, whole.len() * 2);
    for (range, first, last) in [
        ("bytes=0-9", 0, 9),
        ("bytes=100-", 100, end),
        ("bytes=-7", end - 6, end),
        (&*format!("bytes=5-{most}"), 5, end),
    ] {
        let (status, headers, part) = ask(get.clone(), &[("range", range)]).await;
        assert_eq!((status, &part[..]), (206, &whole[first..=last]), "{range}");
        assert_eq!(
            text(&headers, "content-range"),
            format!("bytes {first}-{last}/{length}"),
            "{range}"
        );
        assert_eq!(
            ask(get.clone(), &[("range", range), ("if-range", &tag)])
                .await
                .0,
            206
        );
        assert_eq!(
            ask(
                get.clone(),
                &[("range", range), ("if-range", "\"another\"")]
            )
            .await
            .0,
            200
        );
    }
    let (status, headers, _) = ask(get.clone(), &[("range", &format!("bytes={length}-"))]).await;
    assert_eq!(
        (status, text(&headers, "content-range")),
        (416, format!("bytes */{length}"))
    );
    for several in ["bytes=0-1,5-6", "bytes=9-5", "lines=1-2"] {
        assert_eq!(
            ask(get.clone(), &[("range", several)]).await.0,
            200,
            "{several}"
        );
    }
    for (same, status) in [
        (&*tag, 304),
        ("*", 304),
        (&*format!("\"x\", W/{tag}"), 304),
        ("\"x\"", 200),
    ] {
        for method in [get.clone(), head.clone()] {
            let (told, headers, _) = ask(method, &[("if-none-match", same)]).await;
            assert_eq!(
                (told, text(&headers, "etag")),
                (status, tag.clone()),
                "{same}"
            );
        }
    }
}

/// The number of picture folders.
fn folders(site: &Site) -> usize {
    let entries = std::fs::read_dir(site.folder().join("data/media"))
        .expect("a folder")
        .flatten();
    // Skips the marker file that names the site of the pictures.
    entries
        .filter(|entry| entry.file_name().len() == 32)
        .count()
}

#[tokio::test]
async fn folders_without_a_picture_are_removed() {
    let mut site = Site::open();
    let bo = site.join("bo").await;
    let (dusk, _) = (bo.publish("Dusk").await, bo.publish("Dawn").await);
    assert_eq!(folders(&site), 2);
    assert_eq!(
        bo.delete(&format!("/api/artworks/{dusk}")).await.status,
        204
    );
    assert_eq!(folders(&site), 1);
    let mut again = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let request = bo.upload_request("Noon").header("idempotency-key", "noon");
        again.spawn(crate::person::Answer::of(request));
    }
    assert!(
        again
            .join_all()
            .await
            .iter()
            .all(|answer| answer.status == 201)
    );
    assert_eq!(folders(&site), 2, "repeated uploads leave one folder");
    for n in 0..20 {
        std::fs::create_dir(site.folder().join(format!("data/media/{n:032x}")))
            .expect("an empty folder");
    }
    site.crash();
    let cleared = async {
        while folders(&site) > 2 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), cleared)
        .await
        .expect("they are removed");
}

#[tokio::test]
async fn path_traversal_reaches_no_other_file() {
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
        assert!(
            !answer.contains("SQLite format") && !answer.contains("root:"),
            "{target}"
        );
        assert!(
            !header(&answer, "cache-control").contains("immutable"),
            "{target}"
        );
    }
    assert!(
        site.folder().join("data/artcritique.sqlite").exists(),
        "the database file exists"
    );
    assert_eq!(bo.get(&url).await.status, 200);
}

#[tokio::test]
async fn deleting_a_work_deletes_its_picture() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let dusk = bo.publish("Dusk").await;
    let url = bo.artwork(dusk).await.picture.sources[0].url.clone();
    assert_eq!(
        bo.delete(&format!("/api/artworks/{dusk}")).await.status,
        204
    );
    bo.get(&url).await.problem(404);
}
