use std::{
    hash::Hash,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use quick_cache::sync::Cache;

/// A bucket's capacity and refill rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens in a full bucket: the largest burst.
    pub burst: u32,
    /// The time in which one token is refilled.
    pub interval: Duration,
}

impl Rate {
    /// A burst of `burst`, then one in each `interval`.
    pub const fn new(burst: u32, interval: Duration) -> Self {
        Self { burst, interval }
    }

    /// The time in which an empty bucket refills: the longest possible wait.
    pub const fn window(self) -> Duration {
        self.interval.saturating_mul(self.burst)
    }

    /// This rate with half the burst, refilled half as fast.
    #[must_use]
    pub const fn halved(self) -> Self {
        Self {
            burst: self.burst.div_ceil(2),
            interval: self.interval.saturating_mul(2),
        }
    }

    /// This rate with a burst `factor` times as large, refilled `factor` times as fast.
    ///
    /// # Panics
    /// If the factor is 0.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self {
            burst: self.burst.saturating_mul(factor),
            interval: self
                .interval
                .checked_div(factor)
                .expect("a factor above zero"),
        }
    }
}

/// What remains in a bucket after a token was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// The remaining tokens.
    pub tokens: u32,
    /// The time until the bucket is full again.
    pub full_in: Duration,
}

/// Token buckets by key, using the generic cell rate algorithm (ITU-T I.371): a bucket's only state
/// is the time at which it will be full.
///
/// Memory is bounded. Above [`Buckets::MOST`] keys the cache evicts keys seen once before keys seen
/// often; an evicted bucket is full again. The clock is an argument; setting it back never causes a
/// wait longer than [`Rate::window`].
pub struct Buckets<K> {
    /// When each bucket will be full, in nanoseconds since `begun`.
    full_at: Cache<K, Arc<AtomicU64>>,
    begun: Instant,
}

impl<K: Eq + Hash + Clone> Default for Buckets<K> {
    fn default() -> Self {
        Self {
            full_at: Cache::new(Self::MOST),
            begun: Instant::now(),
        }
    }
}

impl<K: Eq + Hash + Clone> Buckets<K> {
    /// The approximate maximum number of keys, at 100 bytes each.
    pub const MOST: usize = 50_000;

    fn nanos(&self, now: Instant) -> u64 {
        nanos(now.saturating_duration_since(self.begun))
    }

    fn bucket(&self, key: &K) -> Arc<AtomicU64> {
        let Ok(bucket) = self
            .full_at
            .get_or_insert_with(key, || Ok::<_, std::convert::Infallible>(Arc::default()));
        bucket
    }

    /// Takes a token.
    ///
    /// # Errors
    /// The time until the next token, if the bucket is empty; nothing is taken then.
    pub fn spend(&self, key: &K, rate: Rate, now: Instant) -> Result<Left, Duration> {
        let (now, window, interval) = (self.nanos(now), nanos(rate.window()), nanos(rate.interval));
        let begin = |full_at| within(full_at, now, window);
        let fits = |full_at| begin(full_at) + interval <= now + window;
        // Stored even if no token is left: clamps a time that is too late because the clock was set
        // back.
        let after = |full_at| {
            Some(if fits(full_at) {
                begin(full_at) + interval
            } else {
                begin(full_at)
            })
        };
        let before = self
            .bucket(key)
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, after)
            .unwrap_or_default();
        if !fits(before) {
            return Err(Duration::from_nanos(
                begin(before) + interval - now - window,
            ));
        }
        let full_in = begin(before) + interval - now;
        let tokens = u32::try_from((window - full_in) / interval.max(1)).unwrap_or(u32::MAX);
        Ok(Left {
            tokens,
            full_in: Duration::from_nanos(full_in),
        })
    }

    /// Checks for a token without taking it.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub fn check(&self, key: &K, rate: Rate, now: Instant) -> Result<(), Duration> {
        let Some(bucket) = self.full_at.get(key) else {
            return Ok(());
        };
        let (now, window) = (self.nanos(now), nanos(rate.window()));
        let full_at = bucket.fetch_min(now + window, Ordering::Relaxed);
        let wait =
            (within(full_at, now, window) + nanos(rate.interval)).saturating_sub(now + window);
        if wait == 0 {
            Ok(())
        } else {
            Err(Duration::from_nanos(wait))
        }
    }

    /// Puts a token back.
    pub fn give_back(&self, key: &K, rate: Rate) {
        if let Some(bucket) = self.full_at.get(key) {
            let interval = nanos(rate.interval);
            let _ = bucket.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full_at| {
                Some(full_at.saturating_sub(interval))
            });
        }
    }

    /// Fills a bucket.
    pub fn fill(&self, key: &K) {
        self.full_at.remove(key);
    }
}

