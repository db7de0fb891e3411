use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;
use crate::live::model::{Action, Server};

/// Histories, as the server was after each of their changes.
fn histories() -> impl Strategy<Value = Vec<Server>> {
    vec(Action::any(), 0..40).prop_map(|actions| Server::history(&actions))
}

/// Two moments of a history, the earlier first.
fn moments(states: &[Server], one: Index, other: Index) -> (&Server, &Server) {
    let (one, other) = (one.index(states.len()), other.index(states.len()));
    (&states[one.min(other)], &states[one.max(other)])
}

fn all_of(server: &Server) -> Inbox {
    server.snapshot().into()
}

fn between<'a>(earlier: &Server, later: &'a Server) -> &'a [ServerFrame] {
    &later.frames[earlier.frames.len()..]
}

/// Whether the inbox shows the server's counts and its newest lines, down to where it says that
/// older ones begin.
fn is_a_prefix(inbox: &Inbox, server: &Server) -> Result<(), TestCaseError> {
    let truth = server.snapshot();
    let reach = inbox
        .next
        .as_ref()
        .map_or(0, |next| next.parse().expect("an id"));
    let wanted: Vec<_> = truth
        .items
        .into_iter()
        .filter(|item| item.id.0 >= reach)
        .collect();
    prop_assert_eq!(&inbox.items, &wanted);
    prop_assert_eq!(
        (&inbox.cursor, inbox.unseen, inbox.unread),
        (&truth.cursor, truth.unseen, truth.unread)
    );
    Ok(())
}

proptest! {
    #[test]
    fn a_snapshot_with_the_changes_after_it_is_the_later_snapshot(states in histories(), one: Index, other: Index) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = all_of(earlier);
        for frame in between(earlier, later) {
            let applied = inbox.apply(frame);
            prop_assert!(matches!(applied, Applied::New(_) | Applied::Changed), "{:?}", applied);
        }
        prop_assert_eq!(inbox, all_of(later));
    }

    #[test]
    fn a_snapshot_with_what_changed_since_is_the_later_snapshot(states in histories(), one: Index, other: Index) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = all_of(earlier);
        let fresh = inbox.catch_up(later.changes(&inbox.cursor, 20));
        prop_assert_eq!(&inbox, &all_of(later));
        let known = all_of(earlier).items;
        let unseen = later.snapshot().items.into_iter().rev().filter(|item| item.seq > earlier.seq && !item.seen);
        let wanted: Vec<_> = unseen.filter(|item| known.iter().all(|known| known.id != item.id)).collect();
        prop_assert_eq!(fresh, wanted, "new lines come oldest first");
    }

    #[test]
    fn what_changed_since_an_older_cursor_does_as_well(states in histories(), one: Index, other: Index, third: Index) {
        let (earlier, later) = moments(&states, one, other);
        let asked_at = &states[third.index(earlier.frames.len() + 1)];
        let mut inbox = all_of(earlier);
        inbox.catch_up(later.changes(&asked_at.cursor(), 20));
        prop_assert_eq!(inbox, all_of(later));
    }

    #[test]
    fn an_answer_that_was_overtaken_changes_nothing(states in histories(), one: Index, other: Index, reset: bool) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = all_of(later);
        inbox.catch_up(InboxPage { reset, ..earlier.snapshot() });
        prop_assert_eq!(inbox, all_of(later));
    }

    #[test]
    fn frames_that_come_twice_too_early_or_not_at_all_corrupt_nothing(
        states in histories(), start: Index, order in vec(any::<Index>(), 0..60),
    ) {
        let server = &states[states.len() - 1];
        let mut inbox = all_of(&states[start.index(states.len())]);
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
                prop_assert_eq!(&inbox, &all_of(&states[at]), "always some snapshot");
            }
        }
        inbox.catch_up(server.changes(&inbox.cursor, 20));
        prop_assert_eq!(inbox, all_of(server));
    }

    #[test]
    fn a_first_page_stays_the_newest_lines(states in histories(), one: Index, other: Index, size in 1_usize..6, fetch: bool) {
        let (earlier, later) = moments(&states, one, other);
        let mut inbox = Inbox::from(earlier.page(None, size));
        if fetch {
            inbox.catch_up(later.changes(&inbox.cursor, size));
        } else {
            for frame in between(earlier, later) {
                inbox.apply(frame);
            }
        }
        is_a_prefix(&inbox, later)?;
    }

    #[test]
    fn older_pages_join_on_whenever_they_come(
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
        is_a_prefix(&inbox, last)?;
    }

    #[test]
    fn a_mark_shown_early_is_made_true_by_the_frames(
        states in histories(), at: Index, mark in Action::any(), others in vec(Action::any(), 0..6), size in 1_usize..6, fetch: bool,
    ) {
        let shown = &states[at.index(states.len())];
        let mut server = states[states.len() - 1].clone();
        let Some((marked, state)) = shown.asked(&mark) else { return Ok(()) };
        let mut inbox = Inbox::from(shown.page(None, size));
        inbox.preview(&marked, state);
        // The request meets the server as it is by then.
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
        // A mark that changed nothing, with nothing else going on, takes no `seq`: then what was
        // shown was true already.
        is_a_prefix(&inbox, &server)?;
    }

    #[test]
    fn a_mark_shown_early_shows_what_the_server_will_say(states in histories(), mark in Action::any()) {
        let mut server = states[states.len() - 1].clone();
        // What comes back out of the archive is not here to be shown.
        let asked = server.asked(&mark).filter(|(_, state)| *state != State::Restored);
        if let Some((marked, state)) = asked {
            let mut inbox = all_of(&server);
            inbox.preview(&marked, state);
            server.mark(&marked, state);
            prop_assert_eq!(Inbox { cursor: server.cursor(), ..inbox }, all_of(&server));
        }
    }
}

