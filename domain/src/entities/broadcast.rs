//! Works whose followers are still to be notified.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "broadcast")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub artwork_id: i64,
    pub artist_id: i64,
    pub created_at: i64,
    pub lazy: bool,
    pub told_through: i64,
    pub done_at: Option<i64>,
    #[sea_orm(belongs_to, from = "artwork_id", to = "id")]
    pub artwork: HasOne<super::artwork::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
