//! A day of the calendar, for retractions of all labels of a day.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::time::DAY;
use crate::{Error, Result};

/// A day of the calendar (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Day {
    /// The day of a time in milliseconds since the Unix epoch.
    pub fn from_time(at: i64) -> Day {
        Day(at.div_euclid(DAY))
    }

    /// Reads `2026-03-01`.
    ///
    /// # Errors
    /// If it is not a day of the calendar.
    pub fn parse(text: &str) -> Result<Day> {
        let wrong = || Error::log(format!("{text:?} is not a day as in 2026-03-01"));
        let date: Date = text.parse().map_err(|_| wrong())?;
        // One spelling a day: a log is compared and searched as text.
        if date.to_string() != text {
            return Err(wrong());
        }
        let start = date.to_zoned(TimeZone::UTC).map_err(|_| wrong())?;
        Ok(Day::from_time(start.timestamp().as_millisecond()))
    }

    /// Whether a time in milliseconds since the Unix epoch is in this day.
    pub fn holds(self, at: i64) -> bool {
        Day::from_time(at) == self
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0.saturating_mul(DAY)) {
            Ok(start) => write!(f, "{}", TimeZone::UTC.to_datetime(start).date()),
            Err(_) => write!(f, "day {}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, at) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2026-03-01", 1_772_323_200_000),
        ] {
            let day = Day::parse(text).expect("is a day");
            assert_eq!((day, day.to_string().as_str()), (Day::from_time(at), text));
            assert!(day.holds(at) && !day.holds(at + DAY) && !day.holds(at - DAY));
        }
        for wrong in [
            "2026-02-30",
            "2026-3-1",
            "1.3.2026",
            "",
            "2026-03-01T00:00:00",
        ] {
            let error = Day::parse(wrong).expect_err("is none");
            assert!(
                error.is_log() && error.to_string().contains("as in 2026-03-01"),
                "{error}"
            );
        }
        // Milliseconds beyond all calendars have a day all the same.
        assert!(Day::from_time(i64::MAX).to_string().starts_with("day "));
    }
}
