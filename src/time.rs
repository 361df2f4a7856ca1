//! Units of time, in milliseconds.

/// A minute.
pub(crate) const MINUTE: i64 = 60_000;
/// An hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// A day.
pub(crate) const DAY: i64 = 24 * HOUR;
