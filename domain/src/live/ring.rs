use std::collections::VecDeque;

use bytes::Bytes;

/// The last few frames of one inbox, with the greatest `seq` heard of. Frames are in order and without gaps.
#[derive(Default)]
pub struct Ring {
    head: u64,
    frames: VecDeque<(u64, Bytes)>,
}

/// What a ring can say to a socket at some `seq`.
#[derive(Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing is new.
    Nothing,
    /// These, in order, up to this `seq`.
    Frames(u64, Vec<Bytes>),
    /// Something is new, but it is not here: ask the database.
    Missing,
}

impl Ring {
    /// Frames kept; a socket further behind reads from the database.
    const CAPACITY: usize = 64;

    /// Takes a frame in. One that is out of order can't be kept, but tells how far the inbox is.
    pub fn push(&mut self, seq: u64, frame: Bytes) {
        let follows = self.frames.back().map_or(seq > self.head, |(last, _)| seq == last + 1);
        if follows {
            self.frames.push_back((seq, frame));
            if self.frames.len() > Self::CAPACITY {
                self.frames.pop_front();
            }
        } else if seq > self.head {
            // A gap: what was kept is of no use to anyone past it.
            self.frames.clear();
            self.frames.push_back((seq, frame));
        }
        self.head = self.head.max(seq);
    }

    /// Notes how far the inbox is; whether that was news.
    pub fn learn(&mut self, head: u64) -> bool {
        let news = head > self.head;
        self.head = self.head.max(head);
        news
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
        let first = self.frames.front().map_or(u64::MAX, |(first, _)| *first);
        let last = self.frames.back().map_or(0, |(last, _)| *last);
        if seq + 1 < first || last <= seq || last < self.head {
            return Tail::Missing;
        }
        let frames = self.frames.iter().filter(|(at, _)| *at > seq).map(|(_, frame)| frame.clone()).collect();
        Tail::Frames(last, frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(seqs: &[u64]) -> Ring {
        let mut ring = Ring::default();
        for seq in seqs {
            ring.push(*seq, Bytes::from(seq.to_string()));
        }
        ring
    }

    fn texts(seqs: std::ops::RangeInclusive<u64>) -> Tail {
        Tail::Frames(*seqs.end(), seqs.map(|seq| Bytes::from(seq.to_string())).collect())
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
}
