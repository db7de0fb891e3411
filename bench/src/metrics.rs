//! Histograms from the servers' metrics, in Prometheus' text format.

use std::time::Duration;

/// Cumulative buckets: `(bound in seconds, observations at or below it)`, in ascending order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets(Vec<(f64, f64)>);

impl Buckets {
    /// Adds the histogram of this name from a server's metrics, summed over all labels.
    pub fn add(&mut self, metrics: &str, name: &str) {
        for line in metrics.lines() {
            if let Some((bound, count)) = bucket(line, name) {
                match self
                    .0
                    .iter_mut()
                    .find(|(known, _)| known.total_cmp(&bound).is_eq())
                {
                    Some((_, sum)) => *sum += count,
                    None => self.0.push((bound, count)),
                }
            }
        }
        self.0.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    }

    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The observations made after `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let was = |bound: f64| {
            before
                .0
                .iter()
                .find(|(known, _)| known.total_cmp(&bound).is_eq())
                .map_or(0.0, |(_, count)| *count)
        };
        Self(
            self.0
                .iter()
                .map(|(bound, count)| (*bound, count - was(*bound)))
                .collect(),
        )
    }

    /// The number of observations.
    pub fn count(&self) -> f64 {
        self.0.last().map_or(0.0, |(_, count)| *count)
    }

    /// The quantile `part` (0 to 1), interpolated linearly within its bucket; past the last finite
    /// bound, that bound.
    pub fn quantile(&self, part: f64) -> Option<Duration> {
        let rank = part * self.count();
        let (mut from, mut below) = (0.0, 0.0);
        for (bound, count) in &self.0 {
            if *count >= rank && *count > below {
                let within = if bound.is_finite() {
                    from + (bound - from) * (rank - below) / (count - below)
                } else {
                    from
                };
                return Some(Duration::from_secs_f64(within));
            }
            (from, below) = (*bound, *count);
        }
        None
    }
}

/// Parses `name_bucket{…,le="0.005",…} 12`.
fn bucket(line: &str, name: &str) -> Option<(f64, f64)> {
    let labels = line.strip_prefix(name)?.strip_prefix("_bucket{")?;
    let (labels, value) = labels.rsplit_once('}')?;
    let bound = labels
        .split(',')
        .find_map(|label| label.trim().strip_prefix("le=\""))?
        .strip_suffix('"')?;
    // Rust parses `+Inf` as Prometheus writes it.
    Some((
        bound.parse().ok()?,
        value.split_whitespace().next()?.parse().ok()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const METRICS: &str = "# TYPE took_seconds histogram\n\
        took_seconds_bucket{le=\"0.001\"} 10\ntook_seconds_bucket{le=\"0.01\"} 90\ntook_seconds_bucket{le=\"+Inf\"} 100\n\
        took_seconds_sum 1.5\ntook_seconds_count 100\nother_took_seconds_bucket{le=\"0.001\"} 5\n";

    fn buckets() -> Buckets {
        let mut buckets = Buckets::default();
        buckets.add(METRICS, "took_seconds");
        buckets
    }

    #[test]
    fn quantiles_lie_within_their_bucket() {
        let found = |part| buckets().quantile(part).expect("a time").as_micros();
        assert_eq!(found(0.05), 500);
        assert_eq!(found(0.5), 5_500);
        assert_eq!(
            found(0.999),
            10_000,
            "past the last bound only that bound is known"
        );
        assert_eq!(Buckets::default().quantile(0.5), None);
    }

    #[test]
    fn nodes_are_summed_and_earlier_observations_subtracted() {
        let mut both = buckets();
        both.add(METRICS, "took_seconds");
        assert!((both.count() - 200.0).abs() < 0.1);
        assert_eq!(both.since(&buckets()), buckets());
    }
}
