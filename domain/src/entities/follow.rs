//! Follows between people.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "follow")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub artist_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    pub follower_id: i64,
    pub created_at: i64,
    #[sea_orm(belongs_to, relation_enum = "Artist", from = "artist_id", to = "id")]
    pub artist: HasOne<super::account::Entity>,
    #[sea_orm(
        belongs_to,
        relation_enum = "Follower",
        from = "follower_id",
        to = "id"
    )]
    pub follower: HasOne<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
