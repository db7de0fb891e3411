//! The migrations of the database schema, written by hand for SQLite and PostgreSQL.
//! [`Schema::upgrade`] brings a database up to date.
//!
//! Keys are `bigint`. Times are `bigint` too, milliseconds since 1970 in UTC, so that both
//! databases compare and index them alike.
//!
//! # Adding a migration
//! Add a file named like the others, its `mod`, and an entry at the end of [`migrations`]. A
//! migration runs in one transaction with the record that it was applied, so it need not be
//! idempotent. It may only add: tables, nullable columns or columns with a default, and indexes
//! that no older program's writes can violate, because nodes of the previous release keep running
//! on the new schema. A migration that removes something the previous release no longer uses is
//! listed in [`FLOORS`] too. A migration that changes many rows is listed in [`backfills`] as well.

mod backfill;
mod ledger;
mod rule;
mod schema;
mod upgrade;

mod m20261123_000001_accounts;
mod m20261123_000002_artworks;
mod m20261123_000003_notifications;
mod m20261123_000004_follows;
mod m20261123_000005_attempts;
mod m20261123_000006_work_attempts;
mod m20261126_000007_site;
mod m20261126_000008_rendered;
mod m20261126_000009_pictures;
mod m20261126_000010_versions;
mod m20261126_000011_jobs;
mod m20261126_000012_events;
mod m20261126_000012_events_of_notifications;
mod m20261126_000013_tokens;
mod m20261126_000014_account_tokens;
mod m20261126_000015_language;

pub use rule::{Applied, SchemaStatus};
pub use schema::Schema;
use sea_orm_migration::MigrationTrait;
pub use upgrade::Fault;

impl Schema {
    /// The schema of this program.
    pub fn current() -> Self {
        Self::new(migrations(), backfills(), FLOORS)
    }
}

/// All migrations, oldest first.
fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m20261123_000001_accounts::Migration),
        Box::new(m20261123_000002_artworks::Migration),
        Box::new(m20261123_000003_notifications::Migration),
        Box::new(m20261123_000004_follows::Migration),
        Box::new(m20261123_000005_attempts::Migration),
        Box::new(m20261123_000006_work_attempts::Migration),
        Box::new(m20261126_000007_site::Migration),
        Box::new(m20261126_000008_rendered::Migration),
        Box::new(m20261126_000009_pictures::Migration),
        Box::new(m20261126_000010_versions::Migration),
        Box::new(m20261126_000011_jobs::Migration),
        Box::new(m20261126_000012_events::Migration),
        Box::new(m20261126_000012_events_of_notifications::Migration),
        Box::new(m20261126_000013_tokens::Migration),
        Box::new(m20261126_000014_account_tokens::Migration),
        Box::new(m20261126_000015_language::Migration),
    ]
}

/// Migrations that change many rows, for which a batch at a time is done before they are applied.
fn backfills() -> Vec<Box<dyn backfill::Backfill>> {
    vec![Box::new(
        m20261126_000012_events_of_notifications::Migration,
    )]
}

/// Migrations that remove something, each with the oldest migration that a program must know to run
/// without it: the migration's own name if every older program still needs what it removes. Empty
/// while all migrations only add.
const FLOORS: &[(&str, &str)] = &[];
