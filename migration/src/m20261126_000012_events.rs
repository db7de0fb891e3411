//! Events, and the event, group and routing of each notification. The columns are nullable, and
//! those that older programs read stay: a node of the previous release writes notifications without
//! an event and reads every notification from its own columns.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [&str; 3] = ["event_id", "group_key", "routing"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign keys: an event outlives its subject for as long as tombstones refer to it.
        manager
            .create_table(
                Table::create()
                    .table("event")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(string("kind"))
                    .col(big_integer("actor_id"))
                    .col(string("subject_type"))
                    .col(big_integer("subject_id"))
                    .col(big_integer_null("artwork_id"))
                    // JSON: what the words of the notification need beyond actor and subject.
                    .col(text("params").default("{}"))
                    .col(big_integer("created_at"))
                    // When it was undone, or its subject deleted.
                    .col(big_integer_null("retracted_at"))
                    .to_owned(),
            )
            .await?;
        // Something that is undone and done again is the same event. The order of the columns also
        // serves looking up the events of a subject.
        let once = Index::create()
            .name("event_once")
            .table("event")
            .col("subject_type")
            .col("subject_id")
            .col("kind")
            .col("actor_id")
            .unique()
            .to_owned();
        manager.create_index(once).await?;
        let of_artwork = Index::create()
            .name("event_artwork")
            .table("event")
            .col("artwork_id")
            .to_owned();
        manager.create_index(of_artwork).await?;
        // Partial: few events are retracted, and writing one should not pay for this index.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX event_retracted ON event (retracted_at) WHERE retracted_at IS NOT NULL",
            )
            .await?;
        for column in [
            big_integer_null("event_id"),
            string_null("group_key"),
            text_null("routing"),
        ] {
            manager
                .alter_table(
                    Table::alter()
                        .table("notification")
                        .add_column(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            manager
                .alter_table(
                    Table::alter()
                        .table("notification")
                        .drop_column(column)
                        .to_owned(),
                )
                .await?;
        }
        manager
            .drop_table(Table::drop().table("event").to_owned())
            .await
    }
}
