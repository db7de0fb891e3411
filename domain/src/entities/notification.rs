//! Notifications. `kind`, `actor_id`, `artwork_id` and `critique_id` repeat what the event says,
//! for nodes of the release before events, which read nothing else. `artwork_id` and `critique_id`
//! are also the indexes by which the notifications about a work or a critique are found.

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
    /// 0 for none, since older nodes read no NULL here: see `notifications::compat`.
    pub critique_id: i64,
    pub dedupe_key: String,
    pub arrived_seq: i64,
    pub changed_seq: i64,
    pub created_at: i64,
    pub seen_at: Option<i64>,
    pub read_at: Option<i64>,
    pub archived_at: Option<i64>,
    pub retracted_at: Option<i64>,
    pub event_id: Option<i64>,
    pub group_key: Option<String>,
    pub routing: Option<String>,
    #[sea_orm(belongs_to, from = "recipient_id", to = "account_id")]
    pub recipient: HasOne<super::recipient::Entity>,
    #[sea_orm(belongs_to, from = "event_id", to = "id")]
    pub event: HasOne<super::event::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
