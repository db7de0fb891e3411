//! A histogram of durations.

use std::{ops::AddAssign, time::Duration};

use hdrhistogram::Histogram;
use serde::Serialize;

/// Largest distinguishable duration, in microseconds.
const MAX_MICROSECONDS: u64 = 600_000_000;

/// Durations, with a precision of three significant digits.
pub struct Times(Histogram<u64>);

/// Percentiles, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Summary {
    pub count: u64,
    pub min_ms: f64,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub p999_ms: f64,
    pub max_ms: f64,
}

impl Default for Times {
    fn default() -> Self {
        Self(Histogram::new_with_bounds(1, MAX_MICROSECONDS, 3).expect("bounds that make sense"))
    }
}

impl Times {
    /// Records one duration.
    pub fn record(&mut self, time: Duration) {
        self.0
            .saturating_record(u64::try_from(time.as_micros()).unwrap_or(MAX_MICROSECONDS));
    }

    /// The percentiles; `None` without any durations.
    pub fn summary(&self) -> Option<Summary> {
        let at = |quantile| milliseconds(Duration::from_micros(self.0.value_at_quantile(quantile)));
        (!self.0.is_empty()).then(|| Summary {
            count: self.0.len(),
            min_ms: milliseconds(Duration::from_micros(self.0.min())),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: milliseconds(Duration::from_micros(self.0.max())),
        })
    }
}

impl Extend<Duration> for Times {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, times: I) {
        times.into_iter().for_each(|time| self.record(time));
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut all = Self::default();
        all.extend(times);
        all
    }
}

impl AddAssign for Times {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

/// A duration in milliseconds.
pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_recorded_durations() {
        let times: Times = (1..=1_000).map(Duration::from_millis).collect();
        let summary = times.summary().expect("times");
        assert_eq!(summary.count, 1_000);
        for (found, due) in [
            (summary.min_ms, 1.0),
            (summary.p50_ms, 500.0),
            (summary.p99_ms, 990.0),
            (summary.p999_ms, 999.0),
            (summary.max_ms, 1_000.0),
        ] {
            assert!((found - due).abs() <= due / 500.0, "{found} is not {due}");
        }
    }

    #[test]
    fn added_durations_count_as_recorded() {
        let mut all: Times = (1..=10).map(Duration::from_millis).collect();
        all += (11..=20).map(Duration::from_millis).collect();
        let summary = all.summary().expect("times");
        assert_eq!((summary.count, summary.min_ms), (20, 1.0));
        assert!((summary.max_ms - 20.0).abs() < 0.1);
    }

    #[test]
    fn an_empty_histogram_has_no_percentiles() {
        assert_eq!(Times::default().summary(), None);
    }
}
