//! Inboxes: the greatest `seq` and the counts, one row per person. Its row lock orders an inbox's
//! changes.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recipient")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: i64,
    pub seq: i64,
    pub unseen: i64,
    pub unread: i64,
    pub pruned_seq: i64,
    pub broadcast_seen: i64,
    #[sea_orm(belongs_to, from = "account_id", to = "id")]
    pub account: HasOne<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
