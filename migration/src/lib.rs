//! The schema's history, written by hand, for SQLite and PostgreSQL alike. [`Schema::upgrade`]
//! brings a database up to date.
//!
//! Keys are `bigint`; moments are `bigint` too, milliseconds since 1970 in UTC, so that both
//! databases compare and index them alike.
//!
//! # Adding a migration
//! A file named like those here, its `mod`, and a line at the end of [`migrations`]. It runs in one
//! transaction with the record that it was applied, so it need not be repeatable. It may only add:
//! tables, nullable columns or columns with a default, indexes that no older program's writes can
//! violate. Nodes of the release before go on running over it. A migration that takes away what the
//! release before does not use any more is listed in [`FLOORS`] too.

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

use sea_orm_migration::MigrationTrait;

pub use rule::{Applied, SchemaStatus};
pub use schema::Schema;
pub use upgrade::Fault;

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
    ]
}

/// Migrations that take something away, each with the oldest migration that a program has to know
/// to run without it: its own name if every older program still needs what it takes away. Empty as
/// long as all of them only add.
const FLOORS: &[(&str, &str)] = &[];
