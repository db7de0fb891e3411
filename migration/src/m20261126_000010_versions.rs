//! Versions of works and critiques, the log of changes to a work, and edited texts that inboxes
//! have yet to be notified of.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

/// Integer columns to add, with their defaults.
const COLUMNS: [(&str, &str, i64); 4] = [
    ("artwork", "version", 1),
    ("artwork", "seq", 0),
    ("critique", "version", 1),
    ("critique", "changed_seq", 0),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column, first) in COLUMNS {
            manager
                .alter_table(
                    Table::alter()
                        .table(table)
                        .add_column(big_integer(column).default(first))
                        .to_owned(),
                )
                .await?;
        }
        for (name, column) in [
            ("critique_helpful", "helpful_count"),
            ("critique_changed", "changed_seq"),
        ] {
            let index = Index::create()
                .name(name)
                .table("critique")
                .col("artwork_id")
                .col(column)
                .col("id")
                .to_owned();
            manager.create_index(index).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("critique_gone")
                    .col(big_integer("artwork_id"))
                    .col(big_integer("seq"))
                    .col(big_integer("critique_id"))
                    .col(big_integer("created_at"))
                    .primary_key(Index::create().col("artwork_id").col("seq"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("critique_gone", "artwork_id")
                            .to("artwork", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("rewording")
                    .col(big_integer("artwork_id"))
                    // 0 for the title of the artwork itself.
                    .col(big_integer("critique_id"))
                    // Id of the last notification that was updated; they are updated in the order
                    // of their ids.
                    .col(big_integer("told_through"))
                    .primary_key(Index::create().col("artwork_id").col("critique_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("rewording", "artwork_id")
                            .to("artwork", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["rewording", "critique_gone"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        for name in ["critique_changed", "critique_helpful"] {
            manager
                .drop_index(Index::drop().name(name).table("critique").to_owned())
                .await?;
        }
        for (table, column, _) in COLUMNS {
            manager
                .alter_table(Table::alter().table(table).drop_column(column).to_owned())
                .await?;
        }
        Ok(())
    }
}
