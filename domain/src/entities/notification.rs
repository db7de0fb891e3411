//! Notifications.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub recipient_id: i64,
    pub kind: String,
    pub actor_id: i64,
    pub artwork_id: i64,
    pub critique_id: i64,
    pub dedupe_key: String,
    pub arrived_seq: i64,
    pub changed_seq: i64,
    pub created_at: i64,
    pub seen_at: Option<i64>,
    pub read_at: Option<i64>,
    pub archived_at: Option<i64>,
    pub retracted_at: Option<i64>,
    #[sea_orm(belongs_to, from = "recipient_id", to = "account_id")]
    pub recipient: HasOne<super::recipient::Entity>,
    #[sea_orm(belongs_to, from = "actor_id", to = "id")]
    pub actor: HasOne<super::account::Entity>,
    #[sea_orm(belongs_to, from = "artwork_id", to = "id")]
    pub artwork: HasOne<super::artwork::Entity>,
    #[sea_orm(belongs_to, from = "critique_id", to = "id")]
    pub critique: HasOne<super::critique::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
