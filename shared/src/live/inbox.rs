use super::{Cursor, ServerFrame, State};
use crate::{
    NotificationId,
    dto::{InboxPage, Marked, Notification},
};

/// The inbox as a page shows it: the newest notifications, the counts, and the cursor.
///
/// Invariant of client and server: a snapshot with the later changes applied equals the later
/// snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbox {
    /// The cursor of the last applied change.
    pub cursor: Cursor,
    /// Unseen notifications, as counted by the server.
    pub unseen: u32,
    /// Unread notifications, as counted by the server.
    pub unread: u32,
    /// Newest first, without gaps down to the last one.
    pub items: Vec<Notification>,
    /// The start of the next page of older notifications, if there is one.
    pub next: Option<String>,
    /// The smallest id that the loaded pages reach, while older notifications exist; stays when
    /// that notification is removed.
    floor: Option<NotificationId>,
}

/// The effect of a frame on the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// A new notification was added.
    New(Box<Notification>),
    /// Existing notifications changed.
    Changed,
    /// The frame was applied already.
    Stale,
    /// Earlier changes are missing. Holds the `seq` of the frame.
    Gap(u64),
    /// The frame does not concern the inbox.
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
    /// Applies one frame: the next `seq` is applied, an older one is ignored, a later one is a gap
    /// and changes nothing.
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
                self.set_state(*state, |item| {
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

    /// Whether this inbox includes all changes up to this cursor.
    pub fn reaches(&self, place: &Cursor) -> bool {
        place.epoch == self.cursor.epoch && place.seq <= self.cursor.seq
    }

    /// Applies the response to `GET ?after=` a cursor that this inbox [reaches](Self::reaches):
    /// every changed notification, tombstones included, or a reset. Returns the notifications that
    /// are new to this inbox and unseen, oldest first; none for a reset. An outdated response is
    /// ignored.
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

    /// Replaces the inbox by a first page. Returns the new and unseen notifications, as
    /// [`Self::catch_up`] does.
    pub fn replace(&mut self, page: InboxPage) -> Vec<Notification> {
        let fresh = if page.cursor.epoch == self.cursor.epoch {
            self.fresh(&page.items)
        } else {
            Vec::new()
        };
        *self = page.into();
        fresh
    }

    /// The unseen notifications that arrived after this inbox's cursor, oldest first.
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

    /// Applies a mark optimistically; the `changed` frame from the server confirms it.
    pub fn preview(&mut self, marked: &Marked, state: State) {
        let hit = |item: &Notification| match marked {
            Marked::Ids(ids) => ids.contains(&item.id),
            Marked::Through(cursor) => item.seq <= cursor.seq,
        };
        let (unseen, unread) = (self.count(|i| !i.seen), self.count(|i| !i.read));
        self.set_state(state, hit);
        // Only the server counts the notifications beyond the loaded pages, so adjust the counts by
        // the difference here.
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

    /// Clears the inbox after the session ended.
    pub fn clear(&mut self) {
        (self.unseen, self.unread, self.floor, self.next) = (0, 0, None, None);
        self.items.clear();
    }

    fn count(&self, wanted: impl Fn(&Notification) -> bool) -> u32 {
        u32::try_from(self.items.iter().filter(|item| wanted(item)).count()).unwrap_or(u32::MAX)
    }

    /// Inserts or replaces a notification in order of id. Removes a notification that is no longer
    /// listed, and ignores a notification older than the loaded pages.
    fn put(&mut self, item: Notification) {
        self.items.retain(|known| known.id != item.id);
        if !item.listed() || self.floor.is_some_and(|floor| item.id < floor) {
            return;
        }
        let place = self.items.partition_point(|known| known.id > item.id);
        self.items.insert(place, item);
    }

    fn set_state(&mut self, state: State, hit: impl Fn(&Notification) -> bool) {
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

    /// Appends the page requested with `before` = [`Self::next`]. Returns false, and changes
    /// nothing, if the page is older than this inbox, of another epoch, or does not continue it:
    /// request it again.
    pub fn append(&mut self, page: InboxPage) -> bool {
        let current = page.cursor.epoch == self.cursor.epoch && page.cursor.seq >= self.cursor.seq;
        let continues = self
            .floor
            .is_some_and(|floor| page.items.iter().all(|item| item.id < floor));
        if current && continues {
            self.floor = floor(&page.items, page.next.as_ref());
            self.next = page.next;
            self.items.extend(page.items);
        }
        current && continues
    }
}

/// The id of the last notification on the page, if older ones exist.
fn floor(items: &[Notification], next: Option<&String>) -> Option<NotificationId> {
    next.and(items.last()).map(|item| item.id)
}

#[cfg(test)]
#[path = "inbox_tests.rs"]
mod tests;
