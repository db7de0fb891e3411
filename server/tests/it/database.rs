//! Done is done: nothing is acknowledged that the site's database does not keep, and every fault of
//! it is said in a way that can be read.

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

/// Waits until readiness says this of the database.
async fn becomes(site: &Site, database: &str, within: Duration) {
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

/// Checks that an act was refused as what passes: a problem, with a time to come back.
#[track_caller]
fn passes(what: &str, answer: &Answer) {
    assert_eq!(answer.status, 503, "{what}: {}", answer.text);
    answer.problem(503);
    assert!(
        answer
            .header("retry-after")
            .parse::<u32>()
            .is_ok_and(|seconds| seconds > 0),
        "{what} says when"
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

/// What is done to the database's file, given another database.
type Deed = fn(&PathBuf, &PathBuf);

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.to_owned().into_os_string();
    name.push(ending);
    name.into()
}

#[tokio::test]
async fn nothing_is_acknowledged_into_a_database_that_was_taken_away() {
    let deeds: [(&str, Deed); 7] = [
        ("deleted", |file, _| {
            std::fs::remove_file(file).expect("gone")
        }),
        ("deleted with its log", |file, _| {
            for ending in ["", "-wal", "-shm"] {
                std::fs::remove_file(beside(file, ending)).expect("gone");
            }
        }),
        ("without its log", |file, _| {
            std::fs::remove_file(beside(file, "-wal")).expect("gone")
        }),
        ("renamed", |file, _| {
            std::fs::rename(file, beside(file, ".old")).expect("renamed")
        }),
        ("replaced by another", |file, other| {
            std::fs::rename(other, file).expect("replaced")
        }),
        ("overwritten by another", |file, other| {
            std::fs::copy(other, file).expect("overwritten");
        }),
        ("emptied", |file, _| {
            std::fs::write(file, b"").expect("emptied")
        }),
    ];
    for (what, deed) in deeds {
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
        becomes(&site, "up", NOTICED).await;

        deed(&site.database_file(), &other);
        if !what.ends_with("another") && what != "emptied" {
            // What is gone is found out before the very next answer.
            passes(what, &Answer::of(critique(&ann, dusk)).await);
        }
        becomes(&site, "replaced", NOTICED).await;
        passes(what, &Answer::of(critique(&ann, dusk)).await);
        passes(
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
                .contains("saves nothing until it is mended"),
            "{what}"
        );
        assert_eq!(site.visitor().get("/healthz").await.status, 200);
    }
}

#[tokio::test]
async fn a_database_that_is_put_back_goes_on() {
    let site = Site::on_sqlite();
    let (ann, bo) = (site.join("ann").await, site.join("bo").await);
    let dusk = bo.publish("Dusk").await;
    let (file, away) = (site.database_file(), site.folder().join("away.sqlite"));
    std::fs::rename(&file, &away).expect("moved");
    becomes(&site, "replaced", NOTICED).await;
    std::fs::rename(&away, &file).expect("moved back");
    becomes(&site, "up", NOTICED).await;
    ann.critique(dusk, "After.").await;
}

/// Every act that writes, each by somebody who may, all at once. Bo, in a browser for each act that
/// may end the browser's session.
async fn bo_in_three_browsers(site: &Site) -> [Person; 3] {
    [
        site.join("bo").await,
        site.sign_in("bo").await,
        site.sign_in("bo").await,
    ]
}

async fn acts(
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

/// Somebody else holds the database for longer than anybody waits.
#[tokio::test]
async fn a_held_database_is_a_fault_that_passes_for_every_act_and_half_of_none_is_done() {
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
    let acts = acts(&site, &ann, &bo, dusk).await;
    becomes(&site, "unwritable", Duration::from_secs(6)).await;
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
            passes(what, answer);
        }
        assert!(
            !answer.headers.contains_key("set-cookie"),
            "{what} leaves the cookie as it is"
        );
    }
    becomes(&site, "up", Duration::from_secs(6)).await;
    for browser in &bo {
        assert_eq!(
            browser.get("/api/session").await.status,
            200,
            "nobody was signed out"
        );
    }
    assert_eq!(
        site.sign_in("bo").await.get("/api/session").await.status,
        200,
        "the password is the old one"
    );
    // Nobody has taken the names.
    site.join("cy").await;
    site.join("di").await;
}

/// A disk with no room left, as the system's limit on the size of a file.
#[tokio::test]
async fn with_a_full_disk_every_fault_says_so_and_no_account_is_half_made() {
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
            passes("register", &answer);
            full += 1;
            if full == 3 {
                break;
            }
        }
        // What fills it.
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
    becomes(&site, "unwritable", Duration::from_secs(6)).await;
    for (what, answer) in acts(&site, &ann, &bo, dusk).await {
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
