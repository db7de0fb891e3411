//! The SeaORM entities, one file for each table. Timestamps are milliseconds since 1970, UTC.
#![expect(missing_docs, reason = "the columns are described in the migrations")]

pub mod account;
pub mod artwork;
pub mod broadcast;
pub mod critique;
pub mod critique_gone;
pub mod event;
pub mod follow;
pub mod helpful;
pub mod inbox_change;
pub mod job;
pub mod mailed_link;
pub mod meta;
pub mod node;
pub mod notification;
pub mod outbox;
pub mod recipient;
pub mod rewording;
pub mod session;
pub mod token;
pub mod withdrawal;
