//! Starting and upgrading is all or nothing: the next start repairs the result of any kill, and any
//! number of processes may start at once.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use domain::store::lone_connection;
use migration::Schema;
use rand::{Rng, SeedableRng, rngs::StdRng};
use testing::{Database, execute};

use crate::site::{BINARY, Site};

/// The program on this database and data folder.
fn program(database: &Database, data: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("ARTCRITIQUE_LOG", "warn");
    command
        .env("DATABASE_URL", database.url())
        .env("ARTCRITIQUE_DATA_DIR", data)
        .env("ARTCRITIQUE_ADDR", "127.0.0.1:0");
    command.env("ARTCRITIQUE_SITE_DIR", data);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn well(mut command: Command, words: &[&str]) -> String {
    let output = command.args(words).output().expect("runs");
    assert!(
        output.status.success(),
        "{words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

async fn upgrade_to(database: &Database, migrations: usize) {
    let connection = lone_connection(database.url()).await.expect("connects");
    Schema::current()
        .of_the_first(migrations)
        .upgrade(&connection)
        .await
        .expect("migrates");
    connection.close().await.expect("closes");
}

async fn pending(database: &Database) -> usize {
    let connection = lone_connection(database.url()).await.expect("connects");
    let status = Schema::current()
        .status(&connection)
        .await
        .expect("can run");
    connection.close().await.expect("closes");
    status.pending.len()
}

/// Kills `migrate` at random instants, on new databases and on some with data.
/// `script/crash-trials` sets the number of trials.
#[tokio::test(flavor = "multi_thread")]
async fn a_migrate_killed_at_any_instant_is_completed_by_the_next() {
    let trials: usize = std::env::var("ARTCRITIQUE_CRASH_TRIALS")
        .ok()
        .and_then(|trials| trials.parse().ok())
        .unwrap_or(24);
    let mut dice = StdRng::seed_from_u64(17);
    let mut unfinished = 0;
    for trial in 0..trials {
        let (database, data) = (Database::new(), tempfile::tempdir().expect("a folder"));
        let from = if trial % 3 == 0 {
            dice.random_range(1..Schema::current().names().len())
        } else {
            0
        };
        if from > 0 {
            upgrade_to(&database, from).await;
            let account = "INSERT INTO account (handle, handle_key, handle_skeleton, display_name, email, email_key, password_hash, role, created_at) \
                VALUES ('ann', 'ann', 'ann', 'Ann', 'a@example.org', 'a@example.org', 'x', 'member', 1)";
            execute(database.url(), account).await.expect("an account");
        }
        // Several times, since the repairing start may be killed too.
        for _ in 0..3 {
            let mut migrating = program(&database, data.path())
                .arg("migrate")
                .spawn()
                .expect("starts");
            std::thread::sleep(Duration::from_micros(dice.random_range(0..80_000)));
            migrating.kill().expect("killed");
            migrating.wait().expect("gone");
        }
        unfinished += usize::from(pending(&database).await > 0);
        well(program(&database, data.path()), &["migrate"]);
        assert_eq!(pending(&database).await, 0);
        let found = String::from_utf8(
            program(&database, data.path())
                .arg("doctor")
                .output()
                .expect("runs")
                .stdout,
        )
        .expect("text");
        assert!(
            found.contains("ok     database: reachable and up to date"),
            "{found}"
        );
        if from > 0 {
            execute(
                database.url(),
                "UPDATE account SET role = 'moderator' WHERE handle = 'ann'",
            )
            .await
            .expect("the account survives");
        }
    }
    println!("{trials} databases, {unfinished} of them found unfinished, all started");
}

/// A starting server.
struct Started(Child);

impl Started {
    fn begin(database: &Database, data: &Path) -> Self {
        Self(program(database, data).spawn().expect("starts"))
    }

    /// Its first line of output, or its error output if it failed to start.
    fn said(&mut self) -> Result<String, String> {
        let mut line = String::new();
        BufReader::new(self.0.stdout.take().expect("its output"))
            .read_line(&mut line)
            .expect("reads");
        if line.starts_with("ArtCritique is at http") {
            return Ok(line);
        }
        let mut wrong = String::new();
        std::io::Read::read_to_string(&mut self.0.stderr.take().expect("its errors"), &mut wrong)
            .expect("reads");
        Err(wrong)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn servers_starting_together_on_a_new_database_all_serve_or_state_the_reason() {
    for _ in 0..3 {
        let database = Database::new();
        let folders: Vec<_> = (0..4)
            .map(|_| tempfile::tempdir().expect("a folder"))
            .collect();
        let mut started: Vec<Started> = folders
            .iter()
            .map(|folder| Started::begin(&database, folder.path()))
            .collect();
        let said: Vec<_> = started.iter_mut().map(Started::said).collect();
        let refused: Vec<_> = said.iter().filter_map(|said| said.as_ref().err()).collect();
        if database.is_postgres() {
            assert!(refused.is_empty(), "{refused:?}");
            continue;
        }
        // SQLite with the memory bus allows one process only.
        assert_eq!(refused.len(), 3, "{said:?}");
        assert!(
            refused
                .iter()
                .all(|why| why.starts_with("Error: another server (process ")),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn concurrent_migrate_runs_all_succeed() {
    for _ in 0..3 {
        let (database, data) = (Database::new(), tempfile::tempdir().expect("a folder"));
        let migrating: Vec<Child> = (0..4)
            .map(|_| {
                program(&database, data.path())
                    .arg("migrate")
                    .spawn()
                    .expect("starts")
            })
            .collect();
        for child in migrating {
            let output = child.wait_with_output().expect("ends");
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        assert_eq!(pending(&database).await, 0);
    }
}

#[tokio::test]
async fn a_killed_server_releases_its_single_process_lock_at_once() {
    let mut site = Site::on_sqlite();
    let began = Instant::now();
    site.crash();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "the restart must not wait for a stale lock"
    );
    let second = site
        .binary()
        .env("ARTCRITIQUE_ADDR", "127.0.0.1:0")
        .output()
        .expect("runs");
    assert!(!second.status.success());
    let why = String::from_utf8_lossy(&second.stderr);
    assert!(
        why.contains("another server (process ") && why.contains("is for one process"),
        "{why}"
    );
    assert_eq!(
        site.visitor().get("/readyz").await.status,
        200,
        "the first server keeps running"
    );
}

#[tokio::test]
async fn an_older_release_names_the_newer_release_that_migrated_the_database() {
    let (database, data) = (Database::new(), tempfile::tempdir().expect("a folder"));
    well(program(&database, data.path()), &["migrate"]);
    let later = |since: &str| {
        format!(
            "INSERT INTO schema_migration (name, program, compatible_since, applied_at) VALUES ('m20991231_{since}', '9.8.7', '{since}', 1)"
        )
    };
    // An additive newer schema is compatible, but reported.
    execute(database.url(), &later("m20261123_000001_accounts"))
        .await
        .expect("recorded");
    well(program(&database, data.path()), &["migrate"]);
    let doctor = || {
        String::from_utf8(
            program(&database, data.path())
                .arg("doctor")
                .output()
                .expect("runs")
                .stdout,
        )
        .expect("text")
    };
    let said = doctor();
    assert!(
        said.contains(
            "ok     database: reachable and up to date; ArtCritique 9.8.7 has migrated it further"
        ),
        "{said}"
    );

    execute(database.url(), &later("m20991231_000099_later"))
        .await
        .expect("recorded");
    for words in [
        &["serve"][..],
        &["migrate"],
        &["user", "role", "ann", "member"],
    ] {
        let refused = program(&database, data.path())
            .args(words)
            .output()
            .expect("runs");
        let why = String::from_utf8_lossy(&refused.stderr);
        assert!(
            !refused.status.success() && why.contains("the database is newer than this program"),
            "{words:?}: {why}"
        );
        assert!(why.contains("ArtCritique 9.8.7"), "{why}");
    }
    let said = doctor();
    assert!(
        said.contains(
            "WRONG  database: the database is newer than this program: ArtCritique 9.8.7"
        ),
        "{said}"
    );
    assert!(!said.contains("Check DATABASE_URL"), "{said}");
}
