//! The example client in `docs/examples` does what it is an example of.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use shared::dto::{CreatedToken, Scope};
use testing::Proxy;
use tokio::{
    sync::mpsc::{UnboundedReceiver, unbounded_channel},
    time::timeout,
};

use crate::{
    site::{BINARY, Site},
    tokens::create,
};

/// Longer than the client waits before it reconnects.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The example as a process; dropping it kills it.
struct Follower {
    process: Child,
    lines: UnboundedReceiver<String>,
}

impl Follower {
    fn start(port: u16, created: &CreatedToken, cursor: Option<&str>) -> Self {
        let folder = Path::new(BINARY).parent().expect("a folder");
        let program = folder.join("examples/follow_inbox");
        let secret = created.token.as_deref().expect("a secret");
        let mut process = Command::new(&program)
            .arg(format!("ws://127.0.0.1:{port}"))
            .args(cursor)
            .env("ARTCRITIQUE_TOKEN", secret)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let output = BufReader::new(process.stdout.take().expect("its output"));
        let (sender, lines) = unbounded_channel();
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                sender.send(line).ok();
            }
        });
        Self { process, lines }
    }

    async fn line(&mut self) -> String {
        let line = timeout(TIMEOUT, self.lines.recv()).await;
        line.expect("a line in time").expect("it still runs")
    }

    /// Waits for the end; returns what it printed until then, and why it ended.
    async fn end(mut self) -> (Vec<String>, String) {
        let mut rest = Vec::new();
        while let Some(line) = timeout(TIMEOUT, self.lines.recv())
            .await
            .expect("the end in time")
        {
            rest.push(line);
        }
        assert!(!self.process.wait().expect("ends").success());
        let mut why = String::new();
        let errors = self.process.stderr.as_mut().expect("its errors");
        errors.read_to_string(&mut why).expect("text");
        (rest, why)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[tokio::test]
async fn the_example_prints_each_notification_once_across_faults_and_restarts() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let created = create(&bo, &[Scope::Notifications]).await;
    let proxy = Proxy::to(site.address.port()).await;
    ann.critique(dusk, "Before it runs.").await;
    let from_start = bo.page().await.cursor.at(0).to_string();
    let mut follower = Follower::start(proxy.port(), &created, Some(&from_start));
    assert!(follower.line().await.ends_with("\"Before it runs.\""));
    for n in 0..3 {
        ann.critique(dusk, &format!("Live {n}.")).await;
        assert!(follower.line().await.ends_with(&format!("\"Live {n}.\"")));
    }
    let before = proxy.accepted();
    proxy.cut();
    for n in 0..3 {
        ann.critique(dusk, &format!("Missed {n}.")).await;
    }
    proxy.mend();
    let mut last = String::new();
    for n in 0..3 {
        last = follower.line().await;
        assert!(last.ends_with(&format!("\"Missed {n}.\"")), "{last}");
    }
    assert!(proxy.accepted() > before, "it has reconnected");
    drop(follower);
    ann.critique(dusk, "While it was stopped.").await;
    let (cursor, words) = last.split_once(' ').expect("a cursor");
    assert!(words.starts_with("\"critique\" by \"ann\": "), "{words}");
    let mut follower = Follower::start(proxy.port(), &created, Some(cursor));
    assert!(follower.line().await.ends_with("\"While it was stopped.\""));
    bo.mark(
        "read",
        serde_json::json!({ "through": bo.page().await.cursor }),
    )
    .await;
    ann.critique(dusk, "At last.").await;
    assert!(follower.line().await.ends_with("\"At last.\""));
    let revoked = bo.delete(&format!("/api/tokens/{}", created.view.id)).await;
    assert_eq!(revoked.status, 204, "{}", revoked.text);
    let (rest, why) = follower.end().await;
    assert_eq!(rest, [""; 0], "nothing is printed twice");
    assert!(why.contains("4401"), "{why}");
    let (_, why) = Follower::start(proxy.port(), &created, None).end().await;
    assert!(why.contains("401"), "{why}");
}

#[tokio::test]
async fn the_example_starts_anew_from_a_cursor_of_another_history() {
    let site = Site::open();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let created = create(&bo, &[Scope::Notifications]).await;
    for n in 0..3 {
        ann.critique(dusk, &format!("Note {n}.")).await;
    }
    let mut follower = Follower::start(site.address.port(), &created, Some("elsewhere.7"));
    for n in 0..3 {
        assert!(follower.line().await.ends_with(&format!("\"Note {n}.\"")));
    }
    ann.critique(dusk, "Note 3.").await;
    assert!(follower.line().await.ends_with("\"Note 3.\""));
}
