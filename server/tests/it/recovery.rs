//! An account can be got back: a forgotten password is reset by a mailed link, and an address is
//! verified by one, over plain forms and REST.

use std::os::unix::fs::PermissionsExt;

use reqwest::Method;
use serde_json::json;
use testing::{ReceivedMail, Smtp, SmtpFault, SmtpStep};

use crate::{
    person::{Answer, Person},
    sessions::ENDED,
    site::Site,
};

const NEW: &str = "another battery";
const ADDRESS: &str = "ann@example.org";

/// A site that sends its mails to this server.
async fn with_mail() -> (Site, Smtp) {
    let smtp = Smtp::start().await;
    let site = Site::with(&[("SMTP_URL", &smtp.url())]);
    (site, smtp)
}

/// Sends a form from the page of a mailed link, whose policy is `strict-origin`, as a browser does
/// that sends no `Sec-Fetch-Site`: as Safari before 16.4, and any browser without TLS.
async fn form_of_link(person: &Person, action: &str, fields: &[(&str, &str)]) -> Answer {
    let mut body = form_urlencoded::Serializer::new(String::new());
    let body = body.extend_pairs(fields).finish();
    let request = person
        .request(Method::POST, action)
        .header("accept", "text/html")
        .header("origin", format!("http://{}", person.address))
        .header("referer", format!("http://{}/", person.address))
        .header("content-type", "application/x-www-form-urlencoded");
    Answer::of(request.body(body)).await
}

async fn ask(person: &Person, email: &str) -> Answer {
    let fields = [("email", email)];
    person
        .form("/forgot", "/actions/request_password_reset", &fields)
        .await
}

fn secret<'a>(path: &'a str, start: &str) -> &'a str {
    path.strip_prefix(start).expect("the path of a link")
}

/// The newest mail of this kind, once it has arrived as the `count`th of all.
async fn newest(smtp: &Smtp, count: usize, kind: &str) -> ReceivedMail {
    let mut mails = smtp.wait_for_mails(count).await;
    let mail = mails.remove(count - 1);
    let id = mail.header("Message-ID");
    assert!(id.starts_with(&format!("<{kind}.")), "{id}");
    mail
}

#[tokio::test]
async fn a_forgotten_password_is_reset_by_plain_forms() {
    let (site, smtp) = with_mail().await;
    let ann = site.join("ann").await;
    smtp.wait_for_mails(1).await;
    let mut socket = ann.socket(None).await;
    socket.frame().await;

    let visitor = site.visitor();
    let login = visitor.get("/login").await;
    assert!(login.text.contains("href=\"/forgot\""));
    let page = visitor.get("/forgot").await;
    assert!(page.status == 200 && page.text.contains("E-mail"));
    let refused = ask(&visitor, "no address").await;
    assert_eq!(refused.status, 422);
    assert!(refused.text.contains("no address") && refused.text.contains("name@example.org"));
    let asked = ask(&visitor, ADDRESS).await;
    assert_eq!(
        (asked.status, asked.header("location")),
        (303, "/forgot?sent=1")
    );
    let told = visitor.get("/forgot?sent=1").await.text;
    assert!(told.contains("If there is an account with this address"));

    let path = newest(&smtp, 2, "reset").await.path("/reset/");
    for method in [Method::GET, Method::HEAD, Method::GET] {
        let page = Answer::of(visitor.request(method.clone(), &path)).await;
        assert_eq!(page.status, 200, "a visit changes nothing");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("referrer-policy"), "strict-origin");
        if method == Method::GET {
            assert!(page.text.contains("New password") && page.text.contains("@ann"));
            assert!(
                !page.text.contains("og:url"),
                "previews don't name the link"
            );
        }
    }
    let slash = visitor.get(&format!("{path}/")).await;
    let wrong = Answer::of(visitor.request(Method::PUT, &path)).await;
    for (answer, status) in [(slash, 308), (wrong, 405)] {
        let headers = ["cache-control", "referrer-policy"].map(|name| answer.header(name));
        assert_eq!(
            (answer.status, headers),
            (status, ["no-store", "strict-origin"])
        );
    }
    assert_eq!(ann.get("/api/session").await.status, 200);

    let action = "/actions/reset_password";
    let secret = secret(&path, "/reset/");
    let short = form_of_link(
        &visitor,
        action,
        &[("secret", secret), ("new_password", "short")],
    )
    .await;
    assert_eq!(short.status, 422);
    assert!(short.text.contains("at least 8") && short.text.contains(secret));
    assert_eq!(
        (
            short.header("cache-control"),
            short.header("referrer-policy")
        ),
        ("no-store", "strict-origin")
    );
    let fields = [("secret", secret), ("new_password", NEW)];
    let reset = form_of_link(&visitor, action, &fields).await;
    assert_eq!(
        (reset.status, reset.header("location")),
        (303, "/login?reset=1")
    );
    assert_eq!(reset.header("set-cookie"), "", "nobody is signed in");
    let page = visitor.get("/login?reset=1").await.text;
    assert!(page.contains("Your password is set. Sign in with it."));

    assert_eq!(socket.end().await.0, ENDED);
    ann.get("/api/session").await.problem(401);
    assert_eq!(ann.sign_in(crate::person::PASSWORD).await.status, 401);
    assert_eq!(ann.sign_in(NEW).await.status, 200);
    let told = newest(&smtp, 3, "password-changed").await;
    assert!(told.decoded().contains(&site.url("/forgot")));

    let page = visitor.get(&path).await;
    assert_eq!(page.status, 404);
    assert!(page.text.contains("no longer valid") && page.text.contains("/forgot"));
    assert_eq!(page.header("cache-control"), "no-store");
    let again = form_of_link(&visitor, action, &fields).await;
    assert_eq!(again.status, 404, "{}", again.text);
    assert_eq!(site.visitor().get("/reset/abc").await.status, 404);
}

