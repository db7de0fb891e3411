//! Rows to the lines people read: a fixed number of queries for any number of rows.

use std::collections::HashMap;

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use shared::{
    ArtworkId, NotificationId,
    dto::{Notification, NotificationKind, Person, Subject},
};

use super::unsigned;
use crate::{
    Result,
    clock::timestamp,
    entities::{artwork, critique, notification::Model},
    markdown,
    people::{named, people},
};

/// The lines for these rows, in their order.
pub async fn items(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<Notification>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let people = people(db, rows.iter().map(|row| row.actor_id)).await?;
    let titles: HashMap<i64, String> = artwork::Entity::find()
        .select_only()
        .columns([artwork::Column::Id, artwork::Column::Title])
        .filter(artwork::Column::Id.is_in(rows.iter().map(|row| row.artwork_id)))
        .into_tuple::<(i64, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let bodies: HashMap<i64, String> = critique::Entity::find()
        .select_only()
        .columns([critique::Column::Id, critique::Column::Body])
        .filter(critique::Column::Id.is_in(rows.iter().map(|row| row.critique_id)))
        .into_tuple::<(i64, String)>()
        .all(db)
        .await?
        .into_iter()
        .collect();
    let item = |row: Model| {
        let title = titles.get(&row.artwork_id).cloned().unwrap_or_else(|| "a deleted work".into());
        line(&row, named(&people, row.actor_id), title, bodies.get(&row.critique_id).map_or("", String::as_str))
    };
    Ok(rows.into_iter().map(item).collect())
}

/// The line for one row, with what its ids stand for.
pub fn line(row: &Model, actor: Person, title: String, body: &str) -> Notification {
    let fragment = if row.critique_id == 0 { String::new() } else { format!("#critique-{}", row.critique_id) };
    Notification {
        id: NotificationId(row.id),
        seq: unsigned(row.arrived_seq),
        kind: kind(&row.kind),
        actor,
        artwork: Subject { id: ArtworkId(row.artwork_id), title },
        excerpt: markdown::excerpt(body),
        url: format!("/artworks/{}{fragment}", row.artwork_id),
        created_at: timestamp(row.created_at),
        seen: row.seen_at.is_some(),
        read: row.read_at.is_some(),
        archived: row.archived_at.is_some(),
        retracted: row.retracted_at.is_some(),
    }
}

fn kind(word: &str) -> NotificationKind {
    serde_json::from_value(word.into()).unwrap_or(NotificationKind::Other)
}
