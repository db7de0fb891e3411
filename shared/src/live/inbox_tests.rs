use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::live::model::{Action, Server, check_newest};

/// Histories: the server after each change.
fn histories() -> impl Strategy<Value = Vec<Server>> {
    vec(Action::any(), 0..40).prop_map(|actions| Server::history(&actions))
}

/// Two states of a history, the earlier first.
fn moments(states: &[Server], one: Index, other: Index) -> (&Server, &Server) {
    let (one, other) = (one.index(states.len()), other.index(states.len()));
    (&states[one.min(other)], &states[one.max(other)])
}

fn full_inbox(server: &Server) -> Inbox {
    server.snapshot().into()
}

fn between<'a>(earlier: &Server, later: &'a Server) -> &'a [ServerFrame] {
    &later.frames[earlier.frames.len()..]
}

proptest! {
    #[test]
    fn a_snapshot_plus_later_frames_equals_the_later_snapshot(states in histories(), one: Index, other: Index) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = full_inbox(earlier);
        for frame in between(earlier, later) {
            let applied = inbox.apply(frame);
            prop_assert!(matches!(applied, Applied::New(_) | Applied::Changed), "{:?}", applied);
        }
        prop_assert_eq!(inbox, full_inbox(later));
    }

    #[test]
    fn a_snapshot_plus_fetched_changes_equals_the_later_snapshot(states in histories(), one: Index, other: Index) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = full_inbox(earlier);
        let fresh = inbox.catch_up(later.changes(&inbox.cursor, 20));
        prop_assert_eq!(&inbox, &full_inbox(later));
        let known = full_inbox(earlier).items;
        let unseen = later.snapshot().items.into_iter().rev().filter(|item| item.seq > earlier.seq && !item.seen);
        let wanted: Vec<_> = unseen.filter(|item| known.iter().all(|known| known.id != item.id)).collect();
        prop_assert_eq!(fresh, wanted, "new lines come oldest first");
    }

    #[test]
    fn changes_fetched_from_an_older_cursor_apply_as_well(states in histories(), one: Index, other: Index, third: Index) {
        let (earlier, later) = moments(&states, one, other);
        let asked_at = &states[third.index(earlier.frames.len() + 1)];
        let mut inbox = full_inbox(earlier);
        inbox.catch_up(later.changes(&asked_at.cursor(), 20));
        prop_assert_eq!(inbox, full_inbox(later));
    }

    #[test]
    fn an_outdated_response_changes_nothing(states in histories(), one: Index, other: Index, reset: bool) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = full_inbox(later);
        inbox.catch_up(InboxPage { reset, ..earlier.snapshot() });
        prop_assert_eq!(inbox, full_inbox(later));
    }

    #[test]
    fn repeated_early_or_lost_frames_do_not_corrupt_the_inbox(
        states in histories(), start: Index, order in vec(any::<Index>(), 0..60),
    ) {
        let server = &states[states.len() - 1];
        let mut inbox = full_inbox(&states[start.index(states.len())]);
        if !server.frames.is_empty() {
            for frame in order.iter().map(|index| index.get(&server.frames)) {
                let (before, seq) = (inbox.clone(), frame.cursor().expect("a change").seq);
                let applied = inbox.apply(frame);
                if seq <= before.cursor.seq {
                    prop_assert_eq!(applied, Applied::Stale);
                    prop_assert_eq!(&inbox, &before);
                } else if seq > before.cursor.seq + 1 {
                    prop_assert_eq!(applied, Applied::Gap(seq));
                    prop_assert_eq!(&inbox, &before);
                }
                let at = usize::try_from(inbox.cursor.seq).expect("small");
                prop_assert_eq!(&inbox, &full_inbox(&states[at]), "always some snapshot");
            }
        }
        inbox.catch_up(server.changes(&inbox.cursor, 20));
        prop_assert_eq!(inbox, full_inbox(server));
    }

    #[test]
    fn a_first_page_keeps_the_newest_notifications(states in histories(), one: Index, other: Index, size in 1_usize..6, fetch: bool) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = Inbox::from(earlier.page(None, size));
        if fetch {
            inbox.catch_up(later.changes(&inbox.cursor, size));
        } else {
            for frame in between(earlier, later) {
                inbox.apply(frame);
            }
        }
        check_newest(&inbox, later.snapshot())?;
    }

    #[test]
    fn older_pages_append_correctly_at_any_time(
        states in histories(), one: Index, other: Index, third: Index, size in 1_usize..6, fetch: bool,
    ) {
        let (first, then) = moments(&states, one, other);
        let page_of = &states[third.index(states.len())];
        let last = &states[states.len() - 1];
        let mut inbox = Inbox::from(first.page(None, size));
        for frame in between(first, then) {
            inbox.apply(frame);
        }
        let before = inbox.clone();
        let older = page_of.page(inbox.next.as_deref(), size);
        if !inbox.append(older.clone()) {
            prop_assert!(before.next.is_none() || page_of.seq < then.seq);
            prop_assert_eq!(&inbox, &before);
        }
        let twice = !older.items.is_empty() && inbox.append(older);
        prop_assert!(!twice, "a page joins once");
        if fetch {
            inbox.catch_up(last.changes(&inbox.cursor, size));
        } else {
            for frame in between(then, last) {
                inbox.apply(frame);
            }
        }
        check_newest(&inbox, last.snapshot())?;
    }

    #[test]
    fn an_optimistic_mark_converges_with_the_server(
        states in histories(), at: Index, mark in Action::any(), others in vec(Action::any(), 0..6), size in 1_usize..6, fetch: bool,
    ) {
        let shown = &states[at.index(states.len())];
        let mut server = states[states.len() - 1].clone();
        let Some((marked, state)) = shown.asked(&mark) else { return Ok(()) };
        let mut inbox = Inbox::from(shown.page(None, size));
        inbox.preview(&marked, state);
        // The request reaches the server in its latest state.
        server.mark(&marked, state);
        for action in &others {
            server.act(action);
        }
        if fetch {
            inbox.catch_up(server.changes(&inbox.cursor, size));
        } else {
            for frame in between(shown, &server) {
                inbox.apply(frame);
            }
        }
        // A mark that changes nothing takes no `seq`; the optimistic state was then already right.
        check_newest(&inbox, server.snapshot())?;
    }

    #[test]
    fn an_optimistic_mark_predicts_the_server_state(states in histories(), mark in Action::any()) {
        let mut server = states[states.len() - 1].clone();
        // An archived notification is not in the inbox, so restoring it can't be shown early.
        let asked = server.asked(&mark).filter(|(_, state)| *state != State::Restored);
        if let Some((marked, state)) = asked {
            let mut inbox = full_inbox(&server);
            inbox.preview(&marked, state);
            server.mark(&marked, state);
            prop_assert_eq!(Inbox { cursor: server.cursor(), ..inbox }, full_inbox(&server));
        }
    }
}

