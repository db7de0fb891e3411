//! The nodes that serve this database.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "node")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub program: String,
    pub bus: String,
    pub epoch: String,
    pub pictures: Option<String>,
    pub started_at: i64,
    pub seen_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
