//! The site's id and epoch, its nodes, and the outbox in which commands leave messages for the
//! nodes.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let random = match manager.get_database_backend() {
            DbBackend::Sqlite => "lower(hex(randomblob(16)))",
            _ => "replace(gen_random_uuid()::text, '-', '')",
        };
        for (name, value) in [
            ("site", random.to_owned()),
            ("epoch", format!("substr({random}, 1, 10)")),
        ] {
            let begin = format!(
                "INSERT INTO meta (name, value) SELECT '{name}', {value} WHERE NOT EXISTS (SELECT 1 FROM meta WHERE name = '{name}')"
            );
            manager.get_connection().execute_unprepared(&begin).await?;
        }
        manager
            .create_table(
                Table::create()
                    .table("node")
                    .col(string("id").primary_key())
                    .col(string("program"))
                    .col(string("bus"))
                    .col(string("epoch"))
                    .col(string_null("pictures"))
                    .col(big_integer("started_at"))
                    .col(big_integer("seen_at"))
                    .to_owned(),
            )
            .await?;
        manager
            .create_table(
                Table::create()
                    .table("outbox")
                    .col(big_integer("id").auto_increment().primary_key())
                    .col(text("message"))
                    .col(big_integer("created_at"))
                    .to_owned(),
            )
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["outbox", "node"] {
            manager
                .drop_table(Table::drop().table(table).to_owned())
                .await?;
        }
        manager
            .execute(
                Query::delete()
                    .from_table("meta")
                    .and_where(Expr::col("name").eq("site"))
                    .to_owned(),
            )
            .await
    }
}
