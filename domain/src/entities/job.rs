//! The job queue.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    /// The job as JSON.
    pub payload: String,
    pub unique_key: Option<String>,
    pub created_at: i64,
    /// When the job is due.
    pub run_at: i64,
    /// Tries begun since the job last made progress.
    pub tries: i64,
    /// Whether the same job was enqueued again while it ran.
    pub rerun: bool,
    /// The token of the run that owns the job.
    pub lease: Option<i64>,
    pub lease_until: Option<i64>,
    pub last_error: Option<String>,
    pub done_at: Option<i64>,
    /// When the job became a dead letter.
    pub dead_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
