//! Migrations: they run up and down, each is applied atomically, and a release knows which
//! databases it can run on.

use async_trait::async_trait;
use domain::store::{Identity, lone_connection};
use migration::{Fault, Schema};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr, Statement};
use sea_orm_migration::{MigrationName, MigrationTrait, SchemaManager};
use testing::Database;
use tokio::task::JoinSet;

/// The migrations of releases that did not yet apply each in one transaction together with its
/// record.
const BEFORE: usize = 6;
const ACCOUNT: &str = "INSERT INTO account \
    (id, handle, handle_key, handle_skeleton, display_name, email, email_key, password_hash, role, created_at) \
    VALUES (7, 'ann', 'ann', 'ann', 'Ann', 'a@example.org', 'a@example.org', 'x', 'member', 1)";

async fn connect(database: &Database) -> DatabaseConnection {
    lone_connection(database.url()).await.expect("connects")
}

async fn upgrade(schema: &Schema, db: &DatabaseConnection) {
    schema.upgrade(db).await.expect("comes up to date");
    assert_eq!(
        schema.status(db).await.expect("can run").pending,
        Vec::<String>::new()
    );
}

async fn run(db: &DatabaseConnection, statement: &str) {
    db.execute_unprepared(statement)
        .await
        .unwrap_or_else(|error| panic!("{statement}: {error}"));
}

async fn texts(db: &DatabaseConnection, query: &str) -> Vec<String> {
    let rows = db
        .query_all_raw(Statement::from_string(db.get_database_backend(), query))
        .await
        .expect("rows");
    rows.iter()
        .map(|row| row.try_get_by_index(0).expect("text"))
        .collect()
}

