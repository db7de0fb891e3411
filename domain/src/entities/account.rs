//! People.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub handle: String,
    pub handle_key: String,
    pub handle_skeleton: String,
    pub display_name: String,
    pub email: String,
    pub email_key: String,
    pub password_hash: String,
    pub role: String,
    pub created_at: i64,
    pub follower_count: i64,
    pub verified_at: Option<i64>,
    pub language: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
