//! Verified e-mail addresses, and the links in mails that verify an address or reset a password.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(
                Table::alter()
                    .table("account")
                    // When the owner proved that mail to the address reaches them; null before.
                    .add_column(big_integer_null("verified_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("account_token")
                    // SHA-256 of the secret in the link, in hex.
                    .col(string("hash").primary_key())
                    .col(big_integer("account_id"))
                    // `verify` or `reset`.
                    .col(string("purpose"))
                    // The address that the mail went to.
                    .col(string("email"))
                    // The job that sent the mail. Each try has a link of its own.
                    .col(big_integer("mail_id"))
                    .col(big_integer("created_at"))
                    .col(big_integer("expires_at"))
                    .col(big_integer_null("used_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("account_token", "account_id")
                            .to("account", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .to_owned(),
            )
            .await?;
        for (name, columns) in [
            ("account_token_account", &["account_id", "purpose"][..]),
            ("account_token_expiry", &["expires_at"]),
        ] {
            let mut index = Index::create();
            index.name(name).table("account_token");
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table("account_token").to_owned())
            .await?;
        manager
            .alter_table(
                Table::alter()
                    .table("account")
                    .drop_column("verified_at")
                    .to_owned(),
            )
            .await
    }
}
