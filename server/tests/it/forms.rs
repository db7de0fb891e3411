//! Plain forms, as sent by browsers without JavaScript: an accepted form redirects, a refused one
//! returns the page with the typed text.

use shared::ArtworkId;

use crate::{
    person::{Answer, PASSWORD, Person, picture},
    site::Site,
};

const TRAP: &str = "</textarea><script>alert(1)</script>\"><b>";

#[track_caller]
fn assert_redirects(answer: &Answer, place: &str) {
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, place),
        "{}",
        answer.text
    );
}

/// Checks that the response is a page with this status and these words.
#[track_caller]
fn assert_page(answer: &Answer, status: u16, words: &[&str]) {
    assert_eq!(answer.status, status);
    assert!(
        answer.header("content-type").starts_with("text/html"),
        "{}",
        answer.header("content-type")
    );
    for word in words {
        assert!(answer.text.contains(word), "no {word:?} in {}", answer.text);
    }
}

async fn scene(site: &Site) -> (Person, Person, ArtworkId) {
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    (ann, bo, dusk)
}

#[tokio::test]
async fn register_post_critique_and_sign_out_work_without_javascript() {
    let site = Site::open();
    let (_, bo, dusk) = scene(&site).await;
    let cy = Person::new("cy", site.address);
    let fields = [
        ("handle", "cy"),
        ("display_name", "Cy"),
        ("email", "cy@example.org"),
        ("password", PASSWORD),
        ("next", "/artworks/1"),
    ];
    assert_redirects(
        &cy.form("/register", "/actions/register", &fields).await,
        "/artworks/1",
    );
    let id = dusk.to_string();
    let from = format!("/artworks/{dusk}");
    let posted = cy
        .form(
            &from,
            "/actions/post_critique",
            &[("artwork_id", &id), ("body", "Läuft & “gut” + 100 %.")],
        )
        .await;
    let critique = cy.artwork(dusk).await.critiques.remove(0);
    assert_redirects(
        &posted,
        &format!("/artworks/{dusk}#critique-{}", critique.id),
    );
    assert_eq!(critique.body, "Läuft & “gut” + 100 %.");
    let own = critique.id.to_string();
    let helped = bo
        .form(
            &from,
            "/actions/set_helpful",
            &[("id", &own), ("artwork_id", &id), ("helpful", "true")],
        )
        .await;
    assert_redirects(
        &helped,
        &format!("/artworks/{dusk}#critique-{}", critique.id),
    );
    assert_eq!(cy.page().await.unread, 1);
    let page = cy.get("/notifications").await;
    assert!(
        page.text.contains("found your critique"),
        "the inbox works without JavaScript"
    );
    let all = cy
        .form(
            "/notifications",
            "/actions/mark_notifications",
            &[
                ("state", "read"),
                ("through", &cy.page().await.cursor.to_string()),
            ],
        )
        .await;
    assert_redirects(&all, "/notifications");
    assert_eq!(cy.page().await.unread, 0);
    assert_redirects(
        &cy.form(
            &from,
            "/actions/edit_critique",
            &[("id", &own), ("body", "Besser.")],
        )
        .await,
        posted.header("location"),
    );
    let list = format!("/artworks/{dusk}#critiques");
    assert_redirects(
        &cy.form(&from, "/actions/delete_critique", &[("id", &own)])
            .await,
        &list,
    );
    let again = [("id", &*own), ("artwork_id", &*dusk.to_string())];
    assert_redirects(
        &cy.form(&from, "/actions/delete_critique", &again).await,
        &list,
    );
    assert_eq!(
        cy.form(&from, "/actions/delete_critique", &again[..1])
            .await
            .status,
        404,
        "without an artwork id there is no page to return to"
    );
    assert_redirects(&cy.form(&from, "/actions/sign_out", &[]).await, "/");
    assert_eq!(cy.get("/api/session").await.status, 401);
    assert_redirects(
        &cy.form(
            "/login",
            "/actions/sign_in",
            &[("handle", "cy"), ("password", PASSWORD)],
        )
        .await,
        "/",
    );
    assert_eq!(cy.get("/api/session").await.status, 200);
}

