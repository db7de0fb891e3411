//! The site keeps running when the reader of its log stalls or goes away.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{person::Answer, site::Site};

/// Starts the server with its output connected to pipes.
fn started(site: &mut Site, log: &str) -> (Child, BufReader<std::process::ChildStdout>) {
    site.kill();
    let mut command = site.binary();
    command
        .env("ARTCRITIQUE_LOG", log)
        .env("RUST_BACKTRACE", "1");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the server starts");
    let mut said = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    said.read_line(&mut line).expect("its first line");
    assert!(line.starts_with("ArtCritique is at http"), "{line:?}");
    (child, said)
}

async fn ends_well(mut child: Child) {
    assert!(
        Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .expect("a signal")
            .success()
    );
    let deadline = Instant::now() + Duration::from_secs(15);
    loop {
        if let Some(status) = child.try_wait().expect("its status") {
            assert_eq!(status.code(), Some(0), "{status}");
            return;
        }
        assert!(Instant::now() < deadline, "it still runs");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_closed_log_pipe_does_not_stop_the_server() {
    let mut site = Site::open();
    for log in ["debug", "info", "trace,hyper=info"] {
        let (mut child, said) = started(&mut site, log);
        drop((child.stderr.take(), said));
        for path in ["/healthz", "/api/artworks", "/", "/login"] {
            for _ in 0..3 {
                assert_eq!(
                    Answer::of(site.visitor().request(reqwest::Method::GET, path))
                        .await
                        .status,
                    200,
                    "{path} at {log}"
                );
            }
        }
        ends_well(child).await;
    }
}

#[tokio::test]
async fn a_stalled_log_reader_delays_no_request() {
    let mut site = Site::open();
    let (child, said) = started(&mut site, "trace,hyper=info");
    // A pipe holds 64 KiB; each request logs more than one line.
    let visitor = site.visitor();
    for n in 0..400 {
        let answer =
            tokio::time::timeout(Duration::from_secs(5), visitor.get("/api/artworks")).await;
        assert_eq!(
            answer
                .unwrap_or_else(|_| panic!("request {n} is held up"))
                .status,
            200
        );
    }
    ends_well(child).await;
    drop(said);
}

#[test]
fn a_command_with_closed_output_ends_without_a_panic() {
    let site = Site::open();
    for words in [
        &["doctor"][..],
        &["--help"],
        &[
            "seed",
            "--users",
            "1",
            "--artworks",
            "1",
            "--critiques",
            "0",
        ],
        &["nonsense"],
    ] {
        let mut child = site
            .binary()
            .args(words)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        drop((child.stdout.take(), child.stderr.take()));
        let code = child.wait().expect("it ends").code();
        assert!(matches!(code, Some(0..=2)), "{words:?} ended with {code:?}");
    }
}
