//! How the release before events stores that there is no critique: as 0, in columns that it reads
//! as numbers. Its nodes run beside new ones during a rolling replacement and would fail on NULL,
//! and SQLite can't drop a NOT NULL, so `notification.critique_id` and `rewording.critique_id` keep
//! that form. It ends here: everywhere else an absent critique is `None`.

use shared::CritiqueId;

const NONE: i64 = 0;

/// The stored form of a critique's id.
pub fn stored(critique: Option<CritiqueId>) -> i64 {
    critique.map_or(NONE, |critique| critique.0)
}

/// Parses the stored form.
pub fn parsed(stored: i64) -> Option<CritiqueId> {
    (stored != NONE).then_some(CritiqueId(stored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_form_is_that_of_the_previous_release() {
        assert_eq!(stored(None), 0);
        assert_eq!(parsed(0), None);
        assert_eq!(parsed(stored(Some(CritiqueId(7)))), Some(CritiqueId(7)));
    }
}
