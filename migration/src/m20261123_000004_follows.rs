//! Follows, and the fan-out of new works to followers.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("follow")
                    .col(big_integer("artist_id"))
                    .col(big_integer("follower_id"))
                    .col(big_integer("created_at"))
                    .primary_key(Index::create().col("artist_id").col("follower_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("follow", "artist_id")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("follow", "follower_id")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .if_not_exists()
                    .name("follow_follower")
                    .table("follow")
                    .col("follower_id")
                    .col("artist_id")
                    .to_owned(),
            )
            .await?;
        // Rows are kept after the fan-out, for followers who are notified at their next visit.
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("broadcast")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(big_integer("artwork_id").unique_key())
                    .col(big_integer("artist_id"))
                    .col(big_integer("created_at"))
                    .col(boolean("lazy"))
                    // Id of the last follower who was notified; followers are notified in the order
                    // of their ids.
                    .col(big_integer("told_through").default(0))
                    .col(big_integer_null("done_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("broadcast", "artwork_id")
                            .to("artwork", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .if_not_exists()
                    .name("broadcast_artist")
                    .table("broadcast")
                    .col("artist_id")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .if_not_exists()
                    .name("broadcast_done")
                    .table("broadcast")
                    .col("done_at")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        // Works whose notifications have to be retracted from more inboxes than one transaction
        // should lock.
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("withdrawal")
                    .col(big_integer("artwork_id").primary_key())
                    .to_owned(),
            )
            .await?;
        for (table, column) in [
            ("account", "follower_count"),
            ("recipient", "broadcast_seen"),
        ] {
            if !manager.has_column(table, column).await? {
                manager
                    .alter_table(
                        Table::alter()
                            .table(table)
                            .add_column(big_integer(column).default(0))
                            .to_owned(),
                    )
                    .await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("account", "follower_count"),
            ("recipient", "broadcast_seen"),
        ] {
            manager
                .alter_table(Table::alter().table(table).drop_column(column).to_owned())
                .await?;
        }
        for table in ["withdrawal", "broadcast", "follow"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