/// Clamps the time at which a bucket will be full to between now (full) and a window from now
/// (empty). It is later only if the clock was set back.
fn within(full_at: u64, now: u64, window: u64) -> u64 {
    full_at.clamp(now, now + window)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX / 4)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATE: Rate = Rate::new(3, Duration::from_millis(500));

    fn granted(buckets: &Buckets<u32>, key: u32, at: Instant) -> usize {
        (0..10)
            .filter(|_| buckets.spend(&key, RATE, at).is_ok())
            .count()
    }

    #[test]
    fn buckets_drain_and_refill_independently() {
        let buckets = Buckets::default();
        let start = Instant::now();
        assert_eq!(granted(&buckets, 1, start), 3);
        assert_eq!(granted(&buckets, 2, start), 3);
        assert_eq!(
            buckets.spend(&1, RATE, start),
            Err(Duration::from_millis(500))
        );
        assert_eq!(granted(&buckets, 1, start + Duration::from_secs(1)), 2);
        assert_eq!(granted(&buckets, 1, start + Duration::from_mins(1)), 3);
    }

    #[test]
    fn spend_reports_remaining_tokens_and_give_back_refunds_one() {
        let buckets = Buckets::default();
        let start = Instant::now();
        for tokens in [2, 1, 0] {
            let full_in = RATE.interval * (3 - tokens);
            assert_eq!(buckets.spend(&1, RATE, start), Ok(Left { tokens, full_in }));
        }
        assert_eq!(
            buckets.check(&1, RATE, start),
            Err(Duration::from_millis(500))
        );
        buckets.give_back(&1, RATE);
        assert_eq!(
            (buckets.check(&1, RATE, start), granted(&buckets, 1, start)),
            (Ok(()), 1)
        );
        buckets.fill(&1);
        assert_eq!(granted(&buckets, 1, start), 3);
        assert_eq!(buckets.check(&99, RATE, start), Ok(()), "never used");
    }

    #[test]
    fn clock_set_back_by_two_days_does_not_extend_the_wait() {
        let buckets = Buckets {
            begun: Instant::now(),
            ..Buckets::default()
        };
        let late = buckets.begun + Duration::from_hours(48);
        assert_eq!(granted(&buckets, 1, late), 3);
        let wait = buckets
            .spend(&1, RATE, buckets.begun)
            .expect_err("empty still");
        assert!(wait <= RATE.window(), "{wait:?}");
        assert_eq!(granted(&buckets, 1, buckets.begun + RATE.window()), 3);
    }

    #[test]
    fn memory_is_bounded_and_busy_buckets_survive_a_flood_of_new_keys() {
        let buckets = Buckets::default();
        let start = Instant::now();
        granted(&buckets, 0, start);
        for key in 1..4 * u32::try_from(Buckets::<u32>::MOST).expect("small") {
            let _ = buckets.spend(&key, RATE, start);
            if key % 1_000 == 0 {
                assert_eq!(granted(&buckets, 0, start), 0, "after {key} others");
            }
        }
        assert!(
            buckets.full_at.len() <= Buckets::<u32>::MOST,
            "{}",
            buckets.full_at.len()
        );
    }

    proptest! {
        /// Grants never exceed the burst plus the tokens refilled since, and no wait exceeds the
        /// window.
        #[test]
        fn grants_never_exceed_the_rate(steps in prop::collection::vec((0_u64..2_000, 1_usize..4), 1..60)) {
            let buckets = Buckets::default();
            let start = buckets.begun;
            let (mut at, mut taken) = (start, 0_u128);
            for (millis, tries) in steps {
                at += Duration::from_millis(millis);
                for _ in 0..tries {
                    match buckets.spend(&1, RATE, at) {
                        Ok(_) => taken += 1,
                        Err(wait) => prop_assert!(!wait.is_zero() && wait <= RATE.window()),
                    }
                }
                let most = 3 + at.duration_since(start).as_millis() / 500;
                prop_assert!(taken <= most, "{taken} of {most}");
            }
        }
    }
}
