//! When scheduled jobs run. Civil times are kept as such, so that a daily run keeps its hour when
//! the clocks change.

use std::time::Duration;

use jiff::{
    Timestamp,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};

/// Days looked at for the next or last run: more than a week, and than any zone ever skipped.
const MAX_DAYS: u32 = 10;

/// When a scheduled job runs.
#[derive(Clone, Debug)]
pub enum Recurrence {
    /// At every multiple of a duration since 1970.
    Every(Duration),
    /// Once on each civil date, at a time of a zone. A time that the zone skips on that date moves
    /// forward by the gap; of a time that occurs twice, the first counts.
    Daily {
        /// The civil time.
        at: Time,
        /// The zone.
        zone: TimeZone,
    },
    /// As [`Self::Daily`], on one day of the week.
    Weekly {
        /// The day.
        on: Weekday,
        /// The civil time.
        at: Time,
        /// The zone.
        zone: TimeZone,
    },
}

/// A job that is enqueued once per period.
pub struct Schedule {
    pub kind: &'static str,
    pub payload: String,
    pub recurrence: Recurrence,
}

impl Recurrence {
    /// The first run after a time. Times are milliseconds since 1970. `None` at the end of the
    /// calendar.
    pub fn next(&self, after: i64) -> Option<i64> {
        match self {
            Self::Every(period) => {
                let period = period_ms(*period);
                after.div_euclid(period).checked_add(1)?.checked_mul(period)
            }
            _ => self.search(after, |date| date.tomorrow().ok(), |at| at > after),
        }
    }

    /// The last run at or before a time.
    pub fn last(&self, now: i64) -> Option<i64> {
        match self {
            Self::Every(period) => Some(now - now.rem_euclid(period_ms(*period))),
            _ => self.search(now, |date| date.yesterday().ok(), |at| at <= now),
        }
    }

    /// The run of the first date that fits, from the date before or after that of `from` on.
    fn search(
        &self,
        from: i64,
        step: impl Fn(Date) -> Option<Date>,
        fits: impl Fn(i64) -> bool,
    ) -> Option<i64> {
        let (on, at, zone) = match self {
            Self::Every(_) => return None,
            Self::Daily { at, zone } => (None, at, zone),
            Self::Weekly { on, at, zone } => (Some(*on), at, zone),
        };
        let today = Timestamp::from_millisecond(from)
            .ok()?
            .to_zoned_datetime(zone.clone())
            .date();
        // A gap may move the run of a date past midnight.
        let mut date = match step(today)? {
            later if later > today => today.yesterday().ok()?,
            _ => today.tomorrow().ok()?,
        };
        for _ in 0..MAX_DAYS {
            if on.is_none_or(|day| day == date.weekday()) {
                let run = date.to_datetime(*at).to_zoned_datetime(zone.clone()).ok()?;
                let run = run.timestamp().as_millisecond();
                if fits(run) {
                    return Some(run);
                }
            }
            date = step(date)?;
        }
        None
    }
}

fn period_ms(period: Duration) -> i64 {
    super::lease::ms(period).max(1)
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use proptest::prelude::*;

    use super::*;

    fn ms(text: &str) -> i64 {
        let at: Timestamp = text.parse().expect("a timestamp");
        at.as_millisecond()
    }

    fn daily(hour: i8, minute: i8, zone: &str) -> Recurrence {
        Recurrence::Daily {
            at: time(hour, minute, 0, 0),
            zone: TimeZone::get(zone).expect("a zone"),
        }
    }

    /// The runs after a time, as UTC.
    fn runs(recurrence: &Recurrence, after: &str, count: usize) -> Vec<String> {
        let mut at = ms(after);
        let mut runs = Vec::new();
        for _ in 0..count {
            at = recurrence.next(at).expect("a run");
            let at = Timestamp::from_millisecond(at).expect("in range");
            runs.push(at.to_string());
        }
        runs
    }

    #[test]
    fn intervals_are_aligned_so_that_all_nodes_agree() {
        let hourly = Recurrence::Every(Duration::from_hours(1));
        let noon = ms("2026-11-26T12:00:00Z");
        let hour = 3_600_000;
        assert_eq!(hourly.next(noon), Some(noon + hour));
        assert_eq!(hourly.next(noon - 1), Some(noon));
        assert_eq!(hourly.last(noon), Some(noon));
        assert_eq!(hourly.last(noon - 1), Some(noon - hour));
    }

    #[test]
    fn a_time_in_the_spring_gap_moves_forward_and_runs_once() {
        assert_eq!(
            runs(&daily(2, 30, "Europe/Berlin"), "2026-03-27T12:00:00Z", 3),
            [
                "2026-03-28T01:30:00Z",
                "2026-03-29T01:30:00Z",
                "2026-03-30T00:30:00Z"
            ],
            "02:30 does not exist on the 29th: 03:30 in summer time"
        );
    }

    #[test]
    fn a_time_in_the_autumn_fold_runs_once_at_its_first_occurrence() {
        assert_eq!(
            runs(&daily(2, 30, "Europe/Berlin"), "2026-10-24T12:00:00Z", 2),
            ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
        );
        let second = ms("2026-10-25T01:30:00Z");
        let recurrence = daily(2, 30, "Europe/Berlin");
        assert_eq!(recurrence.last(second), Some(ms("2026-10-25T00:30:00Z")));
        assert_eq!(recurrence.next(second), Some(ms("2026-10-26T01:30:00Z")));
    }

    #[test]
    fn a_gap_at_midnight_and_a_skipped_date_are_run_once() {
        // Cairo begins summer time at midnight.
        assert_eq!(
            runs(&daily(0, 0, "Africa/Cairo"), "2026-04-22T12:00:00Z", 3),
            [
                "2026-04-22T22:00:00Z",
                "2026-04-23T22:00:00Z",
                "2026-04-24T21:00:00Z"
            ]
        );
        // Samoa had no 30 December 2011.
        assert_eq!(
            runs(&daily(8, 0, "Pacific/Apia"), "2011-12-29T12:00:00Z", 3),
            [
                "2011-12-29T18:00:00Z",
                "2011-12-30T18:00:00Z",
                "2011-12-31T18:00:00Z"
            ]
        );
    }

    #[test]
    fn weekly_runs_keep_their_day_and_hour_across_a_change_of_the_clocks() {
        let sunday = Recurrence::Weekly {
            on: Weekday::Sunday,
            at: time(18, 0, 0, 0),
            zone: TimeZone::get("America/New_York").expect("a zone"),
        };
        assert_eq!(
            runs(&sunday, "2026-10-25T22:00:00Z", 2),
            ["2026-11-01T23:00:00Z", "2026-11-08T23:00:00Z"]
        );
    }

    proptest! {
        #[test]
        fn next_and_last_agree_in_every_zone(
            at in 0_i64..4_000_000_000_000,
            hour in 0_i8..24,
            minute in 0_i8..60,
            zone in prop::sample::select(vec![
                "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata",
                "Australia/Lord_Howe", "Africa/Cairo", "America/St_Johns",
            ]),
        ) {
            let recurrence = daily(hour, minute, zone);
            let next = recurrence.next(at).expect("a run");
            let last = recurrence.last(at).expect("a run");
            prop_assert!(last <= at && at < next);
            prop_assert_eq!(recurrence.next(last), Some(next), "no run in between");
            prop_assert_eq!(recurrence.last(next), Some(next));
            prop_assert!((next - last) <= 26 * 3_600_000 && (next - last) >= 22 * 3_600_000);
        }
    }
}
