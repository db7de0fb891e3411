//! Helpful marks.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "helpful")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub critique_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: i64,
    pub created_at: i64,
    #[sea_orm(belongs_to, from = "critique_id", to = "id")]
    pub critique: HasOne<super::critique::Entity>,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: HasOne<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
