use std::time::Duration;

/// The maximum delay after the first failed try. It doubles with each further one.
const BASE: Duration = Duration::from_secs(5);
/// The maximum delay after any try.
const CAP: Duration = Duration::from_hours(6);

/// The delay after a number of failed tries, at least 1: exponential with full jitter, so that jobs
/// that failed together are not retried together. `jitter` is uniform in 0..1.
pub fn backoff(tries: u32, jitter: f64) -> Duration {
    let doublings = tries.saturating_sub(1).min(31);
    let max = BASE.saturating_mul(1 << doublings).min(CAP);
    max.mul_f64(jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_maximum_delay_doubles_up_to_six_hours() {
        let secs = |tries| backoff(tries, 1.0).as_secs();
        assert_eq!([1, 2, 3, 4].map(secs), [5, 10, 20, 40]);
        assert_eq!(
            [12, 13, 14, 40, u32::MAX].map(secs),
            [10_240, 20_480, 21_600, 21_600, 21_600]
        );
    }

    #[test]
    fn twelve_tries_span_up_to_three_hours_and_on_average_half_of_that() {
        let span = |jitter| -> u64 { (1..12).map(|tries| backoff(tries, jitter).as_secs()).sum() };
        assert_eq!(span(1.0), 10_235);
        assert!((5_000..5_200).contains(&span(0.5)));
    }

    proptest! {
        #[test]
        fn the_delay_is_spread_over_the_whole_range(tries in any::<u32>(), jitter in 0.0..1.0) {
            let max = backoff(tries, 1.0);
            prop_assert!(backoff(tries, jitter) <= max);
            prop_assert!(max <= CAP && max >= BASE);
            prop_assert_eq!(backoff(tries, 0.0), Duration::ZERO);
        }
    }
}
