use super::{Cursor, ServerFrame, State};
use crate::{
    NotificationId,
    dto::{InboxPage, Marked, Notification},
};

/// What a page shows of an inbox: the newest lines, the counts, and how far it has come.
///
/// The law both ends are held to: a snapshot, with the changes after it applied, is the later
/// snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The last change applied.
    pub cursor: Cursor,
    /// Not yet seen, as the server counts.
    pub unseen: u32,
    /// Not yet read, as the server counts.
    pub unread: u32,
    /// Newest first, without gaps from the newest down to the last one here.
    pub items: Vec<Notification>,
    /// Where older ones begin, if there are any.
    pub next: Option<String>,
    /// The oldest id the page reaches down to, while there are older ones; stays when the line
    /// itself goes.
    floor: Option<NotificationId>,
}

/// What a frame did to the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// A line came in that was not there before.
    New(Box<Notification>),
    /// Something there changed.
    Changed,
    /// It was known already.
    Stale,
    /// The frame is ahead: something in between is missing, up to this `seq`.
    Gap(u64),
    /// Nothing in it concerns the inbox.
    Nothing,
}

impl From<InboxPage> for Inbox {
    fn from(page: InboxPage) -> Self {
        let InboxPage {
            cursor,
            unseen,
            unread,
            items,
            next,
            ..
        } = page;
        let floor = floor(&items, next.as_ref());
        Self {
            cursor,
            unseen,
            unread,
            items,
            next,
            floor,
        }
    }
}

impl Inbox {
    /// Applies one frame by the client's rule: the next `seq` is applied, an older one dropped, a
    /// later one is a gap and changes nothing.
    pub fn apply(&mut self, frame: &ServerFrame) -> Applied {
        let (cursor, unseen, unread) = match frame {
            ServerFrame::Notification {
                cursor,
                unseen,
                unread,
                ..
            }
            | ServerFrame::Changed {
                cursor,
                unseen,
                unread,
                ..
            } => (cursor, *unseen, *unread),
            ServerFrame::Hello { cursor, .. } | ServerFrame::Beat { cursor, .. } => {
                return self.compare(cursor);
            }
            ServerFrame::Reset { cursor, .. } if self.reaches(cursor) => return Applied::Stale,
            ServerFrame::Reset {
                cursor,
                unseen,
                unread,
                items,
                next,
            } => {
                let (cursor, items, next) = (cursor.clone(), items.clone(), next.clone());
                *self = InboxPage {
                    cursor,
                    unseen: *unseen,
                    unread: *unread,
                    items,
                    next,
                    reset: true,
                }
                .into();
                return Applied::Changed;
            }
            ServerFrame::Artwork { .. } | ServerFrame::Bye { .. } | ServerFrame::Unknown => {
                return Applied::Nothing;
            }
        };
        if cursor.epoch != self.cursor.epoch || cursor.seq > self.cursor.seq + 1 {
            return Applied::Gap(cursor.seq);
        }
        if cursor.seq <= self.cursor.seq {
            return Applied::Stale;
        }
        (self.cursor.seq, self.unseen, self.unread) = (cursor.seq, unseen, unread);
        match frame {
            ServerFrame::Notification { notification, .. } => {
                let known = self.items.iter().any(|item| item.id == notification.id);
                self.put(notification.clone());
                if known || !notification.listed() {
                    Applied::Changed
                } else {
                    Applied::New(Box::new(notification.clone()))
                }
            }
            ServerFrame::Changed {
                ids,
                through,
                state,
                items,
                ..
            } => {
                self.turn(*state, |item| {
                    ids.as_ref().is_some_and(|ids| ids.contains(&item.id))
                        || through
                            .as_ref()
                            .is_some_and(|through| item.seq <= through.seq)
                });
                items.iter().cloned().for_each(|item| self.put(item));
                Applied::Changed
            }
            _ => Applied::Nothing,
        }
    }

    fn compare(&self, head: &Cursor) -> Applied {
        if self.reaches(head) {
            Applied::Stale
        } else {
            Applied::Gap(head.seq)
        }
    }

    /// Whether all that happened up to this place is in here.
    pub fn reaches(&self, place: &Cursor) -> bool {
        place.epoch == self.cursor.epoch && place.seq <= self.cursor.seq
    }

    /// Applies the answer to `GET ?after=` a cursor this inbox [reaches](Self::reaches): every line
    /// that changed, tombstones included, or a reset. Gives back the lines that are new to this
    /// inbox and not yet seen, oldest first; none for a reset. An answer that has been overtaken is
    /// dropped.
    pub fn catch_up(&mut self, page: InboxPage) -> Vec<Notification> {
        if self.reaches(&page.cursor) {
            return Vec::new();
        }
        if page.reset {
            *self = page.into();
            return Vec::new();
        }
        if page.cursor.epoch != self.cursor.epoch {
            return Vec::new();
        }
        let fresh = self.fresh(&page.items);
        (self.cursor, self.unseen, self.unread) = (page.cursor, page.unseen, page.unread);
        page.items.into_iter().for_each(|item| self.put(item));
        fresh
    }

