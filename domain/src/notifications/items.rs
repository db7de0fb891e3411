//! Turns rows into notifications, with one query for any number of rows and everything their ids
//! refer to. What a notification shows comes from its event; a notification that a node of the
//! previous release wrote has none, and is read from its own columns.

use sea_orm::{
    ColumnTrait, ExprTrait, FromQueryResult, JoinType, QuerySelect, QueryTrait, RelationTrait,
    Select,
    sea_query::{Condition, Expr},
};
use shared::{
    ArtworkId, CritiqueId, NotificationId,
    dto::{Notification, NotificationKind, Person, Subject},
};

use crate::{
    accounts::people::Name,
    clock::timestamp,
    entities::{
        account, artwork, critique, event,
        notification::{Column, Entity, Model, Relation},
    },
    markdown,
    notifications::{compat, events, unsigned},
};

/// The state of a notification in its inbox.
#[derive(FromQueryResult)]
pub struct Entry {
    /// The notification's id.
    pub id: i64,
    /// The owner of the inbox.
    pub recipient_id: i64,
    /// The inbox's `seq` when it arrived.
    pub arrived_seq: i64,
    /// When it was written.
    pub created_at: i64,
    /// When it was displayed.
    pub seen_at: Option<i64>,
    /// When it was read.
    pub read_at: Option<i64>,
    /// When it was archived.
    pub archived_at: Option<i64>,
    /// When it was retracted.
    pub retracted_at: Option<i64>,
}

impl From<&Model> for Entry {
    fn from(row: &Model) -> Self {
        Self {
            id: row.id,
            recipient_id: row.recipient_id,
            arrived_seq: row.arrived_seq,
            created_at: row.created_at,
            seen_at: row.seen_at,
            read_at: row.read_at,
            archived_at: row.archived_at,
            retracted_at: row.retracted_at,
        }
    }
}

/// What a notification shows of its event.
#[derive(Clone)]
pub struct Content {
    /// The kind of event.
    pub kind: NotificationKind,
    /// The person who caused it.
    pub actor: Person,
    /// The artwork it concerns.
    pub artwork: Subject,
    /// The critique it concerns.
    pub critique: Option<CritiqueId>,
    /// The critique's first words.
    pub excerpt: String,
}

impl Content {
    /// The notification of an entry.
    pub fn notification(self, entry: &Entry) -> Notification {
        Notification {
            id: NotificationId(entry.id),
            seq: unsigned(entry.arrived_seq),
            kind: self.kind,
            url: url(self.artwork.id, self.critique),
            actor: self.actor,
            artwork: self.artwork,
            excerpt: self.excerpt,
            created_at: timestamp(entry.created_at),
            seen: entry.seen_at.is_some(),
            read: entry.read_at.is_some(),
            archived: entry.archived_at.is_some(),
            retracted: entry.retracted_at.is_some(),
        }
    }
}

/// A row with everything its ids refer to.
#[derive(FromQueryResult)]
pub struct Item {
    #[sea_orm(nested)]
    entry: Entry,
    kind: String,
    artwork_id: i64,
    critique_id: Option<i64>,
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
        self.entry.recipient_id
    }

    /// The artwork it concerns.
    pub const fn artwork(&self) -> ArtworkId {
        ArtworkId(self.artwork_id)
    }

    /// The critique it concerns.
    pub fn critique(&self) -> Option<CritiqueId> {
        self.critique_id.map(CritiqueId)
    }

    /// Whether it was read.
    pub const fn is_read(&self) -> bool {
        self.entry.read_at.is_some()
    }
}

impl From<Item> for Notification {
    fn from(item: Item) -> Self {
        let body = item.body;
        let excerpt = item
            .excerpt
            .or_else(|| body.map(|body| markdown::render(&body).excerpt));
        let content = Content {
            kind: kind(&item.kind),
            actor: item.actor.into(),
            artwork: Subject {
                id: ArtworkId(item.artwork_id),
                title: item.title.unwrap_or_else(|| "a deleted work".into()),
            },
            critique: item.critique_id.map(CritiqueId),
            excerpt: excerpt.unwrap_or_default(),
        };
        content.notification(&item.entry)
    }
}

/// Selects the joined columns that [`Item`] needs, and `changed_seq` to order by.
pub fn with_subjects(rows: Select<Entity>) -> Select<Entity> {
    let missing_excerpt = Expr::case(
        Expr::col((critique::Entity, critique::Column::Excerpt)).is_null(),
        Expr::col((critique::Entity, critique::Column::Body)),
    );
    let mut rows = rows
        .select_only()
        .columns([
            Column::Id,
            Column::RecipientId,
            Column::ArrivedSeq,
            Column::ChangedSeq,
            Column::CreatedAt,
            Column::SeenAt,
            Column::ReadAt,
            Column::ArchivedAt,
            Column::RetractedAt,
        ])
        .join(JoinType::LeftJoin, Relation::Event.def())
        .column(account::Column::Handle)
        .column(account::Column::DisplayName)
        .column(artwork::Column::Title)
        .column(critique::Column::Excerpt);
    QueryTrait::query(&mut rows)
        .expr_as(of_event(event::Column::Kind, Column::Kind), "kind")
        .expr_as(artwork_id(), "artwork_id")
        .expr_as(critique_id(), "critique_id")
        .expr_as(missing_excerpt, "body")
        .join(
            JoinType::LeftJoin,
            account::Entity,
            Expr::col((account::Entity, account::Column::Id))
                .eq(of_event(event::Column::ActorId, Column::ActorId)),
        )
        .join(
            JoinType::LeftJoin,
            artwork::Entity,
            Expr::col((artwork::Entity, artwork::Column::Id)).eq(artwork_id()),
        )
        .join(
            JoinType::LeftJoin,
            critique::Entity,
            Expr::col((critique::Entity, critique::Column::Id)).eq(critique_id()),
        );
    rows
}

/// A column of the event, or of the notification if it has no event.
fn of_event(event: event::Column, own: Column) -> Expr {
    Expr::col((event::Entity, event)).if_null(Expr::col((Entity, own)))
}

fn artwork_id() -> Expr {
    of_event(event::Column::ArtworkId, Column::ArtworkId)
}

/// The critique that the event is about, or that the notification names if it has no event; NULL
/// for none.
fn critique_id() -> Expr {
    let named = Condition::all()
        .add(event::Column::Id.is_null())
        .add(Column::CritiqueId.ne(compat::stored(None)));
    Expr::case(
        event::Column::SubjectType.eq(events::CRITIQUE),
        Expr::col((event::Entity, event::Column::SubjectId)),
    )
    .case(named, Expr::col((Entity, Column::CritiqueId)))
    .into()
}

/// The link of a notification.
fn url(artwork: ArtworkId, critique: Option<CritiqueId>) -> String {
    match critique {
        None => shared::paths::artwork(artwork),
        Some(critique) => shared::paths::critique(artwork, critique, false),
    }
}

fn kind(word: &str) -> NotificationKind {
    serde_json::from_value(word.into()).unwrap_or(NotificationKind::Other)
}
