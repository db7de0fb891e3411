//! Inboxes: a counter per person, notifications, and the log of changes by `seq`.

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
                    .table("recipient")
                    .col(big_integer("account_id").primary_key())
                    .col(big_integer("seq").default(0))
                    .col(big_integer("unseen").default(0))
                    .col(big_integer("unread").default(0))
                    .col(big_integer("pruned_seq").default(0))
                    .foreign_key(
                        ForeignKey::create()
                            .from("recipient", "account_id")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        // No foreign keys to artworks and critiques: a tombstone outlives them.
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("notification")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(big_integer("recipient_id"))
                    .col(string("kind"))
                    .col(big_integer("actor_id"))
                    .col(big_integer("artwork_id"))
                    .col(big_integer("critique_id"))
                    .col(string("dedupe_key"))
                    .col(big_integer("arrived_seq"))
                    .col(big_integer("changed_seq"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("seen_at"))
                    .col(big_integer_null("read_at"))
                    .col(big_integer_null("archived_at"))
                    .col(big_integer_null("retracted_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("notification", "recipient_id")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        for (name, columns, unique) in [
            (
                "notification_dedupe",
                vec!["recipient_id", "dedupe_key"],
                true,
            ),
            ("notification_list", vec!["recipient_id", "id"], false),
            (
                "notification_changed",
                vec!["recipient_id", "changed_seq"],
                false,
            ),
            ("notification_critique", vec!["critique_id"], false),
            ("notification_artwork", vec!["artwork_id"], false),
        ] {
            let mut index = Index::create()
                .if_not_exists()
                .name(name)
                .table("notification")
                .to_owned();
            for column in columns {
                index.col(column);
            }
            if unique {
                index.unique();
            }
            manager.create_index(index).await?;
        }
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("inbox_change")
                    .col(big_integer("recipient_id"))
                    .col(big_integer("seq"))
                    .col(string("what"))
                    .col(text_null("ids"))
                    .col(big_integer_null("through_seq"))
                    .col(big_integer("unseen"))
                    .col(big_integer("unread"))
                    .col(big_integer("created_at"))
                    .primary_key(Index::create().col("recipient_id").col("seq"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("inbox_change", "recipient_id")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["inbox_change", "notification", "recipient"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
