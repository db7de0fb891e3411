//! Idempotency keys of critiques, so that a retry posts no duplicate.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_column("critique", "attempt").await? {
            manager
                .alter_table(
                    Table::alter()
                        .table("critique")
                        .add_column(string_null("attempt"))
                        .to_owned(),
                )
                .await?;
        }
        // Starts with `author_id`, so it replaces the index on that column.
        let index = Index::create()
            .if_not_exists()
            .name("critique_attempt")
            .table("critique")
            .col("author_id")
            .col("attempt")
            .unique()
            .to_owned();
        manager.create_index(index).await?;
        manager
            .drop_index(
                Index::drop()
                    .if_exists()
                    .name("critique_author")
                    .table("critique")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_index(
                Index::create()
                    .name("critique_author")
                    .table("critique")
                    .col("author_id")
                    .to_owned(),
            )
            .await?;
        manager
            .drop_index(
                Index::drop()
                    .name("critique_attempt")
                    .table("critique")
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("critique")
                    .drop_column("attempt")
                    .to_owned(),
            )
            .await
    }
}
