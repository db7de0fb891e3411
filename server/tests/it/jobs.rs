//! Background jobs: `kill -9` loses none, and the operator sees and mends those that fail.

use std::time::{Duration, Instant};

use domain::clock::now;
use sea_orm::{ConnectionTrait, Database as Pool, DatabaseConnection, Statement};
use shared::ArtworkId;
use testing::free_port;
use tokio::time::sleep;

use crate::site::Site;

/// More followers than one transaction notifies.
const FOLLOWERS: i64 = 2_600;

async fn database(site: &Site) -> DatabaseConnection {
    Pool::connect(site.database_url()).await.expect("connects")
}

async fn run(db: &DatabaseConnection, statement: &str) {
    db.execute_unprepared(statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn number(db: &DatabaseConnection, query: &str) -> i64 {
    let row = db
        .query_one_raw(Statement::from_string(db.get_database_backend(), query))
        .await
        .unwrap_or_else(|error| panic!("{query}: {error}"));
    row.expect("a row").try_get_by_index(0).expect("a number")
}

/// Gives an artist followers, which registering one by one would take minutes to do.
async fn add_followers(db: &DatabaseConnection, artist: &str) {
    let (first, now) = (1_000_000, now());
    let values = |row: &dyn Fn(i64) -> String| {
        let rows: Vec<String> = (first..first + FOLLOWERS).map(row).collect();
        rows.join(",")
    };
    let artist = number(
        db,
        &format!("SELECT id FROM account WHERE handle = '{artist}'"),
    )
    .await;
    let accounts = values(&|id| {
        format!("({id},'f{id}','f{id}','f{id}','F','f{id}@x','f{id}@x','','member',{now})")
    });
    let inboxes = values(&|id| format!("({id},0,0,0,0)"));
    let follows = values(&|id| format!("({artist},{id},{now})"));
    for statement in [
        format!(
            "INSERT INTO account (id,handle,handle_key,handle_skeleton,display_name,email,email_key,password_hash,role,created_at) VALUES {accounts}"
        ),
        format!("INSERT INTO recipient (account_id,seq,unseen,unread,pruned_seq) VALUES {inboxes}"),
        format!("INSERT INTO follow (artist_id,follower_id,created_at) VALUES {follows}"),
        format!("UPDATE account SET follower_count = {FOLLOWERS} WHERE id = {artist}"),
    ] {
        run(db, &statement).await;
    }
}

/// Waits until every follower is notified of the work; fails if one is notified twice.
async fn until_all_are_told(db: &DatabaseConnection, work: ArtworkId) {
    let begun = Instant::now();
    let told = format!("SELECT COUNT(*) FROM notification WHERE artwork_id = {work}");
    while number(db, &told).await < FOLLOWERS {
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "some are not told"
        );
        sleep(Duration::from_millis(50)).await;
    }
    let recipients =
        format!("SELECT COUNT(DISTINCT recipient_id) FROM notification WHERE artwork_id = {work}");
    assert_eq!(number(db, &told).await, FOLLOWERS);
    assert_eq!(number(db, &recipients).await, FOLLOWERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_goes_on_with_its_jobs_and_repeats_no_effect() {
    let mut site = Site::with(&[("ARTCRITIQUE_LOG", "error")]);
    let bo = site.join("bo").await;
    let db = database(&site).await;
    add_followers(&db, "bo").await;
    for kill_at in [1, FOLLOWERS / 2] {
        let work = bo.publish("Dusk").await;
        let told = format!("SELECT COUNT(*) FROM notification WHERE artwork_id = {work}");
        // Killed in the middle of the job; its transaction in progress is lost.
        let begun = Instant::now();
        while number(&db, &told).await < kill_at {
            assert!(
                begun.elapsed() < Duration::from_mins(1),
                "it does not begin"
            );
            sleep(Duration::from_millis(1)).await;
        }
        site.crash();
        until_all_are_told(&db, work).await;
    }
    let begun = Instant::now();
    let open = "SELECT COUNT(*) FROM job WHERE done_at IS NULL AND run_at <= ";
    while number(&db, &format!("{open}{}", now())).await > 0 {
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "a job does not end"
        );
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        number(&db, "SELECT COUNT(*) FROM job WHERE dead_at IS NOT NULL").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_lists_retries_and_drops_dead_letters() {
    let at = format!("127.0.0.1:{}", free_port());
    let site = Site::with(&[
        ("ARTCRITIQUE_METRICS_ADDR", &at),
        ("ARTCRITIQUE_LOG", "off"),
    ]);
    let db = database(&site).await;
    let said = |words: &[&str]| {
        let output = site.command(words);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout) + &text(&output.stderr),
        )
    };
    // A payload that no handler can decode, on its last try.
    for id in [9_001, 9_002] {
        run(
            &db,
            &format!(
                "INSERT INTO job (id, kind, payload, created_at, run_at, tries) VALUES ({id}, 'retention', '{{', 1, 1, 11)"
            ),
        )
        .await;
    }
    let begun = Instant::now();
    while number(&db, "SELECT COUNT(*) FROM job WHERE dead_at IS NOT NULL").await < 2 {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "they are not given up"
        );
        sleep(Duration::from_millis(50)).await;
    }
    let (_, list) = said(&["jobs", "list", "--dead", "--limit", "1"]);
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 3, "{list}");
    assert!(
        lines[1].contains("9001") && lines[1].contains("can't be decoded"),
        "{list}"
    );
    assert_eq!(lines[2], "There are more: --after 9001");
    let (_, list) = said(&["jobs", "list", "--dead", "--after", "9001"]);
    assert!(list.contains("9002") && !list.contains("9001"), "{list}");
    let (_, all) = said(&["jobs", "list"]);
    assert!(
        all.lines()
            .any(|line| line.contains("clean_up") && line.contains("waiting")),
        "the next scheduled run is in the queue: {all}"
    );
    let (well, report) = said(&["doctor"]);
    assert!(
        !well && report.contains("WRONG  jobs: some have failed for good: 2 retention"),
        "{report}"
    );

    let (retried, words) = said(&["jobs", "retry", "9001", "77"]);
    assert!(
        !retried && words.contains("9001 retried.") && words.contains(": 77"),
        "{words}"
    );
    let begun = Instant::now();
    // The running server has tried it at once, though its next poll may be seconds away.
    while number(&db, "SELECT tries FROM job WHERE id = 9001").await == 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(30),
            "it is not tried again"
        );
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(
        said(&["jobs", "drop", "9001"]),
        (true, "9001 dropped.\n".into())
    );
    assert!(
        !said(&["jobs", "drop", "--kind", "retention"]).0,
        "--dead confirms it"
    );
    let (_, words) = said(&["jobs", "drop", "--kind", "retention", "--dead"]);
    assert_eq!(words, "1 dropped.\n");
    let (_, report) = said(&["doctor"]);
    // The next run, and perhaps the one that was missed before the server started.
    assert!(
        ["1 clean_up", "2 clean_up"]
            .iter()
            .any(|jobs| report.contains(&format!("ok     jobs: in the queue: {jobs}"))),
        "{report}"
    );

    let begun = Instant::now();
    loop {
        let figures = reqwest::get(format!("http://{at}/metrics"))
            .await
            .expect("an answer")
            .text()
            .await
            .expect("text");
        if figures.contains(r#"artcritique_jobs{kind="retention",state="dead"} 0"#)
            && figures.contains(r#"artcritique_job_runs_total{kind="retention",outcome="dead"} 2"#)
            && figures.contains(r#"artcritique_jobs_lag_seconds{kind="clean_up"} 0"#)
        {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(40), "{figures}");
        sleep(Duration::from_millis(500)).await;
    }
}
