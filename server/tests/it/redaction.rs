//! Nothing that is printed has a password in it.

use crate::site::Site;

const SECRET: &str = "hush-hush-secret";

#[tokio::test]
async fn a_connection_that_fails_is_named_without_its_password() {
    let site = Site::on_sqlite();
    let addresses = [
        format!("postgres://ann:{SECRET}@127.0.0.1:1/site"),
        format!("postgres://ann@127.0.0.1:1/site?password={SECRET}"),
        format!("postgres://ann:a#{SECRET}@127.0.0.1:1/site"),
        format!("postgres://ann:a/{SECRET}@127.0.0.1:1/site"),
        format!("mysql://ann:{SECRET}@127.0.0.1/site"),
        SECRET.to_owned(),
    ];
    let redis = [format!("redis://:{SECRET}@127.0.0.1:1"), format!("redis://{SECRET}:x:y"), SECRET.to_owned()];
    for address in &addresses {
        for words in
            [&["serve"][..], &["migrate"], &["doctor"], &["user", "role", "ann", "member"], &["restore"], &["site", "show"]]
        {
            let output =
                site.binary().env("DATABASE_URL", address).env("ARTCRITIQUE_LOG", "debug").args(words).output().expect("runs");
            says_nothing(&output, words, address);
            assert!(!output.status.success());
        }
        let help = site.binary().env("DATABASE_URL", address).arg("--help").output().expect("runs");
        says_nothing(&help, &["--help"], address);
    }
    for address in &redis {
        for words in [&["doctor"][..], &["--help"]] {
            let output = site
                .binary()
                .env("ARTCRITIQUE_BUS", "redis")
                .env("REDIS_URL", address)
                .env("ARTCRITIQUE_LOG", "debug")
                .args(words)
                .output();
            says_nothing(&output.expect("runs"), words, address);
        }
    }
}

#[track_caller]
fn says_nothing(output: &std::process::Output, words: &[&str], address: &str) {
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!said.contains(SECRET), "{words:?} on {address}: {said}");
    assert!(!said.is_empty());
}
