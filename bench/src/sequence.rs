//! The check that a recipient's changes come one by one, each once and in order.

use std::collections::BTreeSet;

use shared::live::Cursor;

use crate::fault::Fault;

/// How far the frames of one socket have come. Knows nothing of what an inbox makes of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    epoch: String,
    last: u64,
    missing: BTreeSet<u64>,
}

impl Sequence {
    /// A socket that is to bring what comes after `from`.
    pub fn after(from: &Cursor) -> Self {
        Self {
            epoch: from.epoch.clone(),
            last: from.seq,
            missing: BTreeSet::new(),
        }
    }

    /// Takes the cursor of the next change that came.
    ///
    /// # Errors
    /// When another one was due.
    pub fn hear(&mut self, cursor: &Cursor) -> Result<(), Fault> {
        let (after, came) = (self.last, cursor.seq);
        if cursor.epoch != self.epoch {
            return Err(Fault::Epoch {
                asked: self.epoch.clone(),
                came: cursor.epoch.clone(),
            });
        }
        if came <= after {
            return Err(if self.missing.remove(&came) {
                Fault::OutOfOrder { after, came }
            } else {
                Fault::Repeat { came }
            });
        }
        self.last = came;
        if came > after + 1 {
            self.missing.extend(after + 1..came);
            return Err(Fault::Gap { after, came });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(seqs: &[u64]) -> Vec<Fault> {
        let mut sequence = Sequence::after(&Cursor::new("e", 4));
        seqs.iter()
            .filter_map(|seq| sequence.hear(&Cursor::new("e", *seq)).err())
            .collect()
    }

    #[test]
    fn one_by_one_is_right() {
        assert_eq!(heard(&[5, 6, 7]), []);
    }

    #[test]
    fn what_is_missing_repeated_or_late_is_found() {
        assert_eq!(heard(&[6, 7]), [Fault::Gap { after: 4, came: 6 }]);
        assert_eq!(heard(&[5, 5, 6]), [Fault::Repeat { came: 5 }]);
        assert_eq!(
            heard(&[4]),
            [Fault::Repeat { came: 4 }],
            "what was known before the socket opened"
        );
        assert_eq!(
            heard(&[6, 5, 7]),
            [
                Fault::Gap { after: 4, came: 6 },
                Fault::OutOfOrder { after: 6, came: 5 }
            ]
        );
        assert_eq!(
            heard(&[6, 5, 5]).last(),
            Some(&Fault::Repeat { came: 5 }),
            "late once, then again"
        );
    }

    #[test]
    fn another_history_is_found() {
        let mut sequence = Sequence::after(&Cursor::new("e", 4));
        assert_eq!(
            sequence.hear(&Cursor::new("f", 5)),
            Err(Fault::Epoch {
                asked: "e".into(),
                came: "f".into()
            })
        );
    }
}
