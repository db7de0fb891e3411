//! Rate limits per account and per network: far above what people need, far below what machines can
//! send.

use std::net::{IpAddr, Ipv4Addr};

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{
    person::{Answer, PASSWORD, Person, picture},
    site::Site,
};

/// A client with another loopback address.
fn elsewhere(last: u8) -> Client {
    let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    Client::builder()
        .local_address(from)
        .no_proxy()
        .build()
        .expect("a client")
}

/// Repeats a request until it is refused with 429; returns the number accepted and the refusal.
async fn until_refused(most: usize, send: impl AsyncFn(usize) -> Answer) -> (usize, Answer) {
    for n in 0..most {
        let answer = send(n).await;
        if answer.status == 429 {
            let wait: u32 = answer.header("retry-after").parse().expect("seconds");
            assert!((1..=900).contains(&wait), "{wait}");
            return (n, answer);
        }
        assert!(answer.status < 300, "{}", answer.text);
    }
    panic!("all {most} requests were accepted");
}

async fn critiques_until_refused(critic: &Person, work: shared::ArtworkId) -> (usize, Answer) {
    let path = format!("/api/artworks/{work}/critiques");
    until_refused(1_000, async |n| {
        critic
            .post(&path, json!({ "body": format!("Critique {n}.") }))
            .await
    })
    .await
}

#[tokio::test]
async fn posting_is_limited_per_account() {
    let site = Site::open();
    let (ann, bo, cy) = (
        site.join("ann").await,
        site.join("bo").await,
        site.join("cy").await,
    );
    let dusk = bo.publish("Dusk").await;
    let first = ann
        .post(
            &format!("/api/artworks/{dusk}/critiques"),
            json!({ "body": "The first." }),
        )
        .await;
    assert_eq!(
        (first.header("ratelimit-policy"), first.header("ratelimit")),
        ("\"critique\";q=200;w=300", "\"critique\";r=199;t=2")
    );
    let (taken, refused) = critiques_until_refused(&ann, dusk).await;
    assert!((100..500).contains(&taken), "{taken}");
    refused.problem(429);
    let title = refused.json::<Value>()["title"]
        .as_str()
        .expect("a title")
        .to_owned();
    assert!(
        title.starts_with("You are posting very quickly. Please wait ") && title.ends_with('.'),
        "{title}"
    );
    cy.critique(dusk, "From the same address.").await;
    assert_eq!(
        ann.get(&format!("/api/artworks/{dusk}")).await.status,
        200,
        "reading is not limited"
    );
    assert_eq!(
        ann.delete("/api/session").await.status,
        204,
        "signing out is not limited"
    );
}

#[tokio::test]
async fn a_form_over_the_limit_returns_the_typed_text() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    critiques_until_refused(&ann, dusk).await;
    let fields = [
        ("artwork_id", &*dusk.to_string()),
        ("body", "Typed with care."),
    ];
    let page = ann
        .form(
            &format!("/artworks/{dusk}"),
            "/actions/post_critique",
            &fields,
        )
        .await;
    assert_eq!(page.status, 429);
    assert!(
        page.header("content-type").starts_with("text/html")
            && !page.header("retry-after").is_empty()
    );
    for words in [
        "You are posting very quickly. Please wait",
        "Typed with care.",
    ] {
        assert!(page.text.contains(words), "{words} in {}", page.text);
    }
    let script = ann
        .request(Method::POST, "/actions/post_critique")
        .header("accept", "application/json");
    let script = script
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("artwork_id={dusk}&body=Typed"));
    let script = Answer::of(script).await;
    assert_eq!(
        (script.status, script.json::<Value>()["kind"].as_str()),
        (429, Some("throttled")),
        "the form that the page's script parses"
    );
    assert!(!script.header("retry-after").is_empty());
}

#[tokio::test]
async fn uploads_are_limited_and_the_form_keeps_its_text() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let (taken, refused) = until_refused(200, async |n| {
        Answer::of(bo.upload_request(&format!("Work {n}"))).await
    })
    .await;
    assert!((30..100).contains(&taken), "{taken}");
    refused.problem(429);
    let page = bo
        .upload(
            "/artworks/new",
            "text/html",
            &[("title", "Dawn over the bay")],
            picture(32, 32),
        )
        .await;
    assert_eq!(page.status, 429);
    assert!(
        page.text.contains("Dawn over the bay") && page.text.contains("Please wait"),
        "{}",
        page.text
    );
}