/// A server with this many new lines.
fn server_with(lines: usize) -> Server {
    let mut server = Server::new();
    for _ in 0..lines {
        server.act(&Action::Arrive);
    }
    server
}

fn ids(inbox: &Inbox) -> Vec<i64> {
    inbox.items.iter().map(|item| item.id.0).collect()
}

#[test]
fn a_line_of_an_emptied_first_page_comes_back_in_its_place() {
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
fn marking_all_as_unread_does_not_mark_the_unseen_as_seen() {
    let mut server = server_with(2);
    server.mark(&Marked::Ids(vec![NotificationId(1)]), State::Read);
    let mut inbox = all_of(&server);
    let all = Marked::Through(server.cursor());
    inbox.preview(&all, State::Unread);
    assert_eq!((inbox.unseen, inbox.unread), (1, 2));
    inbox.apply(&server.mark(&all, State::Unread).expect("a change"));
    assert_eq!(inbox, all_of(&server));
}

#[test]
fn marking_all_counts_lines_further_down_too() {
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
fn another_history_is_a_gap_until_a_reset_comes() {
    let mut server = server_with(3);
    let mut inbox = all_of(&server);
    let foreign = server.changes(&server.cursor(), 20);
    server.bump_epoch();
    let frame = server.act(&Action::Arrive).expect("a change");
    let before = inbox.clone();
    assert_eq!(inbox.apply(&frame), Applied::Gap(4));
    assert_eq!(inbox, before);
    inbox.catch_up(server.changes(&inbox.cursor, 20));
    assert_eq!(inbox, all_of(&server));
    inbox.catch_up(foreign);
    assert_eq!(
        inbox,
        all_of(&server),
        "an answer of the history before is no snapshot"
    );
}

#[test]
fn a_reset_frame_replaces_all_and_a_late_one_nothing() {
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
    let mut inbox = all_of(&server_with(1));
    assert_eq!(inbox.apply(&reset), Applied::Changed);
    assert_eq!(inbox, server.page(None, 2).into());
    let mut later = all_of(&server_with(4));
    assert_eq!(later.apply(&reset), Applied::Stale);
    assert_eq!(later, all_of(&server_with(4)));
}

#[test]
fn hello_and_beat_show_a_missed_change_and_change_nothing() {
    let mut inbox = all_of(&server_with(2));
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
    assert_eq!(inbox, all_of(&server_with(2)));
}
