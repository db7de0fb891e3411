//! A recorded event with what its notifications show, and the recipients whom it is routed to.

use shared::{
    ArtworkId, UserId,
    dto::{Subject, Viewer},
};

use crate::{
    Error, Result,
    entities::artwork,
    notifications::{
        events::Event,
        items::Content,
        routing::{Facts, Outcome, Relation, Routing, route},
    },
};

/// An event that was recorded, with what its notifications show.
pub struct Announcement {
    /// The id of the event's row.
    pub event_id: i64,
    /// The event.
    pub event: Event,
    /// What its notifications show.
    pub content: Content,
}

impl Announcement {
    /// An event about this artwork. `excerpt` is the first words of the critique, if it concerns
    /// one.
    pub fn new(
        event_id: i64,
        event: Event,
        actor: &Viewer,
        artwork: &artwork::Model,
        excerpt: String,
    ) -> Self {
        let content = Content {
            kind: event.what.kind(),
            actor: actor.person(),
            artwork: Subject {
                id: ArtworkId(artwork.id),
                title: artwork.title.clone(),
            },
            critique: event.what.critique(),
            excerpt,
        };
        Self {
            event_id,
            event,
            content,
        }
    }
}

/// A notification to be written: what happened, who hears of it, and why.
pub struct Arrival<'a> {
    /// What happened.
    pub announcement: &'a Announcement,
    /// The owner of the inbox.
    pub recipient: i64,
    routing: Routing,
}

impl Arrival<'_> {
    /// The routing in its stored form.
    pub fn routing(&self) -> Result<String> {
        serde_json::to_string(&self.routing).map_err(Error::internal)
    }
}

/// Routes an event to people who have this relation to it. Returns those who hear of it in the app.
pub fn arrivals(
    announcement: &Announcement,
    relation: Relation,
    recipients: impl IntoIterator<Item = i64>,
) -> impl Iterator<Item = Arrival<'_>> {
    recipients.into_iter().filter_map(move |recipient| {
        let facts = Facts {
            recipient: UserId(recipient),
            relation,
        };
        let routing = route(&announcement.event, &facts);
        matches!(routing.in_app, Outcome::Deliver(_)).then_some(Arrival {
            announcement,
            recipient,
            routing,
        })
    })
}