#[tokio::test]
async fn an_address_is_verified_by_a_button_and_not_by_a_visit() {
    let (site, smtp) = with_mail().await;
    let ann = site.join("ann").await;
    let first = newest(&smtp, 1, "verify").await;
    let settings = ann.get("/settings").await.text;
    assert!(settings.contains(ADDRESS) && settings.contains("not verified"));
    let sent = ann
        .form("/settings", "/actions/send_verification", &[])
        .await;
    assert_eq!(
        (sent.status, sent.header("location")),
        (303, "/settings?sent=1")
    );
    let second = newest(&smtp, 2, "verify").await;
    assert_ne!(first.header("Message-ID"), second.header("Message-ID"));

    let path = first.path("/verify/");
    let page = ann.get(&path).await;
    assert_eq!(
        (page.status, page.header("referrer-policy")),
        (200, "strict-origin")
    );
    assert!(page.text.contains("Verify address"));
    assert!(ann.get("/settings").await.text.contains("not verified"));
    let action = "/actions/verify_email";
    let fields = [("secret", secret(&path, "/verify/"))];
    let verified = form_of_link(&ann, action, &fields).await;
    assert_eq!(
        (verified.status, verified.header("location")),
        (303, "/settings?verified=1")
    );
    let settings = ann.get("/settings?verified=1").await.text;
    assert!(!settings.contains("not verified") && settings.contains("Thank you"));
    let again = form_of_link(&site.visitor(), action, &fields).await;
    assert_eq!(
        (again.status, again.header("location")),
        (303, "/login?verified=1")
    );
    assert!(ann.get(&path).await.text.contains("verified already"));
    let unknown = form_of_link(&ann, action, &[("secret", &"a".repeat(43))]).await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn the_answer_does_not_say_whether_an_account_has_the_address() {
    let (site, smtp) = with_mail().await;
    site.join("ann").await;
    smtp.wait_for_mails(1).await;
    let visitor = site.visitor();
    let mut answers = Vec::new();
    for email in [ADDRESS, "nobody@example.org"] {
        let rest = visitor
            .post("/api/password-reset", json!({ "email": email }))
            .await;
        assert_eq!(rest.status, 202, "{}", rest.text);
        let form = ask(&visitor, email).await;
        answers.push([rest, form].map(|answer| {
            let mut headers: Vec<String> = answer
                .headers
                .iter()
                .filter(|(name, _)| !["date", "x-request-id", "ratelimit"].contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            (answer.status, headers, answer.text)
        }));
    }
    assert_eq!(answers[0], answers[1]);
    let mails = smtp.wait_for_mails(3).await;
    assert!(mails.iter().all(|mail| mail.to == [ADDRESS]));

    for (body, fields) in [
        (json!({ "email": "no address" }), &["email"][..]),
        (json!({}), &["email"]),
        (json!({ "email": ADDRESS, "handle": "ann" }), &["handle"]),
    ] {
        let refused = visitor.post("/api/password-reset", body).await;
        assert_eq!(refused.problem(422), fields);
    }
    let german = visitor
        .request(Method::POST, "/api/password-reset")
        .header("accept-language", "de-AT, en;q=0.5")
        .json(&json!({ "email": ADDRESS }));
    let german = Answer::of(german).await;
    assert!(german.text.contains("Wenn es ein Konto"), "{}", german.text);
    let mails = smtp.wait_for_mails(4).await;
    assert_eq!(mails[3].header("Content-Language"), "de");
}

#[tokio::test]
async fn asking_for_links_is_limited_by_network() {
    let site = Site::open();
    let visitor = site.visitor();
    let (mut accepted, mut last) = (0, 202);
    while last == 202 && accepted < 200 {
        last = visitor
            .post(
                "/api/password-reset",
                json!({ "email": "nobody@example.org" }),
            )
            .await
            .status;
        accepted += u32::from(last == 202);
    }
    assert_eq!(last, 429);
    assert!((60..70).contains(&accepted), "{accepted}");
    let form = ask(&visitor, "nobody@example.org").await;
    assert_eq!(form.status, 429);
    assert!(
        form.text.contains("nobody@example.org"),
        "the form keeps the address"
    );
}

#[tokio::test]
async fn a_mail_that_the_relay_takes_late_survives_a_crash() {
    let (mut site, smtp) = with_mail().await;
    site.join("ann").await;
    smtp.wait_for_mails(1).await;
    smtp.fail(SmtpStep::Rcpt, SmtpFault::Stall, 1);
    ask(&site.visitor(), ADDRESS).await;
    smtp.wait_for(SmtpStep::Rcpt, 2).await;
    site.kill();
    testing::execute(
        &site.database_url(),
        "UPDATE job SET lease_until = 1 WHERE lease IS NOT NULL",
    )
    .await
    .expect("the lease expires");
    site.start();
    let path = newest(&smtp, 2, "reset").await.path("/reset/");
    assert_eq!(site.visitor().get(&path).await.status, 200);
}

#[tokio::test]
async fn the_log_contains_no_secret_of_a_link() {
    let (mut site, smtp) = with_mail().await;
    let log = site.restart_with_log("trace");
    let ann = site.join("ann").await;
    let verify = newest(&smtp, 1, "verify").await.path("/verify/");
    ask(&ann, ADDRESS).await;
    let reset = newest(&smtp, 2, "reset").await.path("/reset/");
    let (verify, reset) = (verify.as_str(), reset.as_str());
    for path in [
        verify,
        reset,
        &format!("{reset}/"),
        &format!("{reset}?next=/"),
    ] {
        ann.get(path).await;
    }
    let fields = [("secret", secret(verify, "/verify/"))];
    form_of_link(&ann, "/actions/verify_email", &fields).await;
    for password in ["short", NEW, "again and again"] {
        let fields = [
            ("secret", secret(reset, "/reset/")),
            ("new_password", password),
        ];
        form_of_link(&ann, "/actions/reset_password", &fields).await;
    }
    newest(&smtp, 3, "password-changed").await;
    site.terminate();
    site.ended(std::time::Duration::from_secs(15)).await;
    let log = std::fs::read_to_string(log).expect("a log");
    assert!(log.contains("request"), "the log is empty");
    for secret in [
        secret(verify, "/verify/"),
        secret(reset, "/reset/"),
        ADDRESS,
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None);
    }
}

#[tokio::test]
async fn without_a_relay_mails_are_written_to_a_private_folder() {
    let site = Site::open();
    let ann = site.join("ann").await;
    ask(&ann, ADDRESS).await;
    let folder = site.data().join("mail");
    let mut mails = Vec::new();
    for _ in 0..500 {
        mails = std::fs::read_dir(&folder)
            .map(|files| files.flatten().map(|file| file.path()).collect())
            .unwrap_or_default();
        mails
            .retain(|file: &std::path::PathBuf| file.extension().is_some_and(|kind| kind == "eml"));
        if mails.len() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    mails.sort();
    let [reset, _] = &mails[..] else {
        panic!("{mails:?}");
    };
    let mode = std::fs::metadata(reset)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let raw = std::fs::read_to_string(reset).expect("a mail");
    let path = ReceivedMail::new(String::new(), Vec::new(), raw).path("/reset/");
    assert_eq!(site.visitor().get(&path).await.status, 200);

    let said = site.command(&["mail", "test", "op@example.org"]);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        said.contains("was not sent") && said.contains(".eml"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_test_mail_says_what_happened_and_what_to_do() {
    let (site, smtp) = with_mail().await;
    let test = || {
        let output = site.command(&["mail", "test", "op@example.org"]);
        let said = [&output.stdout[..], &output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8(said).expect("text"),
        )
    };
    let (sent, said) = test();
    assert!(sent && said.contains("accepted the mail"), "{said}");
    assert_eq!(smtp.mails()[0].to, ["op@example.org"]);
    assert!(smtp.mails()[0].decoded().contains("Mail works."));
    smtp.fail(
        SmtpStep::Mail,
        SmtpFault::Reply("550 5.7.1 Sender not allowed"),
        1,
    );
    let (sent, said) = test();
    assert!(
        !sent && said.contains("550") && said.contains("ARTCRITIQUE_MAIL_FROM"),
        "{said}"
    );
    smtp.fail(SmtpStep::Greeting, SmtpFault::Drop, 1);
    let (sent, said) = test();
    assert!(!sent && said.contains("Check SMTP_URL"), "{said}");
    let bad = site.command(&["mail", "test", "no address"]);
    assert!(!bad.status.success());
    let doctor = String::from_utf8(site.command(&["doctor"]).stdout).expect("text");
    assert!(
        doctor.contains("ok     mail: smtp://127.0.0.1:"),
        "{doctor}"
    );
}
