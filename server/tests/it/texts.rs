//! Typed and pasted text: meaningful characters are kept, invisible text is refused with a message,
//! and rendering stays cheap.

use reqwest::Method;
use serde_json::json;

use crate::{
    person::{Answer, PASSWORD, picture},
    raw::{Raw, header},
    site::Site,
};

#[tokio::test]
async fn invisible_pasted_characters_are_removed_silently() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Du\u{ad}sk\u{feff}").await;
    assert_eq!(bo.artwork(dusk).await.title, "Dusk");
    let critique = ann
        .critique(
            dusk,
            "\u{feff}The e\u{200b}dges\u{2028}are so\u{ad}ft.\u{c}\u{202e}See?\u{2060}",
        )
        .await;
    assert_eq!(critique.body, "The edges\nare soft.\nSee?");
    for kept in [
        "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
        "می\u{200c}خواهم",
        "abc\u{200f}\u{200e}",
        "👩\u{200d}👧 ❤\u{fe0f} 1\u{fe0f}\u{20e3}",
    ] {
        assert_eq!(ann.critique(dusk, kept).await.body, kept);
    }
    let refused = ann
        .post(
            &format!("/api/artworks/{dusk}/critiques"),
            json!({ "body": "a\nb\u{0}" }),
        )
        .await;
    assert_eq!(refused.problem(422), ["body"]);
    assert!(
        refused.text.contains("U+0000 in line 2, at character 2"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn a_critique_that_renders_to_nothing_is_refused_and_its_text_kept() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let (path, page) = (
        format!("/api/artworks/{dusk}/critiques"),
        format!("/artworks/{dusk}"),
    );
    for blank in [
        "[a]: https://example.org",
        "#",
        ">",
        "- ",
        "&nbsp;",
        "\u{3164}",
        "\u{2800}",
        "\u{200d}",
        "[](https://example.org)",
        "***",
        "![x](y)",
    ] {
        assert_eq!(
            ann.post(&path, json!({ "body": blank })).await.problem(422),
            ["body"],
            "{blank}"
        );
    }
    let words = "[a]: https://example.org/kept";
    let answer = ann
        .form(
            &page,
            "/actions/post_critique",
            &[("artwork_id", &dusk.to_string()), ("body", words)],
        )
        .await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.text.contains(words) && answer.text.contains("Nothing of this would be seen"),
        "{}",
        answer.text
    );
    assert!(bo.page().await.items.is_empty(), "no notification was sent");
    for blank in ["\u{3164}", "\u{2800}", "\u{115f}", "\u{ffa0}", "\u{301}"] {
        let answer = bo
            .upload(
                "/api/artworks",
                "application/json",
                &[("title", blank)],
                picture(32, 32),
            )
            .await;
        assert_eq!(answer.problem(422), ["title"], "{}", blank.escape_unicode());
        assert_eq!(
            bo.send(
                "PATCH",
                &format!("/api/artworks/{dusk}"),
                json!({ "title": blank })
            )
            .await
            .problem(422),
            ["title"]
        );
    }
}

/// A page of the most expensive texts stays proportional to their size and quick to render.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_hostile_critiques_stays_small() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", "off")]);
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let hostile = [
        format!("{}words", "> ".repeat(4_990)),
        format!("{}words", ">".repeat(9_990)),
        format!("{}words", "- ".repeat(4_990)),
        format!("{}words", "*a **b ".repeat(1_400)),
        format!("{}words", "[".repeat(9_990)),
        format!(
            "[a]: https://example.org/{}\n\n{}",
            "x".repeat(5_000),
            "[a]".repeat(1_600)
        ),
    ];
    for n in 0..90 {
        let critique = ann.critique(dusk, &hostile[n % hostile.len()]).await;
        assert!(
            critique.body_html.len() <= domain::markdown::HTML_MAX,
            "{}",
            critique.body_html.len()
        );
    }
    let page = site.visitor().get(&format!("/artworks/{dusk}")).await;
    assert_eq!(page.status, 200);
    assert!(page.text.len() < 90 * 12_000, "{} bytes", page.text.len());
    assert!(page.text.contains("words"));
    assert_eq!(site.visitor().get("/healthz").await.status, 200);
}

