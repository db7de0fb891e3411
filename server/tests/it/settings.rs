//! Settings accept common notations; an invalid value is reported with the variable's name.

use std::process::Output;

use testing::at_once;

use crate::{person::Answer, site::Site, wire::Handshake};

fn told(site: &Site, name: &str, value: &str) -> (Output, String) {
    let mut command = site.binary();
    let output = command
        .env("RUST_BACKTRACE", "1")
        .env(name, value)
        .arg("doctor")
        .output()
        .expect("it runs");
    let said = String::from_utf8(output.stderr.clone()).expect("text");
    (output, said)
}

#[test]
fn an_invalid_setting_is_reported_with_name_value_and_expected_form() {
    let site = Site::open();
    for (name, value, wanted) in [
        ("ARTCRITIQUE_ADDR", "3000", "127.0.0.1:3000"),
        ("ARTCRITIQUE_ADDR", "localhost", "127.0.0.1:3000"),
        ("ARTCRITIQUE_METRICS_ADDR", "9000", "127.0.0.1:3000"),
        ("ARTCRITIQUE_ORIGIN", "art.example", "https://art.example"),
        (
            "ARTCRITIQUE_ORIGIN",
            "https://art.example/gallery",
            "https://art.example",
        ),
        ("ARTCRITIQUE_BUS", "kafka", "memory, redis or postgres"),
        ("ARTCRITIQUE_RATE_LIMITS", "maybe", "on or off"),
        ("ARTCRITIQUE_LOG_FORMAT", "xml", "text or json"),
        ("ARTCRITIQUE_LOG", "info,sqlx=loud", "info"),
        ("ARTCRITIQUE_DRAIN_NOTICE_SECS", "11", "from 0 to 10"),
        ("ARTCRITIQUE_DRAIN_NOTICE_SECS", "soon", "from 0 to 10"),
        ("ARTCRITIQUE_LAZY_FOLLOWERS", "-1", "from 0"),
        (
            "ARTCRITIQUE_TRUSTED_PROXIES",
            "127.0.0.1, proxy.local",
            "10.0.0.0/8",
        ),
        ("ARTCRITIQUE_TRUSTED_PROXIES", "10.0.0.0/99", "10.0.0.0/8"),
        (
            "ARTCRITIQUE_FORWARDED_HEADER",
            "x-real-ip",
            "x-forwarded-for or forwarded",
        ),
        ("DATABASE_URL", "mysql://ann@db/art", "postgres://"),
        ("REDIS_URL", "http://redis:6379", "redis://host:6379"),
        ("SMTP_URL", "smtp://mail.example?tls=maybe", "tls=starttls"),
        (
            "SMTP_URL",
            "http://mail.example",
            "smtps://user:password@host",
        ),
        ("ARTCRITIQUE_MAIL_FROM", "art", "hello@art.example"),
    ] {
        let (output, said) = told(&site, name, value);
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{name}={value}: {:?} {said}",
            output.status
        );
        for words in [name, value, wanted] {
            assert!(said.contains(words), "{words} is not in {said}");
        }
        for noise in ["panicked", "backtrace", "\u{1b}["] {
            assert!(!said.contains(noise), "{said}");
        }
    }
    let (_, said) = told(
        &site,
        "DATABASE_URL",
        "mysql://ann:secret@db/art?password=secret",
    );
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn empty_variables_count_as_unset_and_values_are_trimmed() {
    let site = Site::open();
    // The number of jobs changes as the server runs them.
    let without_jobs = |said: &[u8]| {
        let said = String::from_utf8_lossy(said);
        let lines = said.lines().filter(|line| !line.contains("  jobs: "));
        lines.collect::<Vec<_>>().join("\n")
    };
    let plain = without_jobs(&site.command(&["doctor"]).stdout);
    assert!(plain.contains("ok     database: "), "{plain}");
    let help = String::from_utf8(site.command(&["--help"]).stdout).expect("text");
    let names: Vec<&str> = help
        .split("[env: ")
        .skip(1)
        .filter_map(|rest| rest.split(['=', ']']).next())
        .collect();
    assert!(
        names.len() >= 14 && names.contains(&"REDIS_URL"),
        "{names:?}"
    );
    // The variables that the test sets itself would point elsewhere when blank.
    let own = [
        "ARTCRITIQUE_DATA_DIR",
        "DATABASE_URL",
        "ARTCRITIQUE_SITE_DIR",
        "ARTCRITIQUE_ADDR",
    ];
    let blank = names
        .iter()
        .filter(|name| !own.contains(name))
        .flat_map(|name| ["", "  ", "\t"].map(|blank| (*name, blank)));
    at_once(&blank.collect::<Vec<_>>(), |&(name, blank)| {
        let (output, said) = told(&site, name, blank);
        assert_eq!(
            without_jobs(&output.stdout),
            plain,
            "{name}={blank:?}: {said}"
        );
    });
    let written = [
        ("ARTCRITIQUE_ADDR", " 127.0.0.1:0 "),
        ("ARTCRITIQUE_BUS", " Memory "),
        ("ARTCRITIQUE_RATE_LIMITS", " On"),
        ("ARTCRITIQUE_DRAIN_NOTICE_SECS", " 3 "),
        ("ARTCRITIQUE_TRUSTED_PROXIES", " 127.0.0.1 ,, 10.0.0.0/8 , "),
        ("ARTCRITIQUE_ORIGIN", " https://Art.Example:443/ "),
        ("ARTCRITIQUE_LOG", " warn "),
    ];
    at_once(&written, |(name, value)| {
        let (output, said) = told(&site, name, value);
        let found = String::from_utf8_lossy(&output.stdout);
        assert!(
            found.contains("ok     database: ") && found.contains("ok     origin: "),
            "{name}={value:?}: {found} {said}"
        );
    });
}

#[tokio::test]
async fn equivalent_origins_are_normalised() {
    for written in [
        "https://Art.Example",
        "https://art.example:443",
        "HTTPS://art.example/",
        "https://künst.example",
    ] {
        let site = Site::with(&[("ARTCRITIQUE_ORIGIN", written)]);
        let origin = if written.contains('ü') {
            "https://xn--knst-0ra.example"
        } else {
            "https://art.example"
        };
        let bo = site.join("bo").await;
        let signed_in = bo.sign_in(crate::person::PASSWORD).await;
        let cookie = signed_in
            .header("set-cookie")
            .split(';')
            .next()
            .expect("a cookie")
            .to_owned();
        let handshake = Handshake {
            cookie: Some(cookie.clone()),
            ..bo.handshake(None)
        };
        assert!(
            handshake.origin(Some(origin)).open().await.is_ok(),
            "{written}: a socket"
        );
        let page = site.visitor().get("/").await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains(&format!(
                "connect-src 'self' {}",
                origin.replace("https", "wss")
            )),
            "{policy}"
        );
        for (from, status) in [
            (origin, 204),
            ("https://evil.example", 403),
            ("https://art.example.evil.example", 403),
        ] {
            let request = bo
                .request(reqwest::Method::DELETE, "/api/session")
                .header("origin", from)
                .header("cookie", &cookie);
            assert_eq!(
                Answer::of(request).await.status,
                status,
                "{written}: from {from}"
            );
        }
    }
}