#[tokio::test]
async fn a_refused_critique_returns_its_full_text_escaped() {
    let site = Site::open();
    let (ann, _, dusk) = scene(&site).await;
    let words = format!("{TRAP} {}", "x".repeat(10_000));
    let from = format!("/artworks/{dusk}");
    let before = ann.get(&from).await;
    let answer = ann
        .form(
            &from,
            "/actions/post_critique",
            &[("artwork_id", &dusk.to_string()), ("body", &words)],
        )
        .await;
    assert_page(
        &answer,
        422,
        &[
            "10,000 characters",
            "Dusk",
            "&lt;/textarea&gt;&lt;script&gt;alert(1)",
        ],
    );
    assert!(
        !answer.text.contains("</textarea><script>alert"),
        "the typed text is escaped"
    );
    assert!(
        !answer.text.contains("<script>alert(1)"),
        "not in the page's data either"
    );
    assert!(answer.text.contains(&"x".repeat(10_000)), "every word");
    assert!(
        !before.text.contains("xxxx") && !ann.get(&from).await.text.contains("xxxx"),
        "the typed text appears in this one response only"
    );
    let nobody = site
        .visitor()
        .form(
            &from,
            "/actions/post_critique",
            &[("artwork_id", &dusk.to_string()), ("body", TRAP)],
        )
        .await;
    assert_page(&nobody, 401, &["sign in"]);
    assert!(!nobody.text.contains("<script>alert(1)"));
    assert!(ann.artwork(dusk).await.critiques.is_empty());
}

