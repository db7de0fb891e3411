//! Events: one row for whatever happened that a person may hear of, written in the transaction of
//! the change itself, even if it is routed to nobody. [`routing`](super::routing) decides who hears
//! of it.

use std::{collections::HashMap, slice};

use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryTrait,
    sea_query::{Expr, OnConflict, Query},
};
use shared::{ArtworkId, CritiqueId, UserId, dto::NotificationKind};

use crate::{
    Error, Result, clock,
    entities::{
        critique,
        event::{ActiveModel, Column, Entity},
    },
    store::Txn,
};

/// What happened to an artwork, with the id of what it concerns besides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The actor wrote this critique of the artwork.
    Critiqued(CritiqueId),
    /// The actor marked this critique of the artwork as helpful.
    MarkedHelpful(CritiqueId),
    /// The actor posted the artwork.
    Posted,
}

impl Happening {
    /// The stored word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Critiqued(_) => "critique",
            Self::MarkedHelpful(_) => "helpful",
            Self::Posted => "artwork",
        }
    }

    /// The kind of its notifications.
    pub const fn kind(self) -> NotificationKind {
        match self {
            Self::Critiqued(_) => NotificationKind::Critique,
            Self::MarkedHelpful(_) => NotificationKind::Helpful,
            Self::Posted => NotificationKind::Artwork,
        }
    }

    /// The critique it concerns.
    pub const fn critique(self) -> Option<CritiqueId> {
        match self {
            Self::Critiqued(id) | Self::MarkedHelpful(id) => Some(id),
            Self::Posted => None,
        }
    }
}

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub what: Happening,
    /// The artwork it concerns.
    pub artwork: ArtworkId,
    /// The person who did it.
    pub actor: UserId,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// The stored type of a subject that is a critique.
pub const CRITIQUE: &str = "critique";
/// The stored type of a subject that is an artwork.
pub const ARTWORK: &str = "artwork";

impl Event {
    /// A critique was posted.
    pub fn critiqued(critique: &critique::Model) -> Self {
        Self {
            what: Happening::Critiqued(CritiqueId(critique.id)),
            artwork: ArtworkId(critique.artwork_id),
            actor: UserId(critique.author_id),
            at: critique.created_at,
        }
    }

    /// A critique was marked as helpful.
    pub fn marked_helpful(critique: &critique::Model, by: UserId, at: i64) -> Self {
        Self {
            what: Happening::MarkedHelpful(CritiqueId(critique.id)),
            artwork: ArtworkId(critique.artwork_id),
            actor: by,
            at,
        }
    }

    /// An artwork was posted.
    pub const fn posted(artwork: ArtworkId, artist: UserId, at: i64) -> Self {
        Self {
            what: Happening::Posted,
            artwork,
            actor: artist,
            at,
        }
    }

    /// The stored type and id of the event's subject.
    pub fn subject(&self) -> (&'static str, i64) {
        match self.what.critique() {
            Some(critique) => (CRITIQUE, critique.0),
            None => (ARTWORK, self.artwork.0),
        }
    }

    /// The deduplication key of its notifications: repeating an event, even after it was undone,
    /// yields the same key and thus the same notification.
    pub fn dedupe_key(&self) -> String {
        match self.what {
            Happening::Critiqued(critique) => format!("critique:{critique}"),
            Happening::MarkedHelpful(critique) => format!("helpful:{critique}:{}", self.actor),
            Happening::Posted => format!("artwork:{}", self.artwork),
        }
    }

    /// The key of the group in which its notifications may be shown together: the critiques of one
    /// artwork, the helpful marks of one critique. A group never mixes two artworks.
    pub fn group_key(&self) -> String {
        let (subject_type, id) = match self.what {
            Happening::Critiqued(_) | Happening::Posted => (ARTWORK, self.artwork.0),
            Happening::MarkedHelpful(critique) => (CRITIQUE, critique.0),
        };
        format!("{}:{subject_type}:{id}", self.what.word())
    }

    fn row(&self) -> ActiveModel {
        let (subject_type, subject_id) = self.subject();
        ActiveModel {
            kind: Set(self.what.word().into()),
            actor_id: Set(self.actor.0),
            subject_type: Set(subject_type.into()),
            subject_id: Set(subject_id),
            artwork_id: Set(Some(self.artwork.0)),
            created_at: Set(self.at),
            ..Default::default()
        }
    }
}