#[tokio::test]
async fn marks_follows_edits_and_deletions_have_separate_limits() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let critique = ann.critique(dusk, "Fine.").await.id;
    let helpful = format!("/api/critiques/{critique}/helpful");
    until_refused(1_000, async |n| {
        if n % 2 == 0 {
            bo.put(&helpful).await
        } else {
            bo.delete(&helpful).await
        }
    })
    .await;
    until_refused(1_000, async |_| bo.put("/api/people/ann/follow").await).await;
    let (edited, _) = until_refused(1_000, async |_| {
        ann.send(
            "PATCH",
            &format!("/api/critiques/{critique}"),
            json!({ "body": "Better." }),
        )
        .await
    })
    .await;
    assert!(edited >= 30, "{edited}");
    assert_eq!(
        ann.delete(&format!("/api/critiques/{critique}"))
            .await
            .status,
        204
    );
}

#[tokio::test]
async fn thirty_people_can_register_from_one_network() {
    let site = Site::open();
    let mut class = JoinSet::new();
    for n in 0..30 {
        let pupil = Person::new(&format!("pupil{n}"), site.address);
        class.spawn(async move { pupil.register().await });
    }
    assert_eq!(class.join_all().await.len(), 30);
}

#[tokio::test]
async fn probing_which_emails_have_an_account_is_limited() {
    let site = Site::open();
    site.join("ann").await;
    let probe = async |client: &Client, n: usize, email: &str| {
        let body = json!({ "handle": format!("probe{n}"), "display_name": "P", "email": email, "password": PASSWORD });
        Answer::of(client.post(site.url("/api/accounts")).json(&body)).await
    };
    let (here, there) = (elsewhere(2), elsewhere(3));
    let mut told = 0;
    for n in 0..30 {
        let answer = probe(&here, n, "ann@example.org").await;
        match answer.status {
            422 => told += 1,
            _ => drop(answer.problem(429)),
        }
    }
    assert!((1..=15).contains(&told), "revealed {told} times of 30");
    probe(&here, 98, "nobody-yet@example.org")
        .await
        .problem(429);
    assert_eq!(
        probe(&there, 99, "nobody-yet@example.org").await.status,
        201,
        "another network is not limited, and the address was not taken by the refused probe"
    );
}

#[tokio::test]
async fn guesses_of_the_current_password_are_limited() {
    let site = Site::open();
    let (laptop, phone) = (site.join("bo").await, site.sign_in("bo").await);
    let change = async |browser: &Person, current: &str| {
        let fields = [
            ("current_password", current),
            ("new_password", "a better battery"),
        ];
        browser
            .form("/settings", "/actions/change_password", &fields)
            .await
    };
    let mut judged = 0;
    for n in 0..30 {
        let answer = change(&laptop, &format!("guess number {n}")).await;
        judged += usize::from(answer.status == 422);
        assert!(matches!(answer.status, 422 | 429), "{}", answer.text);
    }
    assert!((3..=10).contains(&judged), "{judged}");
    let right = change(&laptop, PASSWORD).await;
    assert!(
        right.status == 429
            && !right.header("retry-after").is_empty()
            && right.text.contains("Please wait"),
        "{}",
        right.text
    );
    assert_eq!(
        change(&phone, PASSWORD).await.status,
        303,
        "the owner's other browser"
    );
}

#[tokio::test]
async fn sign_ins_with_invalid_handles_lock_nobody_out() {
    let site = Site::open();
    for from in 10..20 {
        let client = elsewhere(from);
        for _ in 0..6 {
            let body = json!({ "handle": "no handle!", "password": "wrong password" });
            Answer::of(client.post(site.url("/api/session")).json(&body))
                .await
                .problem(401);
        }
    }
    let body = json!({ "handle": "another, no handle", "password": "wrong password" });
    Answer::of(elsewhere(30).post(site.url("/api/session")).json(&body))
        .await
        .problem(401);
}

#[tokio::test]
async fn no_limit_applies_when_rate_limits_are_off() {
    let site = Site::with(&[("ARTCRITIQUE_RATE_LIMITS", " OFF ")]);
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    for n in 0..250 {
        ann.critique(dusk, &format!("Critique {n}.")).await;
    }
    let last = ann
        .post(
            &format!("/api/artworks/{dusk}/critiques"),
            json!({ "body": "The last." }),
        )
        .await;
    assert_eq!(last.header("ratelimit"), "");
    assert_eq!(
        Answer::of(ann.request(Method::OPTIONS, "/api/session"))
            .await
            .status,
        405
    );
}