#[tokio::test]
async fn a_refused_registration_keeps_every_field_except_the_password() {
    let site = Site::open();
    let nobody = site.visitor();
    let fields = [
        ("handle", "a/b"),
        ("display_name", "Zoë \"<i>"),
        ("email", "nonsense"),
        ("password", "a secret, and long"),
        ("next", "/artworks/7"),
    ];
    let answer = nobody
        .form("/register?next=/artworks/7", "/actions/register", &fields)
        .await;
    assert_page(
        &answer,
        422,
        &[
            "a/b",
            "Zoë",
            "nonsense",
            "/artworks/7",
            "letters a–z",
            "name@example.org",
        ],
    );
    assert!(
        !answer.text.contains("a secret, and long"),
        "never a password"
    );
    assert!(!answer.text.contains("Zoë \"<i>"), "escaped");
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn a_refused_sign_in_keeps_the_handle_and_the_return_path() {
    let site = Site::open();
    site.join("ann").await;
    let nobody = site.visitor();
    let answer = nobody
        .form(
            "/login?next=/artworks/7",
            "/actions/sign_in",
            &[
                ("handle", "ann"),
                ("password", "wrong password"),
                ("next", "/artworks/7"),
            ],
        )
        .await;
    assert_page(&answer, 401, &["ann", "/artworks/7", "match"]);
    assert!(!answer.text.contains("wrong password"));
}

#[tokio::test]
async fn a_refused_upload_keeps_title_and_description() {
    let site = Site::open();
    let bo = site.join("bo").await;
    let html = "text/html";
    for (title, image, status) in [
        ("", picture(32, 32), 422),
        ("Dusk", Vec::new(), 422),
        ("Dusk", b"not a picture".to_vec(), 415),
    ] {
        let answer = bo
            .upload(
                "/artworks/new",
                html,
                &[("title", title), ("description", TRAP)],
                image,
            )
            .await;
        assert_page(
            &answer,
            status,
            &["&lt;/textarea&gt;&lt;script&gt;alert(1)", title],
        );
        assert!(!answer.text.contains("<script>alert(1)"));
    }
    let posted = bo
        .upload(
            "/artworks/new",
            html,
            &[("title", "Dusk"), ("description", TRAP)],
            picture(32, 32),
        )
        .await;
    let place = posted.header("location").to_owned();
    assert_redirects(&posted, &place);
    let page = bo.get(&place).await;
    assert!(page.status == 200 && !page.text.contains("<script>alert(1)"));
    let edit = bo.get(&format!("{place}/edit")).await;
    assert!(
        edit.status == 200
            && edit.text.contains("&lt;/textarea&gt;")
            && !edit.text.contains("</textarea><script>")
    );
}

#[tokio::test]
async fn a_refused_edit_returns_its_form() {
    let site = Site::open();
    let (_, bo, dusk) = scene(&site).await;
    let from = format!("/artworks/{dusk}/edit");
    let answer = bo
        .form(
            &from,
            "/actions/edit_artwork",
            &[
                ("id", &dusk.to_string()),
                ("title", ""),
                ("description", TRAP),
            ],
        )
        .await;
    assert_page(
        &answer,
        422,
        &[
            "&lt;/textarea&gt;&lt;script&gt;alert(1)",
            "Please enter a title",
        ],
    );
    assert!(!answer.text.contains("<script>alert(1)"));
}

#[tokio::test]
async fn a_conflicting_edit_returns_the_stored_and_the_typed_text() {
    let site = Site::open();
    let (ann, bo, dusk) = scene(&site).await;
    let critique = ann.critique(dusk, "As it was.").await;
    let (id, from) = (critique.id.to_string(), format!("/artworks/{dusk}"));
    let edit = async |body, version| {
        ann.form(
            &from,
            "/actions/edit_critique",
            &[("id", &id), ("body", body), ("version", version)],
        )
        .await
    };
    assert_redirects(
        &edit("Saved in one tab.", "1").await,
        &format!("{from}#critique-{id}"),
    );
    let refused = edit("Typed in the other.", "1").await;
    assert_page(
        &refused,
        409,
        &[
            "Saved in one tab.",
            "Typed in the other.",
            "changed elsewhere",
            "name=\"version\" value=\"2\"",
        ],
    );
    assert!(!ann.get(&from).await.text.contains("Typed in the other."));
    assert_redirects(
        &edit("Typed in the other.", "2").await,
        &format!("{from}#critique-{id}"),
    );
    assert_redirects(
        &edit("Typed in the other.", "1").await,
        &format!("{from}#critique-{id}"),
    );

    let (id, from) = (dusk.to_string(), format!("/artworks/{dusk}/edit"));
    let edit = async |title, version| {
        let fields = [
            ("id", &*id),
            ("title", title),
            ("description", "Mine."),
            ("version", version),
        ];
        bo.form(&from, "/actions/edit_artwork", &fields).await
    };
    assert_redirects(&edit("One tab", "1").await, &format!("/artworks/{dusk}"));
    assert_page(
        &edit("The other tab", "1").await,
        409,
        &[
            "One tab",
            "The other tab",
            "changed elsewhere",
            "value=\"2\"",
        ],
    );
    assert_page(
        &edit("", "1").await,
        422,
        &["Please enter a title", "name=\"version\" value=\"1\""],
    );
    assert_redirects(
        &edit("The other tab", "2").await,
        &format!("/artworks/{dusk}"),
    );
}

#[tokio::test]
async fn a_resent_critique_form_posts_once_and_a_fresh_form_has_a_new_key() {
    let site = Site::open();
    let (ann, bo, dusk) = scene(&site).await;
    let (id, from) = (dusk.to_string(), format!("/artworks/{dusk}"));
    let attempt_of = |page: &Answer| {
        let (_, rest) = page
            .text
            .split_once("name=\"attempt\" value=\"")
            .expect("an attempt");
        rest[..rest.find('"').expect("its end")].to_owned()
    };
    let first = attempt_of(&ann.get(&from).await);
    let post = async |attempt: &str, body: &str| {
        let posted = ann
            .form(
                &from,
                "/actions/post_critique",
                &[("artwork_id", &id), ("attempt", attempt), ("body", body)],
            )
            .await;
        assert_eq!(posted.status, 303, "{}", posted.text);
    };
    post(&first, "Mind the edges.").await;
    // A browser that goes back restores the typed text into the page's form, so the page must still
    // carry the same key.
    assert_eq!(attempt_of(&ann.get(&from).await), first);
    post(&first, "Mind the edges.").await;
    assert_eq!(attempt_of(&ann.get(&from).await), first);
    assert_eq!(
        bo.artwork(dusk).await.critique_count,
        1,
        "the same key posts once"
    );
    let fresh = attempt_of(&ann.get(&from).await);
    assert_ne!(fresh, first, "a fresh form has a new key");
    post(&fresh, "Mind the edges.").await;
    post(&first, "Other words.").await;
    assert_eq!(bo.artwork(dusk).await.critique_count, 3);
}

#[tokio::test]
async fn malformed_forms_are_refused_without_a_server_error() {
    let site = Site::open();
    let (ann, _, dusk) = scene(&site).await;
    let from = format!("http://{}/artworks/{dusk}", site.address);
    for (action, body) in [
        ("post_critique", b"".to_vec()),
        ("post_critique", b"artwork_id=1".to_vec()),
        ("post_critique", b"artwork_id=x&body=y".to_vec()),
        ("post_critique", b"artwork_id=1&body=%ff%fe%00".to_vec()),
        ("post_critique", b"artwork_id=1&body=\xff\xfe\x00".to_vec()),
        ("post_critique", b"artwork_id=999&body=y".to_vec()),
        (
            "post_critique",
            b"artwork_id=1&artwork_id=2&body=y&body=z".to_vec(),
        ),
        ("set_helpful", b"id=1&artwork_id=1&helpful=maybe".to_vec()),
        ("set_helpful", b"id=999&artwork_id=1&helpful=true".to_vec()),
        ("mark_notifications", b"state=retracted&id=1".to_vec()),
        ("mark_notifications", b"state=odd&id=1".to_vec()),
        ("mark_notifications", b"state=read".to_vec()),
        ("mark_notifications", b"state=read&through=odd".to_vec()),
        ("revoke_session", b"id=x".to_vec()),
        ("nothing", b"".to_vec()),
        (
            "post_critique",
            [b"artwork_id=1&body=".to_vec(), vec![b'x'; 300_000]].concat(),
        ),
    ] {
        let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
        for accept in ["text/html", "application/json"] {
            let answer = Answer::of(
                ann.plain(&format!("/actions/{action}"))
                    .header("referer", &from)
                    .header("accept", accept)
                    .body(body.clone()),
            )
            .await;
            let refused = (400..500).contains(&answer.status)
                || shown.contains("body=%ff")
                || shown.contains("body=\u{fffd}");
            assert!(
                refused && answer.status < 500,
                "{action} {shown} {accept}: {} {}",
                answer.status,
                answer.text
            );
        }
    }
    assert_eq!(ann.page().await.cursor.seq, 0);
}

#[tokio::test]
async fn sign_in_never_redirects_to_another_site() {
    let site = Site::open();
    let ann = site.join("ann").await;
    for away in [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\n/evil.example",
        "http:evil.example",
        "///evil.example",
        " //evil.example",
    ] {
        let fields = [("handle", "ann"), ("password", PASSWORD), ("next", away)];
        assert_redirects(&ann.form("/login", "/actions/sign_in", &fields).await, "/");
    }
    let far = "http://evil.example/artworks/1";
    let request = ann
        .plain("/actions/sign_out")
        .header("referer", far)
        .body("");
    assert_redirects(&Answer::of(request).await, "/");
}

#[tokio::test]
async fn a_refused_form_with_a_foreign_referer_returns_its_own_page() {
    let site = Site::open();
    let nobody = site.visitor();
    for referer in [
        "http://evil.example/login",
        "http://127.0.0.1:1/",
        "nonsense",
        "http://127.0.0.1",
    ] {
        let request = nobody
            .plain("/actions/sign_in")
            .header("referer", referer)
            .body("handle=ann&password=wrong");
        assert_page(&Answer::of(request).await, 401, &["Sign in", "Password"]);
    }
}

/// The browser's address bar shows the form's action after a refused sign-in, and a reload requests
/// it.
#[tokio::test]
async fn a_get_of_a_form_action_redirects_to_its_page() {
    let site = Site::open();
    let nobody = site.visitor();
    for (action, page) in [
        ("sign_in", "/login"),
        ("register", "/register"),
        ("follow", "/"),
        ("post_critique", "/"),
        ("nonsense", "/"),
    ] {
        let request = nobody.request(
            "GET".parse().expect("a method"),
            &format!("/actions/{action}"),
        );
        let answer = request
            .header("accept", "text/html")
            .send()
            .await
            .expect("an answer");
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()["location"]),
            (303, &page.parse().expect("a value")),
            "{action}"
        );
    }
    let program = nobody.get("/actions/list_artworks").await;
    assert_eq!(
        (program.status, program.header("content-type")),
        (200, "application/json")
    );
}
