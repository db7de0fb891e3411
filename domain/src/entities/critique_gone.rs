//! Deleted critiques, so that open pages learn of the deletion.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "critique_gone")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub artwork_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub critique_id: i64,
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
