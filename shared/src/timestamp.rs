use std::fmt;

use serde::{Deserialize, Serialize};

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// A moment in UTC as RFC 3339 text, `2026-11-23T01:37:30Z`, as in JSON and `<time datetime>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(
    feature = "openapi",
    derive(utoipa::ToSchema),
    schema(format = DateTime, example = "2026-11-23T01:37:30Z")
)]
#[serde(transparent)]
pub struct Timestamp(pub String);

impl Timestamp {
    /// The date for display, `23 Nov 2026`. It ignores the reader's time zone, so that server and
    /// browser render the same text and hydration succeeds.
    pub fn day(&self) -> String {
        self.parts().map_or_else(
            || self.0.clone(),
            |(y, m, d, _)| format!("{} {m} {y}", d.trim_start_matches('0')),
        )
    }

    /// Date and minute for display, `23 Nov 2026, 01:37 UTC`.
    pub fn minute(&self) -> String {
        self.parts().map_or_else(
            || self.0.clone(),
            |(_, _, _, hm)| format!("{}, {hm} UTC", self.day()),
        )
    }

    fn parts(&self) -> Option<(&str, &str, &str, &str)> {
        let year = self.0.get(0..4)?;
        let month: usize = self.0.get(5..7)?.parse().ok()?;
        Some((
            year,
            MONTHS.get(month.checked_sub(1)?)?,
            self.0.get(8..10)?,
            self.0.get(11..16)?,
        ))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn timestamps_are_shown_as_day_and_minute() {
        let at = Timestamp("2026-11-03T01:37:30Z".into());
        assert_eq!(at.day(), "3 Nov 2026");
        assert_eq!(at.minute(), "3 Nov 2026, 01:37 UTC");
    }

    #[test]
    fn unparsable_timestamps_are_shown_unchanged() {
        assert_eq!(Timestamp("soon".into()).minute(), "soon");
    }
}
