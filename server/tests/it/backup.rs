//! Backups are taken while the site runs; after a restore every client starts over.

use shared::live::ServerFrame;

use crate::{site::Site, wire::Heard};

#[tokio::test]
async fn a_restore_brings_back_the_backup_and_resets_every_client() {
    let mut site = Site::on_sqlite();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    ann.critique(dusk, "Before.").await;
    let copy = site.folder().join("copy.sqlite");
    let copy = copy.to_str().expect("plain text");
    assert!(
        site.command(&["backup", "--out", copy]).status.success(),
        "a backup succeeds while the site runs"
    );
    let twice = site.command(&["backup", "--out", copy]);
    assert!(
        !twice.status.success()
            && String::from_utf8_lossy(&twice.stderr).contains("already exists")
    );
    ann.critique(dusk, "After.").await;
    let seen = bo.inbox().await;
    let in_use = site.command(&["restore", "--from", copy]);
    assert!(
        !in_use.status.success()
            && String::from_utf8_lossy(&in_use.stderr).contains("stop the server first")
    );
    assert_eq!(bo.inbox().await, seen, "a refused restore changes nothing");

    site.kill();
    let broken = site.folder().join("broken.sqlite");
    std::fs::write(&broken, b"no database").expect("written");
    assert!(
        !site
            .command(&["restore", "--from", broken.to_str().expect("plain text")])
            .status
            .success()
    );
    let restored = site.command(&["restore", "--from", copy]);
    assert!(
        restored.status.success(),
        "{}",
        String::from_utf8_lossy(&restored.stderr)
    );
    let said = String::from_utf8(restored.stdout).expect("text");
    assert!(said.contains("All sessions have ended"), "{said}");
    site.start();
    bo.get("/api/session").await.problem(401);
    let laptop = site.sign_in("bo").await;
    let words: Vec<String> = bo
        .artwork(dusk)
        .await
        .critiques
        .into_iter()
        .map(|critique| critique.body)
        .collect();
    assert_eq!(words, ["Before."]);
    let mut socket = laptop.socket(Some(&seen.cursor)).await;
    assert!(matches!(socket.frame().await, ServerFrame::Hello { .. }));
    let Heard::Frame(frame) = socket.hear().await else {
        panic!("closed")
    };
    let ServerFrame::Reset { cursor, items, .. } = *frame else {
        panic!("no reset: {frame:?}")
    };
    assert_ne!(cursor.epoch, seen.cursor.epoch);
    assert_eq!(items.len(), 1);
    assert!(
        laptop.after(&seen.cursor).await.reset,
        "a polling client is reset too"
    );
}

/// A user who signed out after the backup stays signed out.
#[tokio::test]
async fn a_restore_revives_no_session() {
    let mut site = Site::on_sqlite();
    let (bo, phone) = (site.join("bo").await, site.sign_in("bo").await);
    let copy = site.folder().join("copy.sqlite");
    let copy = copy.to_str().expect("plain text");
    assert!(site.command(&["backup", "--out", copy]).status.success());
    let cookie = phone.cookie();
    assert_eq!(phone.delete("/api/session").await.status, 204);
    site.kill();
    assert!(site.command(&["restore", "--from", copy]).status.success());
    site.start();
    phone.plant(&cookie);
    phone.get("/api/session").await.problem(401);
    bo.get("/api/session").await.problem(401);
}

/// A restore killed at any instant leaves either the old database or the complete backup without
/// sessions.
#[tokio::test]
async fn a_killed_restore_is_all_or_nothing() {
    let mut site = Site::on_sqlite();
    let bo = site.join("bo").await;
    let copy = site.folder().join("copy.sqlite");
    let copy = copy.to_str().expect("plain text");
    assert!(site.command(&["backup", "--out", copy]).status.success());
    bo.publish("After the copy").await;
    site.kill();
    for trial in 0..12 {
        let mut restoring = site
            .binary()
            .args(["restore", "--from", copy])
            .spawn()
            .expect("starts");
        std::thread::sleep(std::time::Duration::from_millis(8 * trial));
        restoring.kill().expect("killed");
        restoring.wait().expect("gone");
        site.start();
        let (works, signed_in) = (
            site.visitor().get("/api/artworks").await,
            bo.get("/api/session").await.status == 200,
        );
        let works = works.json::<serde_json::Value>()["items"]
            .as_array()
            .map_or(0, Vec::len);
        assert!(
            (works, signed_in) == (1, true) || (works, signed_in) == (0, false),
            "{works} works, signed in: {signed_in}"
        );
        site.kill();
    }
}
