//! Works.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "artwork")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub artist_id: i64,
    pub title: String,
    pub description: String,
    pub media_key: String,
    pub media_ext: String,
    pub width: i32,
    pub height: i32,
    pub placeholder: String,
    pub critique_count: i64,
    pub created_at: i64,
    pub attempt: Option<String>,
    pub version: i64,
    pub seq: i64,
    pub description_html: Option<String>,
    pub description_html_key: Option<String>,
    pub full_width: Option<i32>,
    pub full_height: Option<i32>,
    pub media_files: Option<String>,
    #[sea_orm(belongs_to, from = "artist_id", to = "id")]
    pub artist: HasOne<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
