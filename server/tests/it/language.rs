//! The language of pages, errors and mails: who chooses it, and what stays the same in all of them.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ArtworkId;

use crate::{
    person::{Answer, Person},
    site::Site,
};

const COOKIE: &str = "artcritique-language";

/// The title that the gallery has in a language.
const ENGLISH: &str = "Newest work";
const GERMAN: &str = "Neueste Werke";

async fn page(person: &Person, path: &str, accepted: &str) -> Answer {
    let request = person
        .request(Method::GET, path)
        .header("accept", "text/html")
        .header("accept-language", accepted);
    Answer::of(request).await
}

/// Chooses a language in the form of the footer.
async fn choose(person: &Person, tag: &str) -> Answer {
    let fields = [("language", tag), ("next", "/artworks/new")];
    person.form("/", "/actions/set_language", &fields).await
}

fn is_in(answer: &Answer, tag: &str) -> bool {
    let html = answer.text.split('>').find(|tag| tag.contains("<html"));
    let html = html.unwrap_or_default().replace('"', "");
    answer.header("content-language") == tag && html.contains(&format!("lang={tag}"))
}

/// Whether caches are told what the language depends on.
fn varies(answer: &Answer) -> bool {
    let all = answer.headers.get_all("vary");
    all.iter().any(|vary| vary == "Accept-Language")
}

#[tokio::test]
async fn the_account_precedes_the_cookie_and_the_cookie_the_header() {
    let site = Site::open();
    let ann = site.join("ann").await;
    let guest = site.visitor();
    for (accepted, tag, words) in [
        ("", "en", ENGLISH),
        ("fr", "en", ENGLISH),
        ("de-AT, en;q=0.5", "de", GERMAN),
        ("en, de;q=0.9", "en", ENGLISH),
    ] {
        for person in [&guest, &ann] {
            let shown = page(person, "/", accepted).await;
            assert!(
                is_in(&shown, tag) && shown.text.contains(words),
                "{accepted}"
            );
            assert!(varies(&shown), "{accepted}");
        }
    }

    let chosen = choose(&guest, "de").await;
    assert_eq!(
        (chosen.status, chosen.header("location")),
        (303, "/artworks/new")
    );
    let cookie = chosen.header("set-cookie");
    assert!(
        cookie.starts_with(
            "artcritique-language=de; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax"
        ),
        "{cookie}"
    );
    assert!(is_in(&page(&guest, "/", "en").await, "de"), "by cookie");

    assert_eq!(choose(&ann, "de").await.status, 303);
    let mut again = site.visitor();
    again.plant(&format!("{COOKIE}=en"));
    again.handle = "ann".into();
    assert!(
        is_in(&page(&again, "/", "en").await, "en"),
        "a guest so far"
    );
    assert_eq!(again.sign_in(crate::person::PASSWORD).await.status, 200);
    assert!(
        is_in(&page(&again, "/", "en").await, "de"),
        "the account's, whatever the cookie says"
    );
    assert_eq!(choose(&again, "en").await.status, 303);
    assert!(
        is_in(&page(&ann, "/", "de").await, "en"),
        "in every browser"
    );
}

#[tokio::test]
async fn an_unknown_language_is_refused() {
    let site = Site::open();
    let (ann, guest) = (site.join("ann").await, site.visitor());
    for person in [&ann, &guest] {
        for odd in [
            "",
            "fr",
            "en-XR",
            "de\r\nset-cookie: x=y",
            "../../etc/passwd",
        ] {
            let refused = choose(person, odd).await;
            assert_eq!(refused.status, 422, "{odd:?}");
            assert!(refused.header("set-cookie").is_empty(), "{odd:?}");
        }
        person.plant(&format!("{COOKIE}=en-XR"));
        assert!(is_in(&page(person, "/", "de").await, "de"), "not on offer");
    }
    let away = [("language", "de"), ("next", "//evil.example/")];
    let answer = guest.form("/", "/actions/set_language", &away).await;
    assert!(
        answer.status == 303 && !answer.header("location").contains("evil"),
        "{}",
        answer.header("location")
    );
}

