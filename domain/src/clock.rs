//! The one place that reads the wall clock.

use shared::Timestamp;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since 1970, UTC, as timestamps are stored.
pub fn now() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX)
}

/// Microseconds since 1970, UTC, for measuring delays between processes.
pub fn micros() -> i64 {
    i64::try_from(OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

/// A stored timestamp in the API's format, RFC 3339 to the millisecond.
pub fn timestamp(ms: i64) -> Timestamp {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(ms) * 1_000_000)
        .unwrap_or(OffsetDateTime::UNIX_EPOCH);
    Timestamp(at.format(&Rfc3339).unwrap_or_default())
}
