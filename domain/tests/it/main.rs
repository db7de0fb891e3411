//! Tests of the domain on a real database: SQLite, or PostgreSQL where `ARTCRITIQUE_TEST_POSTGRES`
//! names a server.

mod accounts;
mod buses;
mod commits;
mod doubts;
mod editing;
mod event_migration;
mod events;
mod followers;
mod idempotency;
mod jobs;
mod law;
mod lock_order;
mod mail;
mod nodes;
mod paging;
mod read_cache;
mod recovery;
mod rendered;
mod rewording;
mod schema;
mod sessions;
mod silence;
mod sites;
mod sweeps;
mod tokens;