/// Writes events with one statement. An event that was recorded before, and perhaps retracted,
/// keeps its row and is no longer retracted. Returns their ids, in the order given.
pub async fn record(txn: &Txn, events: &[Event]) -> Result<Vec<i64>> {
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut again = OnConflict::columns([
        Column::SubjectType,
        Column::SubjectId,
        Column::Kind,
        Column::ActorId,
    ]);
    again.value(Column::RetractedAt, Expr::value(None::<i64>));
    let mut insert = Entity::insert_many(events.iter().map(Event::row))
        .on_conflict(again)
        .into_query();
    insert.returning(Query::returning().columns([
        Column::Kind,
        Column::SubjectId,
        Column::ActorId,
        Column::Id,
    ]));
    let written = txn.db().query_all(&insert).await?;
    let ids: HashMap<(String, i64, i64), i64> = written
        .iter()
        .map(|row| {
            row.try_get_many_by_index()
                .map(|(kind, subject, actor, id)| ((kind, subject, actor), id))
        })
        .collect::<Result<_, _>>()?;
    let id = |event: &Event| {
        let key = (
            event.what.word().to_owned(),
            event.subject().1,
            event.actor.0,
        );
        ids.get(&key)
            .copied()
            .ok_or_else(|| Error::internal("an event that was just written"))
    };
    events.iter().map(id).collect()
}

/// As [`record`], for one event.
pub async fn record_one(txn: &Txn, event: &Event) -> Result<i64> {
    let id = record(txn, slice::from_ref(event)).await?.pop();
    id.ok_or_else(|| Error::internal("an event that was just written"))
}

/// Retracts the matching events: they were undone, or their subject is being deleted.
pub async fn retract(txn: &Txn, which: Condition) -> Result<()> {
    Entity::update_many()
        .col_expr(Column::RetractedAt, Expr::value(clock::now()))
        .filter(which.add(Column::RetractedAt.is_null()))
        .exec(txn.db())
        .await?;
    Ok(())
}

/// Matches the event itself.
pub fn same(event: &Event) -> Condition {
    let (subject_type, subject_id) = event.subject();
    about(subject_type, subject_id)
        .add(Column::Kind.eq(event.what.word()))
        .add(Column::ActorId.eq(event.actor.0))
}

/// Matches the events about a subject.
pub fn about(subject_type: &str, subject_id: i64) -> Condition {
    Condition::all()
        .add(Column::SubjectType.eq(subject_type))
        .add(Column::SubjectId.eq(subject_id))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(what: Happening, artwork: i64, actor: i64) -> Event {
        Event {
            what,
            artwork: ArtworkId(artwork),
            actor: UserId(actor),
            at: 0,
        }
    }

    #[test]
    fn keys_and_subjects_of_each_kind() {
        let critique = CritiqueId(7);
        for (what, subject, dedupe, group) in [
            (
                Happening::Critiqued(critique),
                (CRITIQUE, 7),
                "critique:7",
                "critique:artwork:3",
            ),
            (
                Happening::MarkedHelpful(critique),
                (CRITIQUE, 7),
                "helpful:7:2",
                "helpful:critique:7",
            ),
            (
                Happening::Posted,
                (ARTWORK, 3),
                "artwork:3",
                "artwork:artwork:3",
            ),
        ] {
            let event = event(what, 3, 2);
            assert_eq!(event.subject(), subject);
            assert_eq!(event.dedupe_key(), dedupe);
            assert_eq!(event.group_key(), group);
        }
    }

    #[test]
    fn stored_words_are_those_of_the_api() {
        for what in [
            Happening::Critiqued(CritiqueId(1)),
            Happening::MarkedHelpful(CritiqueId(1)),
            Happening::Posted,
        ] {
            assert_eq!(
                serde_json::to_value(what.kind()).expect("JSON"),
                what.word()
            );
        }
    }

    fn any_event() -> impl Strategy<Value = Event> {
        // A critique has one artwork: here the tenth of its id.
        (0..3, 1..60_i64, 1..6_i64).prop_map(|(kind, critique, actor)| {
            let what = match kind {
                0 => Happening::Critiqued(CritiqueId(critique)),
                1 => Happening::MarkedHelpful(CritiqueId(critique)),
                _ => Happening::Posted,
            };
            event(what, critique / 10, actor)
        })
    }

    proptest! {
        #[test]
        fn a_group_holds_one_kind_and_one_artwork(one in any_event(), other in any_event()) {
            if one.group_key() == other.group_key() {
                prop_assert_eq!(one.artwork, other.artwork);
                prop_assert_eq!(one.what.kind(), other.what.kind());
            }
        }

        #[test]
        fn notifications_of_one_event_share_their_group(one in any_event(), other in any_event()) {
            if one.dedupe_key() == other.dedupe_key() {
                prop_assert_eq!(one.group_key(), other.group_key());
                prop_assert_eq!(one.subject(), other.subject());
            }
        }
    }
}
