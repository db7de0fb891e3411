//! Tests of the domain on a real database: SQLite, or PostgreSQL where `ARTCRITIQUE_TEST_POSTGRES`
//! names a server.

mod accounts;
mod buses;
mod commits;
mod doubts;
mod editing;
mod followers;
mod idempotency;
mod law;
mod mail;
mod nodes;
mod paging;
mod recovery;
mod remembered;
mod rendered;
mod rewording;
mod schema;
mod sessions;
mod silence;
mod sites;
mod sweeps;
mod tokens;