/// Tables and indexes of a SQLite database, with their columns.
async fn shape(db: &DatabaseConnection) -> Vec<String> {
    let columns = "SELECT m.type || ' ' || m.name || ': ' || coalesce(
            (SELECT group_concat(name || ' ' || type || ' ' || \"notnull\" || ' ' || coalesce(dflt_value, '')) FROM pragma_table_info(m.name)),
            (SELECT group_concat(name) FROM pragma_index_info(m.name)))
        FROM sqlite_master m WHERE m.name NOT LIKE 'sqlite_%' ORDER BY m.name";
    texts(db, columns).await
}

#[tokio::test]
async fn migrations_go_up_and_down_and_up_again() {
    let database = Database::new();
    let (db, schema) = (connect(&database).await, Schema::current());
    upgrade(&schema, &db).await;
    let first = Identity::read(&db).await.expect("an identity");
    assert!(schema.upgrade(&db).await.expect("nothing to do").is_empty());
    assert_eq!(
        Identity::read(&db).await.expect("an identity"),
        first,
        "the identity is created once"
    );
    schema.undo(&db).await.expect("down");
    assert_eq!(
        schema.status(&db).await.expect("can run").pending.len(),
        schema.names().len()
    );
    upgrade(&schema, &db).await;
    assert_ne!(
        Identity::read(&db).await.expect("an identity").site,
        first.site,
        "each new database gets its own site id"
    );
}

/// The statements with which a migration changes a SQLite database.
async fn statements_of(migration: usize) -> Vec<String> {
    let database = Database::sqlite();
    let db = connect(&database).await;
    let created = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    upgrade(&Schema::current().of_the_first(migration), &db).await;
    let before = texts(&db, "SELECT name FROM sqlite_master").await;
    upgrade(&Schema::current().of_the_first(migration + 1), &db).await;
    let known: Vec<String> = before.iter().map(|name| format!("'{name}'")).collect();
    let ours = format!(
        "AND name NOT IN ('schema_migration', 'seaql_migrations', {}'')",
        known
            .iter()
            .map(|name| format!("{name}, "))
            .collect::<String>()
    );
    let mut statements = texts(&db, &created.replace("ORDER", &format!("{ours} ORDER"))).await;
    let alter = |table: &str, column: &str| format!("ALTER TABLE {table} ADD COLUMN {column}");
    match migration {
        3 => statements.extend([
            alter("account", "follower_count INTEGER NOT NULL DEFAULT 0"),
            alter("recipient", "broadcast_seen INTEGER NOT NULL DEFAULT 0"),
        ]),
        4 => {
            statements.insert(0, alter("critique", "attempt varchar"));
            statements.push("DROP INDEX critique_author".into());
        }
        5 => statements.insert(0, alter("artwork", "attempt varchar")),
        _ => {}
    }
    statements
}

/// A release that applied each statement on its own may have been killed after any of them. Each
/// such database is brought up to date, and its data survive.
#[tokio::test]
async fn a_half_migrated_database_of_an_older_release_is_completed() {
    let fresh = Database::sqlite();
    let fresh = connect(&fresh).await;
    upgrade(&Schema::current(), &fresh).await;
    let whole = shape(&fresh).await;
    let mut tried = 0;
    for migration in 0..BEFORE {
        let statements = statements_of(migration).await;
        for done in 0..=statements.len() {
            let database = Database::sqlite();
            let db = connect(&database).await;
            upgrade(&Schema::current().of_the_first(migration), &db).await;
            // The older release kept no such table.
            run(&db, "DROP TABLE IF EXISTS schema_migration").await;
            if migration > 0 {
                run(&db, ACCOUNT).await;
            }
            for statement in &statements[..done] {
                run(&db, statement).await;
            }
            upgrade(&Schema::current(), &db).await;
            assert_eq!(
                shape(&db).await,
                whole,
                "migration {migration}, killed after {done} statements"
            );
            let people = texts(&db, "SELECT handle FROM account").await;
            assert_eq!(people.len(), usize::from(migration > 0));
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_starting_together_on_a_new_database_all_come_up() {
    let database = Database::new();
    let mut starting = JoinSet::new();
    for _ in 0..8 {
        let url = database.url().to_owned();
        starting.spawn(async move {
            let db = lone_connection(&url).await.expect("connects");
            let applied = Schema::current()
                .upgrade(&db)
                .await
                .expect("comes up to date");
            (
                applied.len(),
                Identity::read(&db).await.expect("an identity"),
            )
        });
    }
    let started = starting.join_all().await;
    let applied: usize = started.iter().map(|(applied, _)| applied).sum();
    assert_eq!(
        applied,
        Schema::current().names().len(),
        "each migration once"
    );
    assert!(
        started
            .iter()
            .all(|(_, identity)| *identity == started[0].1),
        "all nodes have the same site id"
    );
}

/// A migration of a later release.
struct Later {
    fails: bool,
}

impl MigrationName for Later {
    fn name(&self) -> &'static str {
        "m20991231_000099_later"
    }
}

#[async_trait]
impl MigrationTrait for Later {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("CREATE TABLE later (id bigint)")
            .await?;
        if self.fails {
            Err(DbErr::Custom("no more".into()))
        } else {
            Ok(())
        }
    }
}

fn later(fails: bool, since: Option<&'static str>) -> Schema {
    Schema::current().and(Box::new(Later { fails }), since, "9.8.7")
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_behind() {
    let database = Database::new();
    let db = connect(&database).await;
    upgrade(&Schema::current(), &db).await;
    later(true, None).upgrade(&db).await.expect_err("it fails");
    assert!(
        db.execute_unprepared("SELECT 1 FROM later").await.is_err(),
        "its table is not there"
    );
    upgrade(&later(false, None), &db).await;
}

#[tokio::test]
async fn an_older_release_runs_on_a_schema_with_additions_only() {
    let database = Database::new();
    let db = connect(&database).await;
    upgrade(&later(false, None), &db).await;
    let status = Schema::current().status(&db).await.expect("can run");
    assert_eq!(status.newer.as_deref(), Some("9.8.7"));
    assert!(
        Schema::current()
            .upgrade(&db)
            .await
            .expect("nothing to do")
            .is_empty()
    );
}

#[tokio::test]
async fn an_older_release_refuses_an_incompatible_schema_and_names_a_release_that_can_run() {
    let database = Database::new();
    let db = connect(&database).await;
    upgrade(&later(false, Some("m20991231_000099_later")), &db).await;
    let refused = Schema::current().upgrade(&db).await.expect_err("refused");
    assert!(matches!(refused, Fault::TooNew { .. }));
    for words in ["newer than this program", "9.8.7"] {
        assert!(refused.to_string().contains(words), "{refused}");
    }
    // A newer release that recorded its migrations in the older table.
    run(&db, "DELETE FROM schema_migration WHERE name LIKE 'm2099%'").await;
    run(
        &db,
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000099_later', 1)",
    )
    .await;
    let refused = Schema::current()
        .status(&db)
        .await
        .expect_err("refused")
        .to_string();
    assert!(refused.contains("newer than this program"), "{refused}");
}

/// The previous release keeps reading and writing while each migration is applied, so migrations
/// keep everything it knows.
#[tokio::test]
async fn every_migration_only_adds() {
    let database = Database::sqlite();
    let db = connect(&database).await;
    let columns = "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" FROM sqlite_master m, pragma_table_info(m.name) c \
        WHERE m.type = 'table'";
    let demanding = "SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c \
        WHERE m.type = 'table' AND c.\"notnull\" = 1 AND c.dflt_value IS NULL AND c.pk = 0";
    let (mut had, mut demanded) = (Vec::<String>::new(), Vec::<String>::new());
    for count in 1..=Schema::current().names().len() {
        let schema = Schema::current().of_the_first(count);
        upgrade(&schema, &db).await;
        let (has, demands) = (texts(&db, columns).await, texts(&db, demanding).await);
        let name = schema.names()[count - 1].to_owned();
        for column in &had {
            assert!(
                has.contains(column),
                "{name} removes {column}: if no supported release needs it, list it in FLOORS"
            );
        }
        let table = |column: &str| column.split('.').next().map(str::to_owned);
        let old: Vec<_> = had.iter().map(|column| table(column)).collect();
        for column in demands.iter().filter(|column| !demanded.contains(column)) {
            assert!(
                !old.contains(&table(column)),
                "{name} requires {column}, which the previous release does not write"
            );
        }
        (had, demanded) = (has, demands);
    }
}
