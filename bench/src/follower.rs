//! One inbox that follows a socket, and the check that every change it is owed arrives.

use std::time::Instant;

use shared::{
    dto::{InboxPage, Notification},
    live::{Applied, Cursor, Inbox, ServerFrame},
};

use crate::{fault::Fault, sequence::Sequence, ticket::Ticket};

/// Follows an inbox by the client's rule, without I/O.
pub struct Follower {
    /// Index of the inbox's owner among the users.
    pub user: usize,
    /// Index among all followers.
    pub place: usize,
    /// `None` before the first hello.
    inbox: Option<Inbox>,
    sequence: Option<Sequence>,
    /// The `seq` at the first hello.
    began: u64,
    /// The latest cursor announced by the server.
    head: Option<Cursor>,
    /// When each write was announced.
    pub heard: Vec<(Ticket, Instant)>,
    /// When the hello of the latest connection arrived.
    pub greeted: Option<Instant>,
    /// Failed handshakes that were retried.
    pub retries: u32,
    /// How often changes had to be fetched that should have been pushed.
    pub fetches: u32,
    pub faults: Vec<Fault>,
}

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Hello,
    /// A notification of a write made by the benchmark.
    News,
    Other,
}

impl Follower {
    pub const fn new(user: usize, place: usize) -> Self {
        Self {
            user,
            place,
            inbox: None,
            sequence: None,
            began: 0,
            head: None,
            heard: Vec::new(),
            greeted: None,
            retries: 0,
            fetches: 0,
            faults: Vec::new(),
        }
    }

