//! One inbox at the end of a socket, and the check that all that is owed to it comes.

use std::time::Instant;

use shared::{
    dto::{InboxPage, Notification},
    live::{Applied, Cursor, Inbox, ServerFrame},
};

use crate::{fault::Fault, sequence::Sequence, ticket::Ticket};

/// Follows an inbox by the client's rule. Does no I/O.
pub struct Follower {
    /// Whose inbox it is, by their place among the users.
    pub user: usize,
    /// Its place among all followers.
    pub place: usize,
    /// Nothing before the first hello.
    inbox: Option<Inbox>,
    sequence: Option<Sequence>,
    /// The `seq` it set out from.
    began: u64,
    /// The furthest place heard of.
    head: Option<Cursor>,
    /// When each act was heard of.
    pub heard: Vec<(Ticket, Instant)>,
    /// When the last connection had its hello.
    pub greeted: Option<Instant>,
    /// Handshakes that failed and were tried again.
    pub retries: u32,
    /// How often it had to fetch what should have come by itself.
    pub fetches: u32,
    pub faults: Vec<Fault>,
}

/// What a frame was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    Hello,
    /// News of an act.
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

    /// Where to resume from.
    pub fn cursor(&self) -> Option<&Cursor> {
        self.inbox.as_ref().map(|inbox| &inbox.cursor)
    }

    /// Takes in a frame that came at this moment.
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

    /// Whether it knows of a change that it has not been brought.
    pub fn behind(&self) -> bool {
        let reached = |head| self.inbox.as_ref().is_some_and(|inbox| inbox.reaches(head));
        self.head.as_ref().is_some_and(|head| !reached(head))
    }

    /// Takes in what it fetched itself, and gives how many acts it heard of.
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

    /// Holds what the frames added up to against what REST tells: cursor, counts, and every line
    /// that came.
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

    fn line(seq: u64) -> serde_json::Value {
        json!({
            "id": seq, "seq": seq, "kind": "critique", "actor": {"handle": "a", "display_name": "A"},
            "artwork": {"id": 1, "title": "T"}, "excerpt": format!("{}: light", Ticket(9)), "url": "/artworks/1#critique-1",
            "created_at": "2026-01-02T03:04:05Z", "seen": false, "read": false
        })
    }

    fn news(seq: u64) -> String {
        let frame = json!({"type": "notification", "cursor": format!("e.{seq}"), "unseen": seq, "unread": seq, "notification": line(seq)});
        frame.to_string()
    }

    fn page(seqs: &[u64]) -> InboxPage {
        let (head, items) = (
            seqs.iter().max().expect("lines"),
            seqs.iter().map(|seq| line(*seq)).collect::<Vec<_>>(),
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
    fn what_comes_in_order_agrees_with_what_rest_tells() {
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
    fn a_repeat_is_a_fault_and_no_news() {
        let mut follower = greeted();
        follower.hear(&news(1), Instant::now());
        assert_eq!(follower.hear(&news(1), Instant::now()), Heard::Other);
        assert_eq!(follower.faults, [Fault::Repeat { came: 1 }]);
    }

    #[test]
    fn a_gap_is_a_fault_that_a_fetch_mends_for_the_inbox_alone() {
        let mut follower = greeted();
        follower.hear(&news(2), Instant::now());
        assert!(follower.behind());
        assert_eq!(follower.catch_up(page(&[1, 2]), Instant::now()), 2);
        assert!(!follower.behind());
        follower.compare(&page(&[2, 1]));
        assert_eq!(follower.faults, [Fault::Gap { after: 0, came: 2 }]);
    }

    #[test]
    fn a_change_that_never_came_shows_against_rest() {
        let mut follower = greeted();
        follower.hear(&news(1), Instant::now());
        follower.compare(&page(&[2, 1]));
        assert!(matches!(follower.faults[..], [Fault::Differs(_)]));
    }

    #[test]
    fn a_line_that_is_not_the_one_rest_tells_shows() {
        let mut follower = greeted();
        follower.hear(&news(1).replace("light", "shade"), Instant::now());
        follower.compare(&page(&[1]));
        assert!(matches!(follower.faults[..], [Fault::Differs(_)]));
    }

    #[test]
    fn a_beat_that_is_ahead_is_no_fault_yet() {
        let mut follower = greeted();
        follower.hear(r#"{"type":"beat","cursor":"e.1"}"#, Instant::now());
        assert!(follower.behind() && follower.faults.is_empty());
        follower.hear(&news(1), Instant::now());
        assert!(!follower.behind());
    }
}