#[tokio::test]
async fn errors_have_the_same_codes_in_every_language() {
    let site = Site::open();
    let ann = site.join("ann").await;
    let work = ann.publish("Dusk").await;
    let long = "x".repeat(10_001);
    let calls = [
        ("GET", "/api/artworks/999".to_owned(), Value::Null),
        ("GET", "/api/nothing".to_owned(), Value::Null),
        ("PUT", "/api/session".to_owned(), Value::Null),
        (
            "GET",
            "/api/notifications?filter=odd".to_owned(),
            Value::Null,
        ),
        (
            "GET",
            "/api/notifications?after=odd".to_owned(),
            Value::Null,
        ),
        (
            "POST",
            format!("/api/artworks/{work}/critiques"),
            json!({ "body": long }),
        ),
        (
            "POST",
            format!("/api/artworks/{work}/critiques"),
            json!({ "body": 7 }),
        ),
        (
            "PATCH",
            format!("/api/artworks/{work}"),
            json!({ "title": "", "odd": 1 }),
        ),
        (
            "POST",
            "/api/tokens".to_owned(),
            json!({ "name": "", "scopes": [], "expires_at": "soon" }),
        ),
    ];
    for (method, path, body) in calls {
        let asked = async |tag: &str| {
            let mut request = ann
                .request(method.parse().expect("a method"), &path)
                .header("accept-language", tag);
            if !body.is_null() {
                request = request.json(&body);
            }
            let answer = Answer::of(request).await;
            answer.problem(answer.status);
            assert_eq!(answer.header("content-language"), tag, "{method} {path}");
            assert!(varies(&answer), "{method} {path}");
            answer.json::<Value>()
        };
        let (english, german) = (asked("en").await, asked("de").await);
        assert_ne!(english["title"], german["title"], "{method} {path}");
        let errors = |problem: &Value| problem["errors"].as_array().expect("errors").clone();
        for (one, other) in errors(&english).iter().zip(&errors(&german)) {
            assert_ne!(one["message"], other["message"], "{method} {path}");
        }
        // Without the words, both are the same.
        let bare = |mut problem: Value| {
            problem["title"] = Value::Null;
            for error in problem["errors"].as_array_mut().expect("errors") {
                error["message"] = Value::Null;
            }
            problem
        };
        assert_eq!(bare(english), bare(german), "{method} {path}");
    }
}

#[tokio::test]
async fn numbers_in_errors_are_written_in_the_readers_language() {
    let site = Site::open();
    let ann = site.join("ann").await;
    let path = format!("/api/artworks/{}/critiques", ann.publish("Dusk").await);
    for (tag, number) in [("en", "10,001"), ("de", "10.001")] {
        let request = ann
            .request(Method::POST, &path)
            .header("accept-language", tag)
            .json(&json!({ "body": "x".repeat(10_001) }));
        let refused = Answer::of(request).await;
        assert_eq!(refused.problem(422), ["body"]);
        let problem: Value = refused.json();
        let error = &problem["errors"][0];
        assert_eq!(error["code"], "critique-too-long");
        assert!(
            error["message"].as_str().expect("words").contains(number),
            "{problem}"
        );
    }
}

#[tokio::test]
async fn error_pages_and_rejected_forms_are_in_the_readers_language() {
    let site = Site::open();
    let ann = site.join("ann").await;
    assert_eq!(choose(&ann, "de").await.status, 303);
    let none = page(&ann, "/artworks/999", "en").await;
    assert!(none.status == 404 && is_in(&none, "de"), "{}", none.text);
    // Refused before the account is looked up, so by the cookie.
    let foreign = ann
        .request(Method::POST, "/actions/follow")
        .header("accept", "text/html")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .body("handle=bo");
    let foreign = Answer::of(foreign).await;
    assert!(
        foreign.status == 403 && is_in(&foreign, "de"),
        "{}",
        foreign.text
    );

    let from = format!("/artworks/{}", ann.publish("Dusk").await);
    let id = from.rsplit('/').next().expect("an id");
    let fields = [("artwork_id", id), ("body", " ")];
    let again = ann.form(&from, "/actions/post_critique", &fields).await;
    assert!(again.status == 422 && is_in(&again, "de"));
    let german = words::Locale::De.error_critique_missing();
    assert!(again.text.contains(&*german), "{}", again.text);
    // The page's own call gets the same sentence.
    let own = ann
        .request(Method::POST, "/actions/post_critique")
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("artwork_id={id}&body=+"));
    let own = Answer::of(own).await;
    let told: Value = own.json();
    assert_eq!(told["fields"][0]["message"], *german);
    assert_eq!(told["fields"][0]["code"], "critique-missing");
}

#[tokio::test]
async fn cached_guest_pages_are_cached_by_language() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let work: ArtworkId = bo.publish("Dusk").await;
    let path = format!("/artworks/{work}");
    let guest = site.visitor();
    for _ in 0..2 {
        for tag in ["en", "de", "en"] {
            let shown = page(&guest, &path, tag).await;
            assert!(shown.status == 200 && is_in(&shown, tag), "{tag}");
            assert!(varies(&shown), "{tag}");
        }
    }
    bo.critique(work, "Read in both.").await;
    for tag in ["de", "en"] {
        let shown = page(&guest, &path, tag).await;
        assert!(is_in(&shown, tag) && shown.text.contains("Read in both."));
    }
}

#[tokio::test]
async fn the_language_for_tests_is_offered_only_if_it_is_switched_on() {
    let site = Site::with(&[("ARTCRITIQUE_PSEUDO_LOCALE", "on")]);
    let guest = site.visitor();
    assert!(is_in(&page(&guest, "/", "en").await, "en"));
    let shown = page(&guest, "/", "en-XR").await;
    assert!(is_in(&shown, "en-XR") && shown.text.contains("rtl"));
    assert_eq!(choose(&guest, "en-XR").await.status, 303);
    assert!(is_in(&page(&guest, "/", "de").await, "en-XR"));
    let refused = guest.get("/api/artworks/999").await;
    refused.problem(404);
    assert!(refused.text.contains('⟦'), "{}", refused.text);
}
