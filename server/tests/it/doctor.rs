//! The doctor's report to operators: each fault and its remedy, without technical noise.

use std::time::{Duration, Instant};

use crate::site::Site;

#[tokio::test]
async fn the_doctor_names_each_fault_and_its_remedy() {
    let site = Site::open();
    let said = |settings: &[(&str, &str)]| {
        let output = site
            .binary()
            .env("RUST_BACKTRACE", "1")
            .envs(settings.iter().copied())
            .arg("doctor")
            .output()
            .expect("runs");
        assert!(
            !output.status.success(),
            "the site of these tests is not built"
        );
        assert_eq!(
            String::from_utf8_lossy(&output.stderr),
            "Error: some checks failed; see above\n"
        );
        String::from_utf8(output.stdout).expect("text")
    };
    let well = said(&[]);
    for line in [
        "ok     database: reachable and up to date",
        "ok     bus: memory",
        "ok     pictures: ",
        "WRONG  built site: ",
    ] {
        assert!(well.contains(line), "{line} is not in\n{well}");
    }
    assert!(
        well.contains("cargo leptos build")
            && well.contains("ok     mail: SMTP_URL is not set: mails are written to "),
        "{well}"
    );

    let nowhere = "postgres://nobody@127.0.0.1:1/none";
    let ill = said(&[
        ("DATABASE_URL", nowhere),
        ("ARTCRITIQUE_BUS", "redis"),
        ("REDIS_URL", "redis://127.0.0.1:1"),
        ("SMTP_URL", "smtp://ann:hush@127.0.0.1:1"),
    ]);
    assert!(
        ill.contains("WRONG  mail: ") && ill.contains("Check SMTP_URL") && !ill.contains("hush"),
        "{ill}"
    );
    assert!(
        ill.contains("WRONG  database: ") && ill.contains("Check DATABASE_URL"),
        "{ill}"
    );
    assert!(
        ill.contains("WRONG  bus: ") && ill.contains("Check REDIS_URL"),
        "{ill}"
    );
}

#[tokio::test]
async fn the_jobs_of_a_killed_server_wait_for_another() {
    let mut site = Site::open();
    let report = |site: &Site| String::from_utf8(site.command(&["doctor"]).stdout).expect("text");
    let begun = Instant::now();
    while !report(&site).contains("ok     jobs: in the queue: ") {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "no job is scheduled"
        );
    }
    site.kill();
    let killed = report(&site);
    for line in [
        "ok     nodes: none is running",
        "ok     jobs: waiting for a server: ",
    ] {
        assert!(killed.contains(line), "{line} is not in\n{killed}");
    }
}