    /// The cursor to resume from.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.inbox.as_ref().map(|inbox| &inbox.cursor)
    }

    /// Processes a frame that arrived at this time.
    pub fn hear(&mut self, text: &str, at: Instant) -> Heard {
        let frame = match serde_json::from_str::<ServerFrame>(text) {
            Ok(frame) => frame,
            Err(error) => {
                self.faults
                    .push(Fault::Unreadable(format!("{error}: {text}")));
                return Heard::Other;
            }
        };
        if let ServerFrame::Hello {
            cursor,
            unseen,
            unread,
            ..
        } = &frame
        {
            let (unseen, unread) = (*unseen, *unread);
            let inbox = self.inbox.get_or_insert_with(|| {
                self.began = cursor.seq;
                InboxPage {
                    cursor: cursor.clone(),
                    unseen,
                    unread,
                    items: vec![],
                    next: None,
                    reset: false,
                }
                .into()
            });
            self.sequence = Some(Sequence::after(&inbox.cursor));
            self.greeted = Some(at);
        }
        let (Some(inbox), Some(sequence)) = (&mut self.inbox, &mut self.sequence) else {
            self.faults
                .push(Fault::Unreadable(format!("before the hello: {text}")));
            return Heard::Other;
        };
        match &frame {
            ServerFrame::Notification { cursor, .. } | ServerFrame::Changed { cursor, .. } => {
                self.faults.extend(sequence.hear(cursor).err());
            }
            ServerFrame::Reset { .. } => self.faults.push(Fault::Reset),
            _ => {}
        }
        let applied = inbox.apply(&frame);
        if let (Applied::Gap(_), Some(head)) = (&applied, frame.cursor()) {
            self.head = Some(head.clone());
        }
        match (frame, applied) {
            (ServerFrame::Hello { .. }, _) => Heard::Hello,
            (_, Applied::New(item)) if self.note(&item, at) => Heard::News,
            _ => Heard::Other,
        }
    }

    /// Whether a change was announced that has not arrived.
    pub fn behind(&self) -> bool {
        let reached = |head| self.inbox.as_ref().is_some_and(|inbox| inbox.reaches(head));
        self.head.as_ref().is_some_and(|head| !reached(head))
    }

    /// Applies fetched changes; returns how many writes they announced.
    pub fn catch_up(&mut self, page: InboxPage, at: Instant) -> usize {
        self.fetches += 1;
        if page.reset {
            self.faults.push(Fault::Reset);
        }
        let fresh = self
            .inbox
            .as_mut()
            .map(|inbox| inbox.catch_up(page))
            .unwrap_or_default();
        fresh.iter().filter(|item| self.note(item, at)).count()
    }

    fn note(&mut self, item: &Notification, at: Instant) -> bool {
        let ticket = Ticket::of(item);
        self.heard.extend(ticket.map(|ticket| (ticket, at)));
        ticket.is_some()
    }

    /// Compares the inbox built from frames with REST's: cursor, counts, and every notification
    /// that arrived.
    pub fn compare(&mut self, page: &InboxPage) {
        let Some(inbox) = &self.inbox else { return };
        let (ours, theirs) = (
            (&inbox.cursor, inbox.unseen, inbox.unread),
            (&page.cursor, page.unseen, page.unread),
        );
        if ours != theirs {
            let told = |(cursor, unseen, unread)| {
                format!("{cursor} with {unseen} unseen and {unread} unread")
            };
            self.faults.push(Fault::Differs(format!(
                "{} here, {} there",
                told(ours),
                told(theirs)
            )));
            return;
        }
        let theirs: Vec<_> = page
            .items
            .iter()
            .filter(|item| item.seq > self.began)
            .collect();
        let as_many = page.next.is_some() || theirs.len() == inbox.items.len();
        if !as_many || !inbox.items.iter().take(theirs.len()).eq(theirs) {
            self.faults.push(Fault::Differs("the lines".into()));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notification(seq: u64) -> serde_json::Value {
        json!({
            "id": seq, "seq": seq, "kind": "critique", "actor": {"handle": "a", "display_name": "A"},
            "artwork": {"id": 1, "title": "T"}, "excerpt": format!("{}: light", Ticket(9)), "url": "/artworks/1#critique-1",
            "created_at": "2026-01-02T03:04:05Z", "seen": false, "read": false
        })
    }

    fn news(seq: u64) -> String {
        let frame = json!({"type": "notification", "cursor": format!("e.{seq}"), "unseen": seq, "unread": seq, "notification": notification(seq)});
        frame.to_string()
    }

    fn page(seqs: &[u64]) -> InboxPage {
        let (head, items) = (
            seqs.iter().max().expect("notifications"),
            seqs.iter()
                .map(|seq| notification(*seq))
                .collect::<Vec<_>>(),
        );
        let page = json!({"cursor": format!("e.{head}"), "unseen": head, "unread": head, "items": items, "next": null});
        serde_json::from_value(page).expect("a page")
    }

    fn greeted() -> Follower {
        let mut follower = Follower::new(0, 0);
        let hello = r#"{"type":"hello","cursor":"e.0","unseen":0,"unread":0,"heartbeat_secs":25}"#;
        assert_eq!(follower.hear(hello, Instant::now()), Heard::Hello);
        follower
    }

    #[test]
    fn frames_in_order_add_up_to_the_inbox_of_rest() {
        let mut follower = greeted();
        assert_eq!(follower.hear(&news(1), Instant::now()), Heard::News);
        assert_eq!(follower.hear(&news(2), Instant::now()), Heard::News);
        follower.compare(&page(&[2, 1]));
        assert!(
            follower.faults.is_empty() && !follower.behind(),
            "{:?}",
            follower.faults
        );
        assert_eq!(follower.heard.len(), 2);
    }

    #[test]
    fn a_repeated_notification_is_a_fault_and_counts_once() {
        let mut follower = greeted();
        follower.hear(&news(1), Instant::now());
        assert_eq!(follower.hear(&news(1), Instant::now()), Heard::Other);
        assert_eq!(follower.faults, [Fault::Repeat { came: 1 }]);
    }

    #[test]
    fn a_gap_stays_a_fault_after_a_fetch_repairs_the_inbox() {
        let mut follower = greeted();
        follower.hear(&news(2), Instant::now());
        assert!(follower.behind());
        assert_eq!(follower.catch_up(page(&[1, 2]), Instant::now()), 2);
        assert!(!follower.behind());
        follower.compare(&page(&[2, 1]));
        assert_eq!(follower.faults, [Fault::Gap { after: 0, came: 2 }]);
    }

    #[test]
    fn a_missing_change_is_found_by_comparison_with_rest() {
        let mut follower = greeted();
        follower.hear(&news(1), Instant::now());
        follower.compare(&page(&[2, 1]));
        assert!(matches!(follower.faults[..], [Fault::Differs(_)]));
    }

    #[test]
    fn a_wrong_notification_is_found_by_comparison_with_rest() {
        let mut follower = greeted();
        follower.hear(&news(1).replace("light", "shade"), Instant::now());
        follower.compare(&page(&[1]));
        assert!(matches!(follower.faults[..], [Fault::Differs(_)]));
    }

    #[test]
    fn a_heartbeat_ahead_of_its_change_is_not_a_fault() {
        let mut follower = greeted();
        follower.hear(r#"{"type":"beat","cursor":"e.1"}"#, Instant::now());
        assert!(follower.behind() && follower.faults.is_empty());
        follower.hear(&news(1), Instant::now());
        assert!(!follower.behind());
    }
}
