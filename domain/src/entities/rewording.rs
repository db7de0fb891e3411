//! Edits whose notifications are still to be updated.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rewording")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub artwork_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub critique_id: i64,
    pub told_through: i64,
}

impl ActiveModelBehavior for ActiveModel {}