/// A server with this many new notifications.
fn server_with(notifications: usize) -> Server {
    let mut server = Server::new();
    for _ in 0..notifications {
        server.act(&Action::Arrive);
    }
    server
}

fn ids(inbox: &Inbox) -> Vec<i64> {
    inbox.items.iter().map(|item| item.id.0).collect()
}

#[test]
fn a_notification_restored_to_an_emptied_first_page_keeps_its_position() {
    let mut server = server_with(5);
    let mut inbox = Inbox::from(server.page(None, 2));
    for (number, state) in [
        (5, State::Archived),
        (4, State::Archived),
        (2, State::Archived),
        (2, State::Restored),
        (4, State::Restored),
    ] {
        let frame = server
            .mark(&Marked::Ids(vec![NotificationId(number)]), state)
            .expect("a change");
        inbox.apply(&frame);
    }
    assert_eq!(
        ids(&inbox),
        [4],
        "line 2 is further down than the page; line 4 was on it"
    );
    assert!(inbox.append(server.page(inbox.next.as_deref(), 2)));
    assert_eq!(ids(&inbox), [4, 3, 2]);
}

#[test]
fn marking_all_as_unread_leaves_unseen_notifications_unseen() {
    let mut server = server_with(2);
    server.mark(&Marked::Ids(vec![NotificationId(1)]), State::Read);
    let mut inbox = full_inbox(&server);
    let all = Marked::Through(server.cursor());
    inbox.preview(&all, State::Unread);
    assert_eq!((inbox.unseen, inbox.unread), (1, 2));
    inbox.apply(&server.mark(&all, State::Unread).expect("a change"));
    assert_eq!(inbox, full_inbox(&server));
}

#[test]
fn marking_all_also_counts_notifications_on_later_pages() {
    for (state, counts) in [
        (State::Read, (0, 0)),
        (State::Archived, (0, 0)),
        (State::Seen, (0, 5)),
    ] {
        let server = server_with(5);
        let mut inbox = Inbox::from(server.page(None, 2));
        inbox.preview(&Marked::Through(server.cursor()), state);
        assert_eq!((inbox.unseen, inbox.unread), counts, "{state:?}");
    }
}

#[test]
fn another_epoch_is_a_gap_until_a_reset_arrives() {
    let mut server = server_with(3);
    let mut inbox = full_inbox(&server);
    let foreign = server.changes(&server.cursor(), 20);
    server.bump_epoch();
    let frame = server.act(&Action::Arrive).expect("a change");
    let before = inbox.clone();
    assert_eq!(inbox.apply(&frame), Applied::Gap(4));
    assert_eq!(inbox, before);
    inbox.catch_up(server.changes(&inbox.cursor, 20));
    assert_eq!(inbox, full_inbox(&server));
    inbox.catch_up(foreign);
    assert_eq!(
        inbox,
        full_inbox(&server),
        "an answer of the history before is no snapshot"
    );
}

#[test]
fn a_reset_frame_replaces_the_inbox_unless_outdated() {
    let server = server_with(3);
    let InboxPage {
        cursor,
        unseen,
        unread,
        items,
        next,
        ..
    } = server.page(None, 2);
    let reset = ServerFrame::Reset {
        cursor,
        unseen,
        unread,
        items,
        next,
    };
    let mut inbox = full_inbox(&server_with(1));
    assert_eq!(inbox.apply(&reset), Applied::Changed);
    assert_eq!(inbox, server.page(None, 2).into());
    let mut later = full_inbox(&server_with(4));
    assert_eq!(later.apply(&reset), Applied::Stale);
    assert_eq!(later, full_inbox(&server_with(4)));
}

#[test]
fn hello_and_beat_reveal_a_missed_change_without_changing_the_inbox() {
    let mut inbox = full_inbox(&server_with(2));
    for (seq, applied) in [
        (1, Applied::Stale),
        (2, Applied::Stale),
        (3, Applied::Gap(3)),
    ] {
        assert_eq!(
            inbox.apply(&ServerFrame::Beat {
                cursor: Cursor::new("e1", seq),
                unverified: false
            }),
            applied
        );
    }
    for frame in [
        ServerFrame::Unknown,
        ServerFrame::Bye {
            reason: "draining".into(),
            retry_after_ms: 1,
        },
    ] {
        assert_eq!(inbox.apply(&frame), Applied::Nothing);
    }
    assert_eq!(inbox, full_inbox(&server_with(2)));
}
