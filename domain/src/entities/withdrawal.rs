//! Deleted works whose notifications are still to be retracted.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "withdrawal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub artwork_id: i64,
}

impl ActiveModelBehavior for ActiveModel {}
