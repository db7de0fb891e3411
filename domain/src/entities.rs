//! The SeaORM entities. Timestamps are milliseconds since 1970, UTC.
#![expect(missing_docs, reason = "the columns are described in the migrations")]

// Types are matched token by token: a `ty` fragment would hide `Option` from SeaORM's derive.
macro_rules! entity {
    ($name:ident, $table:literal, { $($(#[$meta:meta])* $field:ident: $type:ident $(<$of:ident>)?,)* }) => {
        pub mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$meta])* pub $field: $type $(<$of>)?,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

entity!(meta, "meta", {
    #[sea_orm(primary_key, auto_increment = false)]
    name: String,
    value: String,
});

entity!(node, "node", {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    program: String,
    bus: String,
    epoch: String,
    pictures: Option<String>,
    started_at: i64,
    seen_at: i64,
});

entity!(outbox, "outbox", {
    #[sea_orm(primary_key)]
    id: i64,
    message: String,
    created_at: i64,
});

entity!(account, "account", {
    #[sea_orm(primary_key)]
    id: i64,
    handle: String,
    handle_key: String,
    handle_skeleton: String,
    display_name: String,
    email: String,
    email_key: String,
    password_hash: String,
    role: String,
    created_at: i64,
    follower_count: i64,
});

entity!(session, "session", {
    #[sea_orm(primary_key)]
    id: i64,
    key_hash: String,
    account_id: Option<i64>,
    data: String,
    agent: String,
    address: String,
    created_at: i64,
    seen_at: i64,
    expires_at: i64,
});

entity!(artwork, "artwork", {
    #[sea_orm(primary_key)]
    id: i64,
    artist_id: i64,
    title: String,
    description: String,
    media_key: String,
    media_ext: String,
    width: i32,
    height: i32,
    placeholder: String,
    critique_count: i64,
    created_at: i64,
    attempt: Option<String>,
    version: i64,
    seq: i64,
    description_html: Option<String>,
    description_html_key: Option<String>,
    full_width: Option<i32>,
    full_height: Option<i32>,
    media_files: Option<String>,
});

entity!(critique, "critique", {
    #[sea_orm(primary_key)]
    id: i64,
    artwork_id: i64,
    author_id: i64,
    body: String,
    helpful_count: i64,
    created_at: i64,
    edited_at: Option<i64>,
    attempt: Option<String>,
    version: i64,
    changed_seq: i64,
    body_html: Option<String>,
    body_html_key: Option<String>,
    excerpt: Option<String>,
});

entity!(helpful, "helpful", {
    #[sea_orm(primary_key, auto_increment = false)]
    critique_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    account_id: i64,
    created_at: i64,
});

entity!(recipient, "recipient", {
    #[sea_orm(primary_key, auto_increment = false)]
    account_id: i64,
    seq: i64,
    unseen: i64,
    unread: i64,
    pruned_seq: i64,
    broadcast_seen: i64,
});

entity!(notification, "notification", {
    #[sea_orm(primary_key)]
    id: i64,
    recipient_id: i64,
    kind: String,
    actor_id: i64,
    artwork_id: i64,
    critique_id: i64,
    dedupe_key: String,
    arrived_seq: i64,
    changed_seq: i64,
    created_at: i64,
    seen_at: Option<i64>,
    read_at: Option<i64>,
    archived_at: Option<i64>,
    retracted_at: Option<i64>,
});

entity!(inbox_change, "inbox_change", {
    #[sea_orm(primary_key, auto_increment = false)]
    recipient_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    seq: i64,
    what: String,
    ids: Option<String>,
    through_seq: Option<i64>,
    unseen: i64,
    unread: i64,
    created_at: i64,
});

entity!(follow, "follow", {
    #[sea_orm(primary_key, auto_increment = false)]
    artist_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    follower_id: i64,
    created_at: i64,
});

entity!(broadcast, "broadcast", {
    #[sea_orm(primary_key)]
    id: i64,
    artwork_id: i64,
    artist_id: i64,
    created_at: i64,
    lazy: bool,
    told_through: i64,
    done_at: Option<i64>,
});

entity!(withdrawal, "withdrawal", {
    #[sea_orm(primary_key, auto_increment = false)]
    artwork_id: i64,
});

entity!(critique_gone, "critique_gone", {
    #[sea_orm(primary_key, auto_increment = false)]
    artwork_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    seq: i64,
    critique_id: i64,
    created_at: i64,
});

entity!(rewording, "rewording", {
    #[sea_orm(primary_key, auto_increment = false)]
    artwork_id: i64,
    #[sea_orm(primary_key, auto_increment = false)]
    critique_id: i64,
    told_through: i64,
});
