use std::collections::VecDeque;

use bytes::Bytes;

/// The greatest `seq` of an inbox, with the counts at that `seq`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InboxHead {
    /// The greatest `seq`.
    pub head: u64,
    /// Unseen notifications.
    pub unseen: u32,
    /// Unread notifications.
    pub unread: u32,
}

/// The last frames of one inbox, in order and without gaps, and the greatest known `seq` (the
/// head).
#[derive(Default)]
pub struct Ring {
    head: u64,
    /// Unseen and unread counts at the head, if known.
    counts: Option<(u32, u32)>,
    frames: VecDeque<Kept>,
}

struct Kept {
    seq: u64,
    frame: Bytes,
    /// Commit time, in microseconds since 1970.
    at: i64,
}

/// The changes after a given `seq`, as far as a ring has them.
#[derive(Debug, PartialEq, Eq)]
pub enum Tail {
    /// There are none.
    Nothing,
    /// These frames, in order.
    Frames {
        /// The `seq` of the last frame.
        last: u64,
        /// The frames.
        frames: Vec<Bytes>,
        /// Commit time of the first frame, in microseconds since 1970.
        since: i64,
    },
    /// There are changes, but the ring lacks their frames: ask the database.
    Missing,
}

impl Ring {
    /// Frames kept. A socket further behind reads from the database.
    const CAPACITY: usize = 64;

    /// Records a change. A change without a frame only advances the head. A frame that is repeated
    /// or out of order is ignored.
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
                // A gap: the older frames can no longer form a complete tail.
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

    /// Advances the head. Returns true if it moved.
    pub fn learn(&mut self, head: u64) -> bool {
        let news = head > self.head;
        if news {
            self.head = head;
            self.counts = None;
        }
        news
    }

    /// Advances the head and sets the counts, unless the known head is greater. Returns true if the
    /// head moved.
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

    /// The head and its counts, if the counts are known.
    pub fn inbox_head(&self) -> Option<InboxHead> {
        self.counts.map(|(unseen, unread)| InboxHead {
            head: self.head,
            unseen,
            unread,
        })
    }

    /// Drops the frames and keeps the head.
    pub fn drop_frames(&mut self) {
        self.frames = VecDeque::new();
    }

    /// The greatest known `seq`.
    pub const fn head(&self) -> u64 {
        self.head
    }

    /// The changes after `seq`.
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

    fn tail(seqs: std::ops::RangeInclusive<u64>) -> Tail {
        let since = i64::try_from(*seqs.start()).expect("small");
        Tail::Frames {
            last: *seqs.end(),
            since,
            frames: seqs.map(|seq| Bytes::from(seq.to_string())).collect(),
        }
    }

    #[test]
    fn a_socket_gets_the_frames_after_its_cursor() {
        let ring = ring(&[5, 6, 7]);
        assert_eq!(ring.after(7), Tail::Nothing);
        assert_eq!(ring.after(5), tail(6..=7));
        assert_eq!(ring.after(4), tail(5..=7));
        assert_eq!(ring.after(3), Tail::Missing);
    }

    #[test]
    fn a_tail_is_complete_despite_lost_late_or_repeated_frames() {
        assert_eq!(ring(&[5, 7]).after(5), Tail::Missing);
        assert_eq!(ring(&[5, 7, 6]).after(6), tail(7..=7));
        assert_eq!(ring(&[5, 5, 6, 6]).after(4), tail(5..=6));
        let mut behind = ring(&[5]);
        assert!(behind.learn(6) && !behind.learn(6));
        assert_eq!(behind.after(5), Tail::Missing);
    }

    #[test]
    fn the_ring_keeps_the_last_64_frames() {
        let ring = ring(&(1..=200).collect::<Vec<_>>());
        assert_eq!(ring.after(135), Tail::Missing);
        assert_eq!(ring.after(136), tail(137..=200));
    }

    #[test]
    fn a_change_without_a_frame_advances_the_head() {
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
