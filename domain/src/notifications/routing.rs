//! Decides who hears of an event, by which channel, and why: a pure function over facts that the
//! caller has loaded. Its answer is stored with the notification, so "why did I get this" is a
//! lookup.
//!
//! A new fact about a recipient (a preference, a mute, a block, the local time) becomes a field of
//! [`Facts`], loaded for all recipients at once in [`arrivals`](super::announcement::arrivals); a
//! new channel becomes a field of [`Routing`].

use serde::{Deserialize, Serialize};
use shared::UserId;

use crate::notifications::events::{Event, Happening};

/// How a recipient is related to an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    /// The artist of the artwork.
    Artist,
    /// The author of the critique.
    Author,
    /// A follower of the artwork's artist.
    Follower,
}

/// The facts about one recipient of an event.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// The recipient.
    pub recipient: UserId,
    /// How they are related to the event.
    pub relation: Relation,
}

/// By which channels a recipient hears of an event. Stored as JSON; the words are permanent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routing {
    /// The inbox, and with it every open socket: an inbox's frames can't be left out one by one,
    /// since their `seq` has no gaps.
    pub in_app: Outcome,
}

/// What routing decided for a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Deliver.
    Deliver(WhyDeliver),
    /// Don't deliver.
    Withhold(WhyWithhold),
}

/// Why a recipient hears of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyDeliver {
    /// It concerns their artwork.
    OwnArtwork,
    /// It concerns their critique.
    OwnCritique,
    /// They follow the artist.
    FollowsArtist,
}

/// Why a recipient does not hear of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyWithhold {
    /// They did it themselves.
    OwnAct,
    /// People with their relation don't hear of such events.
    Unrelated,
}

/// Routes an event to one recipient.
pub fn route(event: &Event, facts: &Facts) -> Routing {
    use Outcome::{Deliver, Withhold};
    let in_app = if facts.recipient == event.actor {
        Withhold(WhyWithhold::OwnAct)
    } else {
        match (event.what, facts.relation) {
            (Happening::Critiqued(_), Relation::Artist) => Deliver(WhyDeliver::OwnArtwork),
            (Happening::MarkedHelpful(_), Relation::Author) => Deliver(WhyDeliver::OwnCritique),
            (Happening::Posted, Relation::Follower) => Deliver(WhyDeliver::FollowsArtist),
            _ => Withhold(WhyWithhold::Unrelated),
        }
    };
    Routing { in_app }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};
    use shared::{ArtworkId, CritiqueId};

    use super::*;

    const ACTOR: UserId = UserId(1);
    const OTHER: UserId = UserId(2);
    const HAPPENINGS: [Happening; 3] = [
        Happening::Critiqued(CritiqueId(7)),
        Happening::MarkedHelpful(CritiqueId(7)),
        Happening::Posted,
    ];
    const RELATIONS: [Relation; 3] = [Relation::Artist, Relation::Author, Relation::Follower];

    fn routed(what: Happening, recipient: UserId, relation: Relation) -> Routing {
        let event = Event {
            what,
            artwork: ArtworkId(3),
            actor: ACTOR,
            at: 0,
        };
        route(
            &event,
            &Facts {
                recipient,
                relation,
            },
        )
    }

    fn stored(routing: Routing) -> String {
        serde_json::to_string(&routing).expect("JSON")
    }

    #[test]
    fn each_relation_hears_of_its_own_kind_of_event_only() {
        let [critiqued, helpful, posted] = HAPPENINGS;
        let unrelated = r#"{"in_app":{"withhold":"unrelated"}}"#;
        for (what, relation, expected) in [
            (
                critiqued,
                Relation::Artist,
                r#"{"in_app":{"deliver":"own_artwork"}}"#,
            ),
            (critiqued, Relation::Author, unrelated),
            (critiqued, Relation::Follower, unrelated),
            (helpful, Relation::Artist, unrelated),
            (
                helpful,
                Relation::Author,
                r#"{"in_app":{"deliver":"own_critique"}}"#,
            ),
            (helpful, Relation::Follower, unrelated),
            (posted, Relation::Artist, unrelated),
            (posted, Relation::Author, unrelated),
            (
                posted,
                Relation::Follower,
                r#"{"in_app":{"deliver":"follows_artist"}}"#,
            ),
        ] {
            assert_eq!(
                stored(routed(what, OTHER, relation)),
                expected,
                "{what:?} {relation:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_actor_never_hears_of_their_own_act(
            what in select(&HAPPENINGS[..]), relation in select(&RELATIONS[..]),
        ) {
            prop_assert_eq!(
                routed(what, ACTOR, relation).in_app,
                Outcome::Withhold(WhyWithhold::OwnAct)
            );
        }

        #[test]
        fn the_answer_depends_on_the_recipient_only_through_the_facts(
            what in select(&HAPPENINGS[..]), relation in select(&RELATIONS[..]), who in 2..i64::MAX,
        ) {
            prop_assert_eq!(
                routed(what, UserId(who), relation),
                routed(what, OTHER, relation)
            );
        }

        #[test]
        fn the_stored_answer_is_short_and_reads_back(
            what in select(&HAPPENINGS[..]), relation in select(&RELATIONS[..]), who in 1..5_i64,
        ) {
            let routing = routed(what, UserId(who), relation);
            let text = stored(routing);
            prop_assert!(text.len() <= 64, "{}", text);
            prop_assert_eq!(serde_json::from_str::<Routing>(&text).expect("a routing"), routing);
        }
    }
}
