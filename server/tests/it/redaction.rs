//! No output of the program contains a password.

use testing::at_once;

use crate::site::Site;

const SECRET: &str = "hush-hush-secret";

#[tokio::test]
async fn a_failed_connection_is_reported_without_its_password() {
    let site = Site::on_sqlite();
    let addresses = [
        format!("postgres://ann:{SECRET}@127.0.0.1:1/site"),
        format!("postgres://ann@127.0.0.1:1/site?password={SECRET}"),
        format!("postgres://ann:a#{SECRET}@127.0.0.1:1/site"),
        format!("postgres://ann:a/{SECRET}@127.0.0.1:1/site"),
        format!("mysql://ann:{SECRET}@127.0.0.1/site"),
        SECRET.to_owned(),
    ];
    let redis = [
        format!("redis://:{SECRET}@127.0.0.1:1"),
        format!("redis://{SECRET}:x:y"),
        SECRET.to_owned(),
    ];
    let commands = [
        &["serve"][..],
        &["migrate"],
        &["doctor"],
        &["user", "role", "ann", "member"],
        &["restore"],
        &["site", "show"],
        &["--help"],
    ];
    at_once(&pairs(&addresses, &commands), |(address, words)| {
        let output = site
            .binary()
            .env("DATABASE_URL", address)
            .env("ARTCRITIQUE_LOG", "debug")
            .args(*words)
            .output()
            .expect("runs");
        assert_secret_absent(&output, words, address);
        assert!(words == &["--help"] || !output.status.success());
    });
    at_once(
        &pairs(&redis, &[&["doctor"], &["--help"]]),
        |(address, words)| {
            let settings = [
                ("ARTCRITIQUE_BUS", "redis"),
                ("REDIS_URL", address),
                ("ARTCRITIQUE_LOG", "debug"),
            ];
            assert_secret_absent(
                &site
                    .binary()
                    .envs(settings)
                    .args(*words)
                    .output()
                    .expect("runs"),
                words,
                address,
            );
        },
    );
    let smtp = [
        format!("smtps://ann:{SECRET}@127.0.0.1:1"),
        format!("smtp://ann:a/{SECRET}@127.0.0.1:1"),
        format!("smtp://ann:{SECRET}@127.0.0.1:1?tls=maybe"),
    ];
    at_once(
        &pairs(
            &smtp,
            &[&["doctor"], &["mail", "test", "a@example.org"], &["--help"]],
        ),
        |(address, words)| {
            let settings = [("SMTP_URL", *address), ("ARTCRITIQUE_LOG", "trace")];
            let output = site.binary().envs(settings).args(*words).output();
            assert_secret_absent(&output.expect("runs"), words, address);
        },
    );
}

/// Every address combined with every command.
fn pairs<'a>(addresses: &'a [String], commands: &[&'a [&'a str]]) -> Vec<(&'a str, &'a [&'a str])> {
    addresses
        .iter()
        .flat_map(|address| commands.iter().map(move |words| (address.as_str(), *words)))
        .collect()
}

#[track_caller]
fn assert_secret_absent(output: &std::process::Output, words: &[&str], address: &str) {
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(!said.contains(SECRET), "{words:?} on {address}: {said}");
    assert!(!said.is_empty());
}
