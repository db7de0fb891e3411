//! Backups are taken while the site runs; after a restore every client starts over.

use shared::live::ServerFrame;

use crate::{site::Site, wire::Heard};

#[tokio::test]
async fn a_restored_site_is_as_it_was_and_every_client_starts_over() {
    let mut site = Site::on_sqlite();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    ann.critique(dusk, "Before.").await;
    let copy = site.folder().join("copy.sqlite");
    let copy = copy.to_str().expect("plain text");
    assert!(site.command(&["backup", "--out", copy]).status.success(), "while the site runs");
    let twice = site.command(&["backup", "--out", copy]);
    assert!(!twice.status.success() && String::from_utf8_lossy(&twice.stderr).contains("is there already"));
    ann.critique(dusk, "After.").await;
    let seen = bo.inbox().await;
    let in_use = site.command(&["restore", "--from", copy]);
    assert!(!in_use.status.success() && String::from_utf8_lossy(&in_use.stderr).contains("stop the server first"));
    assert_eq!(bo.inbox().await, seen, "nothing happened to it");

    site.kill();
    let broken = site.folder().join("broken.sqlite");
    std::fs::write(&broken, b"no database").expect("written");
    assert!(!site.command(&["restore", "--from", broken.to_str().expect("plain text")]).status.success());
    let restored = site.command(&["restore", "--from", copy]);
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    site.start();
    let words: Vec<String> = bo.artwork(dusk).await.critiques.into_iter().map(|critique| critique.body).collect();
    assert_eq!(words, ["Before."]);
    let mut socket = bo.socket(Some(&seen.cursor)).await;
    assert!(matches!(socket.frame().await, ServerFrame::Hello { .. }));
    let Heard::Frame(frame) = socket.hear().await else { panic!("closed") };
    let ServerFrame::Reset { cursor, items, .. } = *frame else { panic!("no reset: {frame:?}") };
    assert_ne!(cursor.epoch, seen.cursor.epoch);
    assert_eq!(items.len(), 1);
    assert!(bo.after(&seen.cursor).await.reset, "and one that polls");
}
