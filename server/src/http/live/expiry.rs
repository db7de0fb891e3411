//! A socket that was opened with a token ends when the token expires.

use std::{future::pending, time::Duration};

use shared::live::close;
use tokio::time::{Instant, sleep_until};

use crate::http::live::connection::End;

/// The longest time that is waited for: longer than a socket lives.
const HORIZON: Duration = Duration::from_hours(24);

/// When the socket's token expires; a session has no such time.
#[derive(Clone, Copy)]
pub struct Expiry(Option<Instant>);

impl Expiry {
    /// From the token's expiry and the present time, both in milliseconds since 1970.
    pub fn new(expires_at: Option<i64>, now: i64) -> Self {
        Self(expires_at.map(|at| {
            let left = u64::try_from(at.saturating_sub(now)).unwrap_or_default();
            Instant::now() + Duration::from_millis(left).min(HORIZON)
        }))
    }

    /// Ends the socket once the token has expired.
    pub fn check(self) -> Result<(), End> {
        match self.0 {
            Some(at) if at <= Instant::now() => Err(End::Code(close::SESSION_ENDED)),
            _ => Ok(()),
        }
    }

    /// Waits until the token expires.
    pub async fn reached(self) {
        match self.0 {
            Some(at) => sleep_until(at).await,
            None => pending().await,
        }
    }
}