    /// Takes a first page in place of all that was here. Gives back what [`Self::catch_up`] would.
    pub fn replace(&mut self, page: InboxPage) -> Vec<Notification> {
        let fresh = if page.cursor.epoch == self.cursor.epoch {
            self.fresh(&page.items)
        } else {
            Vec::new()
        };
        *self = page.into();
        fresh
    }

    /// Those of the lines that arrived after all that is here and that nobody has seen, oldest
    /// first.
    fn fresh(&self, items: &[Notification]) -> Vec<Notification> {
        let known = |item: &Notification| self.items.iter().any(|known| known.id == item.id);
        let fresh = items.iter().filter(|item| {
            item.seq > self.cursor.seq && item.listed() && !item.seen && !known(item)
        });
        fresh.fold(Vec::new(), |mut sorted: Vec<Notification>, item| {
            sorted.insert(
                sorted.partition_point(|other| other.id < item.id),
                item.clone(),
            );
            sorted
        })
    }

    /// Shows a mark before the server has confirmed it; the `changed` frame that follows makes it
    /// true.
    pub fn preview(&mut self, marked: &Marked, state: State) {
        let hit = |item: &Notification| match marked {
            Marked::Ids(ids) => ids.contains(&item.id),
            Marked::Through(cursor) => item.seq <= cursor.seq,
        };
        let (unseen, unread) = (self.count(|i| !i.seen), self.count(|i| !i.read));
        self.turn(state, hit);
        // Lines further down than the window are counted by the server only; move by what moved
        // here.
        let (now_unseen, now_unread) = (self.count(|i| !i.seen), self.count(|i| !i.read));
        self.unseen = (self.unseen + now_unseen).saturating_sub(unseen);
        self.unread = (self.unread + now_unread).saturating_sub(unread);
        if matches!(marked, Marked::Through(cursor) if cursor.seq >= self.cursor.seq) {
            match state {
                State::Read | State::Archived => (self.unseen, self.unread) = (0, 0),
                State::Seen => self.unseen = 0,
                _ => {}
            }
        }
    }

    /// Forgets what was in it: nobody is signed in to see it.
    pub fn clear(&mut self) {
        (self.unseen, self.unread, self.floor, self.next) = (0, 0, None, None);
        self.items.clear();
    }

    fn count(&self, wanted: impl Fn(&Notification) -> bool) -> u32 {
        u32::try_from(self.items.iter().filter(|item| wanted(item)).count()).unwrap_or(u32::MAX)
    }

    /// Inserts or replaces a line at its place; one that is no longer listed goes, one older than
    /// the window stays out.
    fn put(&mut self, item: Notification) {
        self.items.retain(|known| known.id != item.id);
        if !item.listed() || self.floor.is_some_and(|floor| item.id < floor) {
            return;
        }
        let place = self.items.partition_point(|known| known.id > item.id);
        self.items.insert(place, item);
    }

    fn turn(&mut self, state: State, hit: impl Fn(&Notification) -> bool) {
        match state {
            State::Retracted | State::Archived => self.items.retain(|item| !hit(item)),
            State::Restored | State::Edited | State::Unknown => {}
            State::Read | State::Unread | State::Seen => {
                for item in self.items.iter_mut().filter(|item| hit(item)) {
                    match state {
                        State::Read => (item.seen, item.read) = (true, true),
                        State::Seen => item.seen = true,
                        _ => item.read = false,
                    }
                }
            }
        }
    }

    /// Takes in the page that was asked for with `before` = [`Self::next`]. Gives back whether it
    /// could: a page older than this inbox, of another history, or that doesn't go on where this
    /// one ends is left aside. Ask again.
    pub fn append(&mut self, page: InboxPage) -> bool {
        let in_time = page.cursor.epoch == self.cursor.epoch && page.cursor.seq >= self.cursor.seq;
        let goes_on = self
            .floor
            .is_some_and(|floor| page.items.iter().all(|item| item.id < floor));
        if in_time && goes_on {
            self.floor = floor(&page.items, page.next.as_ref());
            self.next = page.next;
            self.items.extend(page.items);
        }
        in_time && goes_on
    }
}

/// A page that says there are older lines reaches down to its last.
fn floor(items: &[Notification], next: Option<&String>) -> Option<NotificationId> {
    next.and(items.last()).map(|item| item.id)
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
