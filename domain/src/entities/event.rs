//! Events: whatever happened that a person may hear of.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    pub actor_id: i64,
    pub subject_type: String,
    pub subject_id: i64,
    pub artwork_id: Option<i64>,
    pub params: String,
    pub created_at: i64,
    pub retracted_at: Option<i64>,
    #[sea_orm(belongs_to, from = "actor_id", to = "id")]
    pub actor: HasOne<super::account::Entity>,
    #[sea_orm(belongs_to, from = "artwork_id", to = "id")]
    pub artwork: HasOne<super::artwork::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