#[tokio::test]
async fn sign_in_returns_to_any_page_of_the_site() {
    let site = Site::open();
    site.join("ann").await;
    for (next, location) in [
        ("/ü", "/%C3%BC"),
        ("/@ann?before=3#works", "/@ann?before=3#works"),
        ("/search?q=Öl+und Kohle", "/search?q=%C3%96l+und%20Kohle"),
        ("/%E2%82%AC", "/%E2%82%AC"),
        ("/a/..//evil.example", "/"),
        ("//evil.example/ü", "/"),
    ] {
        let fields = [("handle", "ann"), ("password", PASSWORD), ("next", next)];
        let answer = site
            .visitor()
            .form("/login", "/actions/sign_in", &fields)
            .await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, location),
            "{next}"
        );
    }
    // The page passes the return path from its own address to the form, however it is encoded.
    for asked in [
        "/login?next=/%C3%BC%3Fa%3Db%2526c",
        "/register?next=/%C3%BC%3Fa%3Db%2526c",
    ] {
        let page = site.visitor().get(asked).await;
        assert!(
            page.text.contains("value=\"/ü?a=b%26c\""),
            "{asked}: {}",
            page.text
        );
    }
}

/// PostgreSQL rejects U+0000 in text, which must not become a server error.
#[tokio::test]
async fn nul_in_an_address_is_not_found() {
    let site = Site::open();
    let ann = site.join("ann").await;
    for path in [
        "/@%00",
        "/@ann%00",
        "/@%00ann?before=1",
        "/artworks/%00",
        "/notifications/%00",
        "/media/%00/960.jpg",
        "/media/a/%00.jpg",
        "/%00",
    ] {
        let (status, answer) = Raw::get(site.address, path).await;
        assert!(
            (400..500).contains(&status) && status != 429,
            "{path}: {answer}"
        );
        assert!(
            !header(&answer, "content-type").is_empty(),
            "{path}: {answer}"
        );
    }
    for (method, path, status) in [
        ("PUT", "/api/people/%00/follow", 404),
        ("DELETE", "/api/people/ann%00/follow", 404),
        ("GET", "/api/artworks/%00", 404),
        ("DELETE", "/api/critiques/%00", 404),
        ("GET", "/api/notifications?before=%00", 422),
        ("GET", "/api/notifications?after=%00.1", 422),
        ("GET", "/api/notifications?filter=%00", 422),
        ("POST", "/api/notifications/%00", 404),
    ] {
        let answer = Answer::of(
            ann.request(method.parse().expect("a method"), path)
                .json(&json!({ "ids": [] })),
        )
        .await;
        assert!(
            answer.status == status || (status == 422 && (200..500).contains(&answer.status)),
            "{method} {path}: {} {}",
            answer.status,
            answer.text
        );
    }
    assert_eq!(
        ann.post(
            "/api/session",
            json!({ "handle": "ann\u{0}", "password": PASSWORD })
        )
        .await
        .status,
        401
    );
    let profile = Answer::of(
        ann.request(Method::GET, "/actions/list_artworks?handle=%00")
            .header("accept", "application/json"),
    )
    .await;
    assert_eq!(profile.status, 404, "{}", profile.text);
    let follow = ann
        .form(
            "/@ann",
            "/actions/follow",
            &[("handle", "\0"), ("follow", "true")],
        )
        .await;
    assert_eq!(follow.status, 404, "{}", follow.text);
}

#[tokio::test]
async fn text_over_the_limit_is_refused_with_a_message_and_kept_in_full() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let (page, id) = (format!("/artworks/{dusk}"), dusk.to_string());
    let long = format!("{} the end", "ü".repeat(12_000));
    let answer = ann
        .form(
            &page,
            "/actions/post_critique",
            &[("artwork_id", &id), ("body", &long)],
        )
        .await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.text.contains(&long),
        "the field keeps the typed text"
    );
    assert!(
        answer.text.contains("10,000 characters; this has 12,008"),
        "{}",
        answer.text.replace(&long, "…")
    );
    let over = ann
        .post(
            &format!("/api/artworks/{dusk}/critiques"),
            json!({ "body": long }),
        )
        .await;
    assert_eq!(over.problem(422), ["body"]);
}

/// A handle must not look like a path of the site.
#[test]
fn names_of_pages_are_reserved_handles() {
    // The addresses' tests have paths that are no pages.
    let tables = [
        include_str!("../../../shared/src/paths.rs"),
        include_str!("../../../shared/src/paths/actions.rs"),
        include_str!("../../../shared/src/paths/api.rs"),
        include_str!("../../../shared/src/paths/files.rs"),
        include_str!("../../../shared/src/paths/sockets.rs"),
    ]
    .map(|source| source.split("#[cfg(test)]").next().unwrap_or_default())
    .concat();
    let named = tables
        .split('"')
        .filter_map(|text| text.strip_prefix('/')?.split('/').next());
    let names: Vec<&str> = named
        .filter(|name| name.len() > 1 && name.bytes().all(|byte| byte.is_ascii_lowercase()))
        .collect();
    assert!(
        names.contains(&"api") && names.contains(&"login"),
        "{names:?}"
    );
    for name in names {
        assert!(
            shared::text::Handle::parse_new(name).is_err(),
            "{name} is a page, but may be a handle"
        );
    }
}
