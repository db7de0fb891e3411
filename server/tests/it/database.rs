//! Nothing is acknowledged that the site's database does not keep, and every database fault is
//! reported as a readable error.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use domain::store::lone_connection;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use testing::execute;
use tokio::time::sleep;

use crate::{
    person::{Answer, PASSWORD, Person},
    site::Site,
};

const NOTICED: Duration = Duration::from_secs(2);

/// Waits until the readiness endpoint reports this state of the database.
async fn wait_for_database_state(site: &Site, database: &str, within: Duration) {
    let since = Instant::now();
    loop {
        let answer = site.visitor().get("/readyz").await;
        let ready: Value = answer.json();
        if ready["database"] == database {
            assert_eq!(answer.status, if database == "up" { 200 } else { 503 });
            return;
        }
        assert!(since.elapsed() < within, "{ready}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Checks that a request failed temporarily: 503 as a problem, with `Retry-After`.
#[track_caller]
fn assert_unavailable(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{what}: {}", answer.text);
    answer.problem(503);
    assert!(
        answer
            .header("retry-after")
            .parse::<u32>()
            .is_ok_and(|seconds| seconds > 0),
        "{what}: Retry-After is missing"
    );
}

fn critique(person: &Person, work: shared::ArtworkId) -> reqwest::RequestBuilder {
    person
        .request(
            reqwest::Method::POST,
            &format!("/api/artworks/{work}/critiques"),
        )
        .json(&json!({ "body": "Mind the edges." }))
}

/// An operation on the database file, given another database.
type FileOperation = fn(&PathBuf, &PathBuf);

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.to_owned().into_os_string();
    name.push(ending);
    name.into()
}

#[tokio::test]
async fn no_write_is_acknowledged_after_the_database_file_is_removed_or_replaced() {
    let operations: [(&str, FileOperation); 7] = [
        ("deleted", |file, _| {
            std::fs::remove_file(file).expect("gone");
        }),
        ("deleted with its log", |file, _| {
            for ending in ["", "-wal", "-shm"] {
                std::fs::remove_file(beside(file, ending)).expect("gone");
            }
        }),
        ("without its log", |file, _| {
            std::fs::remove_file(beside(file, "-wal")).expect("gone");
        }),
        ("renamed", |file, _| {
            std::fs::rename(file, beside(file, ".old")).expect("renamed");
        }),
        ("replaced by another", |file, other| {
            std::fs::rename(other, file).expect("replaced");
        }),
        ("overwritten by another", |file, other| {
            std::fs::copy(other, file).expect("overwritten");
        }),
        ("emptied", |file, _| {
            std::fs::write(file, b"").expect("emptied");
        }),
    ];
    for (what, operation) in operations {
        let site = Site::on_sqlite();
        let (ann, bo) = (site.join("ann").await, site.join("bo").await);
        let dusk = bo.publish("Dusk").await;
        let other = site.folder().join("other.sqlite");
        let copied = site.command(&["backup", "--out", other.to_str().expect("text")]);
        assert!(
            copied.status.success(),
            "{}",
            String::from_utf8_lossy(&copied.stderr)
        );
        ann.critique(dusk, "Before.").await;
        wait_for_database_state(&site, "up", NOTICED).await;

        operation(&site.database_file(), &other);
        if !what.ends_with("another") && what != "emptied" {
            // A missing file is detected before the very next response.
            assert_unavailable(what, &Answer::of(critique(&ann, dusk)).await);
        }
        wait_for_database_state(&site, "replaced", NOTICED).await;
        assert_unavailable(what, &Answer::of(critique(&ann, dusk)).await);
        assert_unavailable(
            what,
            &site
                .visitor()
                .post(
                    "/api/session",
                    json!({ "handle": "bo", "password": PASSWORD }),
                )
                .await,
        );
        let ready: Value = site.visitor().get("/readyz").await.json();
        assert_eq!(ready["warnings"][0]["of"], "database", "{what}: {ready}");
        let page = site
            .visitor()
            .request(reqwest::Method::GET, "/")
            .header("accept", "text/html")
            .send()
            .await
            .expect("an answer");
        assert_eq!(page.status(), 503, "{what}");
        assert!(
            page.text()
                .await
                .expect("text")
                .contains("saves nothing until it is repaired"),
            "{what}"
        );
        assert_eq!(site.visitor().get("/healthz").await.status, 200);
    }
}

#[tokio::test]
async fn a_restored_database_file_is_used_again() {
    let site = Site::on_sqlite();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let (file, away) = (site.database_file(), site.folder().join("away.sqlite"));
    std::fs::rename(&file, &away).expect("moved");
    wait_for_database_state(&site, "replaced", NOTICED).await;
    std::fs::rename(&away, &file).expect("moved back");
    wait_for_database_state(&site, "up", NOTICED).await;
    ann.critique(dusk, "After.").await;
}

/// Bo signed in from three browsers, one for each request that may end its browser's session.
async fn bo_in_three_browsers(site: &Site) -> [Person; 3] {
    [
        site.join("bo").await,
        site.sign_in("bo").await,
        site.sign_in("bo").await,
    ]
}

/// Sends seven kinds of write concurrently, each by a permitted user.
async fn send_writes(
    site: &Site,
    ann: &Person,
    bo: &[Person; 3],
    work: shared::ArtworkId,
) -> Vec<(&'static str, Answer)> {
    let (visitor, other) = (site.visitor(), site.visitor());
    let new = json!({ "handle": "cy", "display_name": "Cy", "email": "cy@example.org", "password": PASSWORD });
    let typed = [
        ("handle", "di"),
        ("display_name", "Di"),
        ("email", "di@example.org"),
        ("password", PASSWORD),
    ];
    let passwords = [
        ("current_password", PASSWORD),
        ("new_password", "a better battery"),
    ];
    let credentials = json!({ "handle": "bo", "password": PASSWORD });
    let answers = tokio::join!(
        Answer::of(critique(ann, work)),
        visitor.post("/api/accounts", new),
        visitor.post("/api/session", credentials),
        bo[1].delete("/api/session"),
        other.form("/register", "/actions/register", &typed),
        bo[0].form("/settings", "/actions/change_password", &passwords),
        bo[2].form("/", "/actions/sign_out", &[]),
    );
    vec![
        ("critique", answers.0),
        ("register", answers.1),
        ("sign in", answers.2),
        ("sign out", answers.3),
        ("register by a form", answers.4),
        ("change the password by a form", answers.5),
        ("sign out by a form", answers.6),
    ]
}

/// Another process holds the write lock for longer than any request waits.
#[tokio::test]
async fn writes_to_a_locked_database_fail_as_retryable_and_leave_no_partial_changes() {
    let site = Site::on_sqlite();
    let (ann, bo) = (site.join("ann").await, bo_in_three_browsers(&site).await);
    let dusk = bo[0].publish("Dusk").await;
    let holder = lone_connection(&site.database_url())
        .await
        .expect("connects");
    holder
        .execute_unprepared("BEGIN IMMEDIATE")
        .await
        .expect("held");
    let acts = send_writes(&site, &ann, &bo, dusk).await;
    wait_for_database_state(&site, "unwritable", Duration::from_secs(6)).await;
    holder.execute_unprepared("ROLLBACK").await.expect("let go");
    for (what, answer) in &acts {
        if what.ends_with("form") {
            assert_eq!(answer.status, 503, "{what}");
            assert!(
                answer.headers.contains_key("retry-after") && answer.text.contains("try again"),
                "{what}: {}",
                answer.text
            );
        } else {
            assert_unavailable(what, answer);
        }
        assert!(
            !answer.headers.contains_key("set-cookie"),
            "{what} sets no cookie"
        );
    }
    wait_for_database_state(&site, "up", Duration::from_secs(6)).await;
    for browser in &bo {
        assert_eq!(
            browser.get("/api/session").await.status,
            200,
            "every session is still valid"
        );
    }
    assert_eq!(
        site.sign_in("bo").await.get("/api/session").await.status,
        200,
        "the old password is still valid"
    );
    // Both handles are still free.
    site.join("cy").await;
    site.join("di").await;
}

/// A full disk, simulated by the system's limit on file size.
#[tokio::test]
async fn writes_to_a_full_disk_fail_as_retryable_and_leave_no_partial_account() {
    let mut site = Site::on_sqlite();
    let (ann, bo) = (site.join("ann").await, bo_in_three_browsers(&site).await);
    let dusk = bo[0].publish("Dusk").await;
    site.kill();
    site.start_limited(800);
    let (mut full, mut made) = (0, Vec::new());
    for n in 0..400 {
        let handle = format!("p{n}");
        let body = json!({ "handle": handle, "display_name": "P", "email": format!("{handle}@example.org"), "password": PASSWORD });
        let person = Person::new(&handle, site.address);
        let answer = person.post("/api/accounts", body).await;
        if answer.status == 201 {
            assert_eq!(
                person.get("/api/session").await.status,
                200,
                "{handle} is signed in"
            );
            made.push(handle);
        } else {
            assert_unavailable("register", &answer);
            full += 1;
            if full == 3 {
                break;
            }
        }
        // A large critique, to fill the disk.
        let words = "Fill the disk. ".repeat(600);
        Answer::of(
            ann.request(
                reqwest::Method::POST,
                &format!("/api/artworks/{dusk}/critiques"),
            )
            .json(&json!({ "body": words })),
        )
        .await;
    }
    assert_eq!(
        full,
        3,
        "the disk is not full after {} accounts",
        made.len()
    );
    wait_for_database_state(&site, "unwritable", Duration::from_secs(6)).await;
    for (what, answer) in send_writes(&site, &ann, &bo, dusk).await {
        assert!(
            answer.status == 503,
            "{what}: {} {}",
            answer.status,
            answer.text
        );
    }
    site.kill();
    site.start();
    let count =
        "SELECT 1 / (count(*) = 0) FROM account WHERE id NOT IN (SELECT account_id FROM session)";
    assert!(execute(&site.database_url(), count).await.is_ok());
    let handles = made.len() + 2;
    let gallery = site.visitor();
    for handle in &made {
        assert_eq!(gallery.get(&format!("/@{handle}")).await.status, 200);
    }
    println!("{handles} accounts, each whole");
}
