use std::collections::VecDeque;

use bytes::Bytes;

/// How an inbox stands: its greatest `seq`, and what is unseen and unread at that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxHead {
    /// The inbox's greatest `seq`.
    pub head: u64,
    /// Lines not seen.
    pub unseen: u32,
    /// Lines not read.
    pub unread: u32,
}

/// The last few frames of one inbox, with the greatest `seq` heard of. Frames are in order and
/// without gaps.
#[derive(Default)]
pub struct Ring {
    head: u64,
    /// Unseen and unread at the head, where known.
    counts: Option<(u32, u32)>,
    frames: VecDeque<Kept>,
}

struct Kept {
    seq: u64,
    frame: Bytes,
    /// When it was committed, in microseconds since 1970.
    at: i64,
}

/// What a ring can say to a socket at some `seq`.
#[derive(Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing is new.
    Nothing,
    /// These, in order.
    Frames {
        /// The `seq` of the last.
        last: u64,
        /// The frames.
        frames: Vec<Bytes>,
        /// When the first of them was committed, in microseconds since 1970.
        since: i64,
    },
    /// Something is new, but it is not here: ask the database.
    Missing,
}

impl Ring {
    /// Frames kept; a socket further behind reads from the database.
    const CAPACITY: usize = 64;

    /// Takes a change in. One without a frame, or out of order, can't be kept, but tells how far
    /// the inbox is.
    pub fn push(&mut self, seq: u64, frame: Option<Bytes>, at: i64, counts: (u32, u32)) {
        let follows = self
            .frames
            .back()
            .map_or(seq > self.head, |last| seq == last.seq + 1);
        match frame {
            Some(frame) if follows => {
                self.frames.push_back(Kept { seq, frame, at });
                if self.frames.len() > Self::CAPACITY {
                    self.frames.pop_front();
                }
            }
            Some(frame) if seq > self.head => {
                // A gap: what was kept is of no use to anyone past it.
                self.frames.clear();
                self.frames.push_back(Kept { seq, frame, at });
            }
            _ => {}
        }
        if seq > self.head {
            self.head = seq;
            self.counts = Some(counts);
        }
    }

    /// Notes how far the inbox is; whether that was news.
    pub fn learn(&mut self, head: u64) -> bool {
        let news = head > self.head;
        if news {
            self.head = head;
            self.counts = None;
        }
        news
    }

    /// Notes how the inbox stands, if it does not stand further on already; whether that was news.
    pub fn learn_inbox_head(
        &mut self,
        InboxHead {
            head,
            unseen,
            unread,
        }: InboxHead,
    ) -> bool {
        let news = self.learn(head);
        if head == self.head {
            self.counts = Some((unseen, unread));
        }
        news
    }

    /// How the inbox stands, where it is known.
    pub fn inbox_head(&self) -> Option<InboxHead> {
        self.counts.map(|(unseen, unread)| InboxHead {
            head: self.head,
            unseen,
            unread,
        })
    }

    /// Lets the frames go, but not how far the inbox is.
    pub fn drop_frames(&mut self) {
        self.frames = VecDeque::new();
    }

    /// The greatest `seq` heard of.
    pub const fn head(&self) -> u64 {
        self.head
    }

    /// What comes after `seq`.
    pub fn after(&self, seq: u64) -> Tail {
        if seq >= self.head {
            return Tail::Nothing;
        }
        let first = self.frames.front().map_or(u64::MAX, |first| first.seq);
        let last = self.frames.back().map_or(0, |last| last.seq);
        if seq + 1 < first || last <= seq || last < self.head {
            return Tail::Missing;
        }
        let news = || self.frames.iter().filter(|kept| kept.seq > seq);
        let since = news().next().map_or(0, |kept| kept.at);
        Tail::Frames {
            last,
            frames: news().map(|kept| kept.frame.clone()).collect(),
            since,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(seqs: &[u64]) -> Ring {
        let mut ring = Ring::default();
        for seq in seqs {
            ring.push(
                *seq,
                Some(Bytes::from(seq.to_string())),
                i64::try_from(*seq).expect("small"),
                (0, 0),
            );
        }
        ring
    }

    fn texts(seqs: std::ops::RangeInclusive<u64>) -> Tail {
        let since = i64::try_from(*seqs.start()).expect("small");
        Tail::Frames {
            last: *seqs.end(),
            since,
            frames: seqs.map(|seq| Bytes::from(seq.to_string())).collect(),
        }
    }

    #[test]
    fn a_socket_gets_what_comes_after_its_cursor() {
        let ring = ring(&[5, 6, 7]);
        assert_eq!(ring.after(7), Tail::Nothing);
        assert_eq!(ring.after(5), texts(6..=7));
        assert_eq!(ring.after(4), texts(5..=7));
        assert_eq!(ring.after(3), Tail::Missing);
    }

    #[test]
    fn lost_late_and_repeated_frames_never_make_a_false_tail() {
        assert_eq!(ring(&[5, 7]).after(5), Tail::Missing);
        assert_eq!(ring(&[5, 7, 6]).after(6), texts(7..=7));
        assert_eq!(ring(&[5, 5, 6, 6]).after(4), texts(5..=6));
        let mut behind = ring(&[5]);
        assert!(behind.learn(6) && !behind.learn(6));
        assert_eq!(behind.after(5), Tail::Missing);
    }

    #[test]
    fn only_the_last_frames_are_kept() {
        let ring = ring(&(1..=200).collect::<Vec<_>>());
        assert_eq!(ring.after(135), Tail::Missing);
        assert_eq!(ring.after(136), texts(137..=200));
    }

    #[test]
    fn a_change_that_came_without_its_frame_is_missing_but_known_of() {
        let mut ring = ring(&[5]);
        ring.push(6, None, 6, (2, 3));
        assert_eq!(ring.after(5), Tail::Missing);
        assert_eq!(
            ring.inbox_head(),
            Some(InboxHead {
                head: 6,
                unseen: 2,
                unread: 3
            })
        );
        ring.learn(7);
        assert_eq!(ring.inbox_head(), None, "the counts at 7 are not known");
    }
}
