//! The record of the migrations that were applied to a database, in two tables.
//!
//! Releases up to 0.1.0 know only `seaql_migrations`. The first migrations are recorded there too,
//! or such a release would apply them again; later ones are not, or it would refuse to start.
//! `schema_migration` records all migrations, with the data by which an older program decides
//! whether it can run.

use std::time::{SystemTime, UNIX_EPOCH};

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, string},
    sea_orm::{ConnectionTrait, DbErr},
};

use crate::rule::Applied;

const TABLE: &str = "schema_migration";
const LEGACY_TABLE: &str = "seaql_migrations";
/// The last migration that is recorded in `seaql_migrations` too.
const LAST_IN_LEGACY_TABLE: &str = "m20261123_000006_work_attempts";

/// The migrations that were applied to the database, oldest first. Read-only.
pub async fn read(manager: &SchemaManager<'_>) -> Result<Vec<Applied>, DbErr> {
    let db = manager.get_connection();
    let mut applied = Vec::new();
    if manager.has_table(TABLE).await? {
        let columns = ["name", "program", "compatible_since"];
        for row in db
            .query_all(&Query::select().columns(columns).from(TABLE).to_owned())
            .await?
        {
            applied.push(Applied {
                name: row.try_get("", "name")?,
                program: Some(row.try_get("", "program")?),
                compatible_since: Some(row.try_get("", "compatible_since")?),
            });
        }
    }
    if manager.has_table(LEGACY_TABLE).await? {
        for row in db
            .query_all(
                &Query::select()
                    .column("version")
                    .from(LEGACY_TABLE)
                    .to_owned(),
            )
            .await?
        {
            let name: String = row.try_get("", "version")?;
            if !applied.iter().any(|migration| migration.name == name) {
                applied.push(Applied {
                    name,
                    program: None,
                    compatible_since: None,
                });
            }
        }
    }
    applied.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(applied)
}

/// Creates the tables if they are missing.
pub async fn install(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let first = Table::create()
        .if_not_exists()
        .table(LEGACY_TABLE)
        .col(string("version").primary_key())
        .col(big_integer("applied_at"))
        .to_owned();
    manager.create_table(first).await?;
    let table = Table::create()
        .if_not_exists()
        .table(TABLE)
        .col(string("name").primary_key())
        .col(string("program"))
        .col(string("compatible_since"))
        .col(big_integer("applied_at"))
        .to_owned();
    manager.create_table(table).await
}

/// Records that a migration was applied.
pub async fn add(
    manager: &SchemaManager<'_>,
    name: &str,
    program: &str,
    compatible_since: &str,
) -> Result<(), DbErr> {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let millis = <i64 as TryFrom<u128>>::try_from(since_1970.as_millis()).unwrap_or(i64::MAX);
    let row = Query::insert()
        .into_table(TABLE)
        .columns(["name", "program", "compatible_since", "applied_at"])
        .values_panic([
            name.into(),
            program.into(),
            compatible_since.into(),
            millis.into(),
        ])
        .to_owned();
    manager.execute(row).await?;
    if name <= LAST_IN_LEGACY_TABLE {
        // `seaql_migrations` has seconds, as sea-orm-migration writes it.
        let values = [name.into(), (millis / 1_000).into()];
        let row = Query::insert()
            .into_table(LEGACY_TABLE)
            .columns(["version", "applied_at"])
            .values_panic(values)
            .to_owned();
        manager.execute(row).await?;
    }
    Ok(())
}

/// Deletes the record of a migration that was reverted.
pub async fn remove(manager: &SchemaManager<'_>, name: &str) -> Result<(), DbErr> {
    for (table, column) in [(TABLE, "name"), (LEGACY_TABLE, "version")] {
        manager
            .execute(
                Query::delete()
                    .from_table(table)
                    .and_where(Expr::col(column).eq(name))
                    .to_owned(),
            )
            .await?;
    }
    Ok(())
}
