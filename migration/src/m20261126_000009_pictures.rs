//! The size of a work's full picture, and the names of its files. Older works have neither: their
//! `width` and `height` are those of their largest file, and its width determines which files
//! exist.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: [&str; 3] = ["full_width", "full_height", "media_files"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in [
            integer_null("full_width"),
            integer_null("full_height"),
            text_null("media_files"),
        ] {
            manager
                .alter_table(
                    Table::alter()
                        .table("artwork")
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
                        .table("artwork")
                        .drop_column(column)
                        .to_owned(),
                )
                .await?;
        }
        Ok(())
    }
}
