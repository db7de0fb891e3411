//! Works, critiques and helpful marks.

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
                    .table("artwork")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(big_integer("artist_id"))
                    .col(string("title"))
                    .col(text("description"))
                    .col(string("media_key"))
                    .col(string("media_ext"))
                    .col(integer("width"))
                    .col(integer("height"))
                    .col(text("placeholder"))
                    .col(big_integer("critique_count").default(0))
                    .col(big_integer("created_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("artwork", "artist_id")
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
                    .name("artwork_artist")
                    .table("artwork")
                    .col("artist_id")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("critique")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(big_integer("artwork_id"))
                    .col(big_integer("author_id"))
                    .col(text("body"))
                    .col(big_integer("helpful_count").default(0))
                    .col(big_integer("created_at"))
                    .col(big_integer_null("edited_at"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("critique", "artwork_id")
                            .to("artwork", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("critique", "author_id")
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
                    .name("critique_artwork")
                    .table("critique")
                    .col("artwork_id")
                    .col("id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .if_not_exists()
                    .name("critique_author")
                    .table("critique")
                    .col("author_id")
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .if_not_exists()
                    .table("helpful")
                    .col(big_integer("critique_id"))
                    .col(big_integer("account_id"))
                    .col(big_integer("created_at"))
                    .primary_key(Index::create().col("critique_id").col("account_id"))
                    .foreign_key(
                        ForeignKey::create()
                            .from("helpful", "critique_id")
                            .to("critique", "id")
                            .on_delete(ForeignKeyAction::Cascade),
                    )
                    .foreign_key(
                        ForeignKey::create()
                            .from("helpful", "account_id")
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
                    .name("helpful_account")
                    .table("helpful")
                    .col("account_id")
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["helpful", "critique", "artwork"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        Ok(())
    }
}
