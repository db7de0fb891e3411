//! Metadata of pages for search engines and link previews.

use crate::site::Site;

/// The content of a meta tag in the head, still escaped.
fn content<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("\"{name}\" content=\""))?;
    Some(rest.split_once('"')?.0)
}

fn canonical(page: &str) -> Option<&str> {
    let tags = page
        .split("<link ")
        .skip(1)
        .filter_map(|rest| rest.split_once('>'));
    let tag = tags
        .map(|(tag, _)| tag)
        .find(|tag| tag.contains("rel=\"canonical\""))?;
    Some(tag.split_once("href=\"")?.1.split_once('"')?.0)
}

#[tokio::test]
async fn a_work_has_a_canonical_address_and_preview_metadata() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let work = bo.publish("Dusk \"><script>alert(1)</script>").await;
    for query in ["", "?from=elsewhere"] {
        let page = site
            .visitor()
            .get(&format!("/artworks/{work}{query}"))
            .await
            .text;
        let address = format!("http://{}/artworks/{work}", site.address);
        assert_eq!(canonical(&page), Some(&*address));
        assert_eq!(content(&page, "og:url"), Some(&*address));
        assert_eq!(content(&page, "twitter:card"), Some("summary_large_image"));
        assert!(
            content(&page, "og:title")
                .expect("a title")
                .starts_with("Dusk &quot;"),
            "{page}"
        );
        assert!(!page.contains("<script>alert(1)"), "{page}");
        let picture = content(&page, "og:image").expect("a picture").to_owned();
        let path = picture
            .strip_prefix(&format!("http://{}", site.address))
            .expect("on this site");
        assert_eq!(site.visitor().get(path).await.status, 200);
        assert!(
            content(&page, "og:image:width").is_some()
                && content(&page, "og:image:height").is_some()
        );
    }
}

#[tokio::test]
async fn canonical_addresses_use_the_public_origin() {
    let site = Site::with(&[("ARTCRITIQUE_ORIGIN", "https://art.example")]);
    for (path, address) in [
        ("/", "https://art.example/"),
        ("/login?next=/settings", "https://art.example/login"),
    ] {
        let page = site.visitor().get(path).await.text;
        assert_eq!(canonical(&page), Some(address));
        assert_eq!(
            content(&page, "og:image"),
            Some("https://art.example/share.png")
        );
        assert!(
            !content(&page, "description")
                .expect("a description")
                .is_empty()
        );
    }
}

#[tokio::test]
async fn missing_pages_have_no_canonical_address() {
    let site = Site::open();
    for path in ["/nowhere", "/artworks/99", "/@nobody"] {
        let page = site.visitor().get(path).await.text;
        assert_eq!(canonical(&page), None, "{path}");
    }
}
