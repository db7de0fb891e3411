//! Accounts, sessions, and facts about the database itself.

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
                    .table("meta")
                    .col(string("name").primary_key())
                    .col(string("value"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("account")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(string("handle"))
                    .col(string("handle_key").unique_key())
                    .col(string("handle_skeleton").unique_key())
                    .col(string("display_name"))
                    .col(string("email"))
                    .col(string("email_key").unique_key())
                    .col(string("password_hash"))
                    .col(string("role"))
                    .col(big_integer("created_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("session")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(string("key_hash").unique_key())
                    .col(big_integer_null("account_id"))
                    .col(text("data"))
                    .col(string("agent"))
                    .col(string("address"))
                    .col(big_integer("created_at"))
                    .col(big_integer("seen_at"))
                    .col(big_integer("expires_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("session", "account_id")
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
                    .name("session_account")
                    .table("session")
                    .col("account_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .if_not_exists()
                    .name("session_expiry")
                    .table("session")
                    .col("expires_at")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["session", "account", "meta"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
