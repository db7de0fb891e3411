//! Critiques of works.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "critique")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub artwork_id: i64,
    pub author_id: i64,
    pub body: String,
    pub helpful_count: i64,
    pub created_at: i64,
    pub edited_at: Option<i64>,
    pub attempt: Option<String>,
    pub version: i64,
    pub changed_seq: i64,
    pub body_html: Option<String>,
    pub body_html_key: Option<String>,
    pub excerpt: Option<String>,
    #[sea_orm(belongs_to, from = "artwork_id", to = "id")]
    pub artwork: HasOne<super::artwork::Entity>,
    #[sea_orm(belongs_to, from = "author_id", to = "id")]
    pub author: HasOne<super::account::Entity>,
}

impl ActiveModelBehavior for ActiveModel {}
