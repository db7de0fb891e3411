//! Turns rows into notifications, with one query for any number of rows and everything their ids
//! refer to.

use sea_orm::{
    ExprTrait, FromQueryResult, JoinType, QuerySelect, RelationTrait, Select, sea_query::Expr,
};
use shared::{
    ArtworkId, CritiqueId, NotificationId,
    dto::{Notification, NotificationKind, Person, Subject},
};

use crate::{
    accounts::people::{Name, with_name},
    clock::timestamp,
    entities::{
        artwork, critique,
        notification::{Column, Entity, Model, Relation},
    },
    markdown,
    notifications::unsigned,
};

/// A row with everything its ids refer to.
#[derive(FromQueryResult)]
pub struct Item {
    #[sea_orm(nested)]
    row: Model,
    #[sea_orm(nested)]
    actor: Name,
    title: Option<String>,
    excerpt: Option<String>,
    /// The body of the critique, if an older version of the program stored no excerpt.
    body: Option<String>,
}

impl Item {
    /// The owner of the inbox.
    pub const fn recipient(&self) -> i64 {
        self.row.recipient_id
    }
}

impl From<Item> for Notification {
    fn from(
        Item {
            row,
            actor,
            title,
            excerpt,
            body,
        }: Item,
    ) -> Self {
        let excerpt = excerpt.or_else(|| body.map(|body| markdown::render(&body).excerpt));
        notification(
            &row,
            actor.into(),
            title.unwrap_or_else(|| "a deleted work".into()),
            excerpt.unwrap_or_default(),
        )
    }
}

/// Adds the joins and columns that [`Item`] needs.
pub fn with_subjects(rows: Select<Entity>) -> Select<Entity> {
    let missing = Expr::case(
        critique_column(critique::Column::Excerpt).is_null(),
        critique_column(critique::Column::Body),
    );
    with_name(rows, Column::ActorId)
        .join(JoinType::LeftJoin, Relation::Artwork.def())
        .column(artwork::Column::Title)
        .join(JoinType::LeftJoin, Relation::Critique.def())
        .column(critique::Column::Excerpt)
        .column_as(Expr::Case(Box::new(missing)), "body")
}

fn critique_column(column: critique::Column) -> Expr {
    Expr::col((critique::Entity, column))
}

/// The notification for a row.
pub fn notification(row: &Model, actor: Person, title: String, excerpt: String) -> Notification {
    Notification {
        id: NotificationId(row.id),
        seq: unsigned(row.arrived_seq),
        kind: kind(&row.kind),
        actor,
        artwork: Subject {
            id: ArtworkId(row.artwork_id),
            title,
        },
        excerpt,
        url: url(row),
        created_at: timestamp(row.created_at),
        seen: row.seen_at.is_some(),
        read: row.read_at.is_some(),
        archived: row.archived_at.is_some(),
        retracted: row.retracted_at.is_some(),
    }
}

/// The link of a notification.
fn url(row: &Model) -> String {
    let artwork = ArtworkId(row.artwork_id);
    match row.critique_id {
        0 => shared::paths::artwork(artwork),
        critique => shared::paths::critique(artwork, CritiqueId(critique), false),
    }
}

fn kind(word: &str) -> NotificationKind {
    serde_json::from_value(word.into()).unwrap_or(NotificationKind::Other)
}
