//! The schema's history, written by hand, for SQLite and PostgreSQL alike. Start with [`Migrator`].
//!
//! Keys are `bigint`; moments are `bigint` too, milliseconds since 1970 in UTC, so that both databases compare and
//! index them alike.

pub use sea_orm_migration::prelude::*;

mod m20261123_000001_accounts;
mod m20261123_000002_artworks;
mod m20261123_000003_notifications;
mod m20261123_000004_follows;
mod m20261123_000005_attempts;
mod m20261123_000006_work_attempts;
mod m20261126_000008_rendered;
mod m20261126_000010_versions;

/// All migrations, oldest first.
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261123_000001_accounts::Migration),
            Box::new(m20261123_000002_artworks::Migration),
            Box::new(m20261123_000003_notifications::Migration),
            Box::new(m20261123_000004_follows::Migration),
            Box::new(m20261123_000005_attempts::Migration),
            Box::new(m20261123_000006_work_attempts::Migration),
            Box::new(m20261126_000008_rendered::Migration),
            Box::new(m20261126_000010_versions::Migration),
        ]
    }
}
