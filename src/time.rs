//! Units of time, in milliseconds, and how a span of the settings becomes one.

use std::time::Duration;

/// A minute.
pub(crate) const MINUTE: i64 = 60_000;
/// An hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// A day.
pub(crate) const DAY: i64 = 24 * HOUR;

/// A span of the settings in whole milliseconds; one that does not fit is the longest that does.
pub(crate) fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// A span of `count` days.
pub(crate) const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 24 * 60 * 60)
}
