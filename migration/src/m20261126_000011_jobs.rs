//! The job queue.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Partial indexes, so that each contains only the rows in its state.
const INDEXES: [&str; 4] = [
    // Claims: the due jobs of one kind, oldest first.
    "CREATE INDEX job_due ON job (kind, run_at, id) \
     WHERE lease IS NULL AND done_at IS NULL AND dead_at IS NULL",
    // Expired leases.
    "CREATE INDEX job_lease ON job (lease_until, id) WHERE lease IS NOT NULL",
    // Dead letters, as the operator lists them.
    "CREATE INDEX job_dead ON job (kind, id) WHERE dead_at IS NOT NULL",
    // Completed runs of schedules, for their removal.
    "CREATE INDEX job_done ON job (done_at) WHERE done_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("job")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(string("kind"))
                    // JSON.
                    .col(text("payload"))
                    .col(string_null("unique_key").unique_key())
                    .col(big_integer("created_at"))
                    .col(big_integer("run_at"))
                    // Tries begun since the job last made progress.
                    .col(big_integer("tries").default(0))
                    // Whether the same job was enqueued again while it ran.
                    .col(boolean("rerun").default(false))
                    .col(big_integer_null("lease"))
                    .col(big_integer_null("lease_until"))
                    .col(text_null("last_error"))
                    .col(big_integer_null("done_at"))
                    .col(big_integer_null("dead_at"))
                    .to_owned(),
            )
            .await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("job").to_owned())
            .await
    }
}
