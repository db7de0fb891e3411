//! Messages of commands, which have no bus; nodes read and publish them.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "outbox")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub message: String,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
