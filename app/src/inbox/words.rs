//! The words of notifications and of the connection's state.

use shared::{
    bidi::isolate,
    dto::{Notification, NotificationKind},
    live::Link,
};
use words::Locale;

/// A notification as one sentence, plain text: actor, event, artwork.
pub fn sentence(item: &Notification, l: Locale) -> String {
    let (who, title) = (
        isolate(&item.actor.display_name),
        isolate(&item.artwork.title),
    );
    match item.kind {
        NotificationKind::Critique => l.notification_critique(&who, &title),
        NotificationKind::Helpful => l.notification_helpful(&who, &title),
        NotificationKind::Artwork => l.notification_artwork(&who, &title),
        NotificationKind::Other => l.notification_other(&who, &title),
    }
}

/// The state of the connection, as the panel shows it.
pub fn link(link: Link, l: Locale) -> String {
    match link {
        Link::Live => l.link_live(),
        Link::CatchingUp => l.link_catching_up(),
        Link::Polling => l.link_polling(),
        Link::Offline => l.link_offline(),
    }
    .into_owned()
}

#[cfg(test)]
mod tests {
    use shared::{
        ArtworkId, NotificationId, Timestamp,
        dto::{Person, Subject},
    };

    use super::*;

    #[test]
    fn notifications_are_sentences_in_each_language() {
        let item = |kind| Notification {
            id: NotificationId(1),
            seq: 1,
            kind,
            actor: Person {
                handle: "ann".into(),
                display_name: "Ann".into(),
            },
            artwork: Subject {
                id: ArtworkId(7),
                title: "שלום".into(),
            },
            excerpt: String::new(),
            url: "/artworks/7".into(),
            created_at: Timestamp(String::new()),
            seen: false,
            read: false,
            archived: false,
            retracted: false,
        };
        let critique = item(NotificationKind::Critique);
        assert_eq!(
            sentence(&critique, Locale::En),
            "Ann critiqued “\u{2068}שלום\u{2069}”"
        );
        let of = |kind, l| sentence(&item(kind), l);
        for kind in [
            NotificationKind::Critique,
            NotificationKind::Helpful,
            NotificationKind::Artwork,
            NotificationKind::Other,
        ] {
            assert_ne!(of(kind, Locale::En), of(kind, Locale::De), "{kind:?}");
        }
    }
}
