//! Personal tokens.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table("token")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(big_integer("account_id"))
                    .col(string("name"))
                    // SHA-256 of the secret, in hex.
                    .col(string("key_hash").unique_key())
                    // Names of scopes, separated by spaces.
                    .col(string("scopes"))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("expires_at"))
                    .col(big_integer_null("last_used_at"))
                    // Hash of the idempotency key and content of the request that created it.
                    .col(string_null("attempt"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("token", "account_id")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        // Also the index for the list of an account's tokens.
        let attempts = Index::create()
            .name("token_attempt")
            .table("token")
            .col("account_id")
            .col("attempt")
            .unique()
            .to_owned();
        manager.create_index(attempts).await?;
        let expiry = Index::create()
            .name("token_expiry")
            .table("token")
            .col("expires_at")
            .to_owned();
        manager.create_index(expiry).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("token").to_owned())
            .await
    }
}
