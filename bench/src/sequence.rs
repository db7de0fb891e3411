//! The check that a recipient's changes arrive once each and in order.

use std::collections::BTreeSet;

use shared::live::Cursor;

use crate::fault::Fault;

/// The sequence of the frames of one socket, independent of the inbox they build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    epoch: String,
    last: u64,
    missing: BTreeSet<u64>,
}

impl Sequence {
    /// The sequence of a socket that resumes after `from`.
    pub fn after(from: &Cursor) -> Self {
        Self {
            epoch: from.epoch.clone(),
            last: from.seq,
            missing: BTreeSet::new(),
        }
    }

    /// Checks the cursor of the next change.
    ///
    /// # Errors
    /// When another change was due.
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
    fn consecutive_changes_are_accepted() {
        assert_eq!(heard(&[5, 6, 7]), []);
    }

    #[test]
    fn missing_repeated_and_late_changes_are_faults() {
        assert_eq!(heard(&[6, 7]), [Fault::Gap { after: 4, came: 6 }]);
        assert_eq!(heard(&[5, 5, 6]), [Fault::Repeat { came: 5 }]);
        assert_eq!(
            heard(&[4]),
            [Fault::Repeat { came: 4 }],
            "a change from before the socket opened"
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
            "late, then repeated"
        );
    }

    #[test]
    fn another_epoch_is_a_fault() {
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
