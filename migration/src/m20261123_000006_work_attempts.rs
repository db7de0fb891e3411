//! Idempotency keys of works, so that a retry posts no duplicate.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if !manager.has_column("artwork", "attempt").await? {
            manager
                .alter_table(
                    Table::alter()
                        .table("artwork")
                        .add_column(string_null("attempt"))
                        .to_owned(),
                )
                .await?;
        }
        let index = Index::create()
            .if_not_exists()
            .name("artwork_attempt")
            .table("artwork")
            .col("artist_id")
            .col("attempt")
            .unique()
            .to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(
                Index::drop()
                    .name("artwork_attempt")
                    .table("artwork")
                    .to_owned(),
            )
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("artwork")
                    .drop_column("attempt")
                    .to_owned(),
            )
            .await
    }
}
