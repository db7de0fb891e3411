//! Delays as pure functions. `jitter` is a random number in `[0, 1)` from the caller.

/// Milliseconds until the next attempt to connect, after `failures` failed handshakes in a row:
/// "full jitter" over a window that starts at 5 s and doubles up to 30 s, so that clients
/// disconnected together do not reconnect together.
pub fn reconnect_delay(failures: u32, jitter: f64) -> u32 {
    let window = 5_000_u32
        .saturating_mul(2_u32.saturating_pow(failures.min(8)))
        .min(30_000);
    part(window, jitter)
}

/// Milliseconds until the next attempt to open a socket while polling: 60 s ± 50 %.
pub fn retry_delay(jitter: f64) -> u32 {
    30_000 + part(60_000, jitter)
}

/// Milliseconds between two polls.
pub const fn poll_delay(visible: bool) -> u32 {
    if visible { 30_000 } else { 180_000 }
}

/// A random delay of up to `window` milliseconds.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the product lies within 0 ..= window"
)]
pub(super) fn part(window: u32, jitter: f64) -> u32 {
    (f64::from(window) * jitter.clamp(0.0, 1.0)) as u32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn delays_stay_within_their_bounds(failures in 0_u32..1_000, jitter in 0.0..1.0) {
            let window = [5_000, 10_000, 20_000][..].get(failures as usize).copied().unwrap_or(30_000);
            prop_assert!(reconnect_delay(failures, jitter) <= window);
            prop_assert!((30_000..=90_000).contains(&retry_delay(jitter)));
        }
    }

    #[test]
    fn the_jitter_spreads_over_the_whole_window() {
        assert_eq!(
            (
                reconnect_delay(0, 0.0),
                reconnect_delay(0, 0.5),
                reconnect_delay(9, 0.999)
            ),
            (0, 2_500, 29_970)
        );
    }
}
