//! The change log of inboxes.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "inbox_change")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub recipient_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub what: String,
    pub ids: Option<String>,
    pub through_seq: Option<i64>,
    pub unseen: i64,
    pub unread: i64,
    pub created_at: i64,
    #[sea_orm(belongs_to, from = "recipient_id", to = "account_id")]
    pub recipient: HasOne<super::recipient::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
