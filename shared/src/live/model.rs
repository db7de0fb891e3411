//! A minimal model of the server, the reference that [`Inbox`](super::Inbox) and
//! [`Bell`](super::Bell) are tested against.

use proptest::{collection::vec, prelude::*, sample::Index};

use super::{Cursor, Inbox, ServerFrame, State};
use crate::{
    ArtworkId, NotificationId, Timestamp,
    dto::{InboxPage, Marked, Notification, NotificationKind, Person, Subject},
};

/// Checks that an inbox has the server's counts and its newest notifications, down to the start of
/// the next page; `truth` is a page with all of them.
pub fn check_newest(inbox: &Inbox, truth: InboxPage) -> Result<(), TestCaseError> {
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

/// An action that may change an inbox.
#[derive(Clone, Debug)]
pub enum Action {
    /// A new critique: a new notification.
    Arrive,
    /// A helpful mark is withdrawn, or set again.
    Toggle(Index),
    /// A critique is deleted, and its notifications are retracted.
    Retract(Vec<Index>),
    /// A critique or a title is edited.
    Edit(Vec<Index>),
    /// The recipient marks these notifications.
    MarkIds(Vec<Index>, State),
    /// The recipient marks all notifications that had arrived by this `seq`.
    MarkThrough(Index, State),
}

impl Action {
    pub fn any() -> impl Strategy<Value = Self> {
        use State::{Archived, Read, Restored, Seen, Unread};
        let lines = || vec(any::<Index>(), 1..4);
        let for_all = prop::sample::select(vec![Read, Read, Seen, Seen, Unread, Archived]);
        let for_some = prop::sample::select(vec![Read, Unread, Seen, Archived, Restored]);
        prop_oneof![
            5 => Just(Self::Arrive),
            2 => any::<Index>().prop_map(Self::Toggle),
            1 => lines().prop_map(Self::Retract),
            2 => lines().prop_map(Self::Edit),
            4 => (lines(), for_some).prop_map(|(lines, state)| Self::MarkIds(lines, state)),
            1 => (any::<Index>(), for_all).prop_map(|(place, state)| Self::MarkThrough(place, state)),
        ]
    }
}

#[derive(Clone, Debug)]
struct Row {
    item: Notification,
    changed: u64,
}

/// One inbox as the server keeps it, with the frame of each change.
#[derive(Clone, Debug)]
pub struct Server {
    pub epoch: u32,
    pub seq: u64,
    rows: Vec<Row>,
    /// The frame of change `seq` has the index `seq - 1`.
    pub frames: Vec<ServerFrame>,
    /// Changes a client may be behind. Beyond that it receives a reset.
    pub patience: u64,
}

impl Server {
    pub fn new() -> Self {
        Self {
            epoch: 1,
            seq: 0,
            rows: Vec::new(),
            frames: Vec::new(),
            patience: u64::MAX,
        }
    }

    /// The server before any change and after each effective action: element `n` is at `seq` n.
    pub fn history(actions: &[Action]) -> Vec<Self> {
        let mut states = vec![Self::new()];
        for action in actions {
            let mut server = states[states.len() - 1].clone();
            if server.act(action).is_some() {
                states.push(server);
            }
        }
        states
    }

    pub fn cursor(&self) -> Cursor {
        Cursor::new(format!("e{}", self.epoch), self.seq)
    }

    /// The database is restored from a backup taken just now; the change log is lost.
    pub fn bump_epoch(&mut self) {
        self.epoch += 1;
    }

    pub fn act(&mut self, action: &Action) -> Option<ServerFrame> {
        match action {
            Action::Arrive => Some(self.arrive()),
            Action::Toggle(line) => {
                let id = *self.ids(std::slice::from_ref(line)).first()?;
                if self.row(id)?.item.retracted {
                    self.give_back(id)
                } else {
                    self.retract(&[id])
                }
            }
            Action::Retract(lines) => self.retract(&self.ids(lines)),
            Action::Edit(lines) => self.edit(&self.ids(lines)),
            Action::MarkIds(..) | Action::MarkThrough(..) => {
                let (marked, state) = self.asked(action)?;
                self.mark(&marked, state)
            }
        }
    }

    /// The mark that this action requests, if it is a mark by the recipient.
    pub fn asked(&self, action: &Action) -> Option<(Marked, State)> {
        match action {
            Action::MarkIds(lines, state) => Some((Marked::Ids(self.ids(lines)), *state)),
            Action::MarkThrough(place, state) => {
                let seq = place.index(usize::try_from(self.seq).expect("small") + 1) as u64;
                Some((Marked::Through(self.cursor().at(seq)), *state))
            }
            _ => None,
        }
    }

    fn ids(&self, lines: &[Index]) -> Vec<NotificationId> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        lines
            .iter()
            .map(|line| line.get(&self.rows).item.id)
            .collect()
    }

    fn row(&self, id: NotificationId) -> Option<&Row> {
        self.rows.iter().find(|row| row.item.id == id)
    }

    /// Changes the matching rows under the next `seq`. If none matches, no `seq` is taken.
    fn change(
        &mut self,
        hit: impl Fn(&Notification) -> bool,
        turn: impl Fn(&mut Notification, u64),
    ) -> Vec<NotificationId> {
        let seq = self.seq + 1;
        let hit: Vec<&mut Row> = self.rows.iter_mut().filter(|row| hit(&row.item)).collect();
        let ids: Vec<NotificationId> = hit.iter().map(|row| row.item.id).collect();
        for row in hit {
            turn(&mut row.item, seq);
            row.changed = seq;
        }
        self.seq += u64::from(!ids.is_empty());
        ids
    }

    fn arrive(&mut self) -> ServerFrame {
        self.seq += 1;
        let item = notification(self.rows.len(), self.seq);
        self.rows.push(Row {
            item: item.clone(),
            changed: self.seq,
        });
        let (cursor, (unseen, unread)) = (self.cursor(), self.counts());
        self.sent(ServerFrame::Notification {
            cursor,
            unseen,
            unread,
            notification: item,
        })
    }

    pub fn retract(&mut self, ids: &[NotificationId]) -> Option<ServerFrame> {
        let ids = self.change(
            |item| ids.contains(&item.id) && !item.retracted,
            |item, _| item.retracted = true,
        );
        self.changed(ids, None, State::Retracted, false)
    }

    /// Edits the text of notifications, except retracted ones.
    fn edit(&mut self, ids: &[NotificationId]) -> Option<ServerFrame> {
        let reword = |item: &mut Notification, seq| item.excerpt = format!("Edited at {seq}");
        let ids = self.change(|item| ids.contains(&item.id) && !item.retracted, reword);
        self.changed(ids, None, State::Edited, true)
    }

    /// Restores a retracted notification unchanged, except that it arrives under the next `seq`.
    pub fn give_back(&mut self, id: NotificationId) -> Option<ServerFrame> {
        let ids = self.change(
            |item| item.id == id,
            |item, seq| (item.retracted, item.seq) = (false, seq),
        );
        self.changed(ids, None, State::Restored, true)
    }

    pub fn mark(&mut self, marked: &Marked, state: State) -> Option<ServerFrame> {
        let chosen = |item: &Notification| match marked {
            Marked::Ids(ids) => ids.contains(&item.id),
            Marked::Through(cursor) => item.seq <= cursor.seq,
        };
        let would_change = |item: &Notification| match state {
            State::Read => item.listed() && !item.read,
            State::Unread => item.listed() && item.read,
            State::Seen => item.listed() && !item.seen,
            State::Archived => item.listed(),
            State::Restored => item.archived && !item.retracted,
            State::Retracted | State::Edited | State::Unknown => false,
        };
        let ids = self.change(
            |item| chosen(item) && would_change(item),
            |item, _| match state {
                State::Read => (item.seen, item.read) = (true, true),
                State::Unread => item.read = false,
                State::Seen => item.seen = true,
                State::Archived => item.archived = true,
                State::Restored => item.archived = false,
                State::Retracted | State::Edited | State::Unknown => {}
            },
        );
        let through = match marked {
            Marked::Ids(_) => None,
            Marked::Through(cursor) => Some(cursor.clone()),
        };
        self.changed(ids, through, state, state == State::Restored)
    }

    fn changed(
        &mut self,
        ids: Vec<NotificationId>,
        through: Option<Cursor>,
        state: State,
        whole: bool,
    ) -> Option<ServerFrame> {
        if ids.is_empty() {
            return None;
        }
        let whole =
            |id: &NotificationId| self.row(*id).filter(|_| whole).map(|row| row.item.clone());
        let items = ids.iter().filter_map(whole).collect();
        let ids = Some(ids).filter(|_| through.is_none());
        let (cursor, (unseen, unread)) = (self.cursor(), self.counts());
        Some(self.sent(ServerFrame::Changed {
            cursor,
            unseen,
            unread,
            ids,
            through,
            state,
            items,
        }))
    }

    fn sent(&mut self, frame: ServerFrame) -> ServerFrame {
        self.frames.push(frame.clone());
        frame
    }

    fn listed(&self) -> impl DoubleEndedIterator<Item = &Notification> {
        self.rows
            .iter()
            .map(|row| &row.item)
            .filter(|item| item.listed())
    }

    pub fn counts(&self) -> (u32, u32) {
        let count = |wanted: fn(&&Notification) -> bool| {
            u32::try_from(self.listed().filter(wanted).count()).expect("small")
        };
        (count(|item| !item.seen), count(|item| !item.read))
    }

    /// Listed unseen notifications that were never retracted, archived or restored.
    pub fn never_seen(&self) -> impl Iterator<Item = NotificationId> {
        let touched: Vec<NotificationId> = self.frames.iter().flat_map(taken_away).collect();
        self.listed()
            .filter(|item| !item.seen)
            .map(|item| item.id)
            .filter(move |id| !touched.contains(id))
    }

    /// `GET ?limit=&before=`
    pub fn page(&self, before: Option<&str>, limit: usize) -> InboxPage {
        let before = before.map_or(i64::MAX, |text| {
            text.parse().expect("given back as it was received")
        });
        let mut items: Vec<Notification> = self
            .listed()
            .rev()
            .filter(|item| item.id.0 < before)
            .take(limit + 1)
            .cloned()
            .collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items
            .last()
            .filter(|_| more)
            .map(|item| item.id.to_string());
        let (unseen, unread) = self.counts();
        InboxPage {
            cursor: self.cursor(),
            unseen,
            unread,
            items,
            next,
            reset: false,
        }
    }

    /// The first page without a limit.
    pub fn snapshot(&self) -> InboxPage {
        self.page(None, usize::MAX - 1)
    }

    /// `GET ?after=`
    pub fn changes(&self, after: &Cursor, limit: usize) -> InboxPage {
        if self.too_far(after) {
            return InboxPage {
                reset: true,
                ..self.page(None, limit)
            };
        }
        let mut rows: Vec<&Row> = self
            .rows
            .iter()
            .filter(|row| row.changed > after.seq)
            .collect();
        rows.sort_by_key(|row| (row.changed, row.item.id));
        let items = rows.into_iter().map(|row| row.item.clone()).collect();
        let (unseen, unread) = self.counts();
        InboxPage {
            cursor: self.cursor(),
            unseen,
            unread,
            items,
            next: None,
            reset: false,
        }
    }

    /// The frames that a socket opened at this cursor is sent: hello, then the missed changes.
    pub fn greet(&self, after: &Cursor, limit: usize) -> Vec<ServerFrame> {
        let (cursor, (unseen, unread)) = (self.cursor(), self.counts());
        let mut frames = vec![ServerFrame::Hello {
            cursor,
            unseen,
            unread,
            heartbeat_secs: 25,
        }];
        if self.too_far(after) {
            let InboxPage {
                cursor,
                unseen,
                unread,
                items,
                next,
                ..
            } = self.page(None, limit);
            frames.push(ServerFrame::Reset {
                cursor,
                unseen,
                unread,
                items,
                next,
            });
        } else {
            frames.extend(
                self.frames[usize::try_from(after.seq).expect("small")..]
                    .iter()
                    .cloned(),
            );
        }
        frames
    }

    fn too_far(&self, after: &Cursor) -> bool {
        after.epoch != self.cursor().epoch || self.seq - after.seq > self.patience
    }
}

fn taken_away(frame: &ServerFrame) -> Vec<NotificationId> {
    match frame {
        ServerFrame::Changed {
            ids: Some(ids),
            state: State::Retracted | State::Archived | State::Restored,
            ..
        } => ids.clone(),
        _ => Vec::new(),
    }
}

fn notification(number: usize, seq: u64) -> Notification {
    let number = i64::try_from(number).expect("small") + 1;
    Notification {
        id: NotificationId(number),
        seq,
        kind: NotificationKind::Critique,
        actor: Person {
            handle: "bo".into(),
            display_name: "Bo".into(),
        },
        artwork: Subject {
            id: ArtworkId(1),
            title: "Dusk".into(),
        },
        excerpt: format!("Critique {number}"),
        url: format!("/artworks/1#critique-{number}"),
        created_at: Timestamp("2026-11-23T01:37:30Z".into()),
        seen: false,
        read: false,
        archived: false,
        retracted: false,
    }
}
