//! A calendar: a time zone and holidays, and the hour of the week that a moment has in it.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, date};
use serde::{Deserialize, Serialize};

use super::{DAY, HOUR, TimeZone};
use crate::{Error, Result};

/// Most holidays of a calendar: by convention, a bound on what a snapshot may hold.
const MAX_HOLIDAYS: usize = 10_000;
/// The Unix epoch was a Thursday; the week begins on Monday.
const EPOCH_WEEKDAY: i64 = 3;
/// Monday is 0.
const SUNDAY: i64 = 6;

/// A time zone and the holidays in it. A holiday is a day on which people behave as on a Sunday.
///
/// ```
/// use hearken::time::{Calendar, TimeZone};
///
/// let czech = "2026-04-03 # Good Friday\n2026-04-06 # Easter Monday\n";
/// let calendar = Calendar::new(TimeZone::named("+01:00")?).with_holidays(czech)?;
/// let good_friday = 1_775_203_200_000; // 2026-04-03T08:00:00Z, 9 h there
/// assert_eq!(calendar.hour_of_week(good_friday), 6 * 24 + 9);
/// # Ok::<(), hearken::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct Calendar {
    zone: TimeZone,
    /// Days since the Unix epoch.
    holidays: Arc<BTreeSet<i64>>,
}

/// A calendar as it is kept: the zone by its name, not by its table, for laws change.
#[derive(Serialize, Deserialize)]
struct Kept {
    zone: String,
    holidays: Vec<i64>,
}

impl Calendar {
    /// A calendar without holidays.
    pub fn new(zone: TimeZone) -> Calendar {
        Calendar {
            zone,
            holidays: Arc::default(),
        }
    }

    /// Adds holidays from a text: a date a line, as `2026-12-25`. What stands behind a `#` is a
    /// comment.
    ///
    /// # Errors
    /// Names the line that is no date, or says that there are more than 10,000 holidays;
    /// [`Error::is_settings`] holds.
    pub fn with_holidays(self, text: &str) -> Result<Calendar> {
        let mut holidays = (*self.holidays).clone();
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let stated = line.split('#').next().unwrap_or_default().trim();
            if stated.is_empty() {
                continue;
            }
            let day = day_of(stated).ok_or_else(|| {
                Error::settings(format!(
                    "holidays line {}: {stated:?} is no date; write year, month and day as in \
                     2026-12-25, and a # before what is not a date",
                    number + 1
                ))
            })?;
            holidays.insert(day);
        }
        Calendar::checked(self.zone, holidays)
    }

    fn checked(zone: TimeZone, holidays: BTreeSet<i64>) -> Result<Calendar> {
        if holidays.len() > MAX_HOLIDAYS {
            return Err(Error::settings(format!(
                "more than {MAX_HOLIDAYS} holidays; leave out those of years without posts"
            )));
        }
        Ok(Calendar {
            zone,
            holidays: holidays.into(),
        })
    }

    /// The time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The hour of the week at a moment (milliseconds since the Unix epoch) by the local clock: 0
    /// to 167, 0 from Monday midnight on. On a holiday it is that of a Sunday.
    pub fn hour_of_week(&self, at: i64) -> usize {
        let local = self.zone.local(at);
        let day = local.div_euclid(DAY);
        let weekday = match self.holidays.contains(&day) {
            true => SUNDAY,
            false => weekday(day),
        };
        (weekday * (DAY / HOUR) + local.rem_euclid(DAY) / HOUR) as usize
    }

    /// Days since the Unix epoch, ascending.
    pub(super) fn holidays(&self) -> impl Iterator<Item = i64> {
        self.holidays.iter().copied()
    }
}

/// The weekday of a day since the Unix epoch; Monday is 0.
pub(super) fn weekday(day: i64) -> i64 {
    (day.rem_euclid(7) + EPOCH_WEEKDAY) % 7
}

/// Days from the Unix epoch to a date of the form `2026-12-25`.
fn day_of(stated: &str) -> Option<i64> {
    // Longer forms of ISO 8601 have a time, which a day has not.
    let stated: Date = (stated.len() == 10).then(|| stated.parse().ok())??;
    let days = stated.duration_since(date(1970, 1, 1)).as_hours() / 24;
    Some(days)
}

impl From<Calendar> for Kept {
    fn from(calendar: Calendar) -> Kept {
        Kept {
            zone: calendar.zone.to_string(),
            holidays: calendar.holidays().collect(),
        }
    }
}

impl TryFrom<Kept> for Calendar {
    type Error = Error;

    fn try_from(kept: Kept) -> Result<Calendar> {
        let zone = TimeZone::named(&kept.zone)?;
        Calendar::checked(zone, kept.holidays.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_week_begins_on_monday() {
        let calendar = Calendar::default();
        for (moment, hour) in [
            ("2026-03-02T00:00:00Z", 0),
            ("2026-03-01T23:59:59Z", 167),
            ("2026-03-06T12:00:00Z", 4 * 24 + 12),
            ("1969-12-31T23:00:00Z", 2 * 24 + 23),
        ] {
            assert_eq!(calendar.hour_of_week(at(moment)), hour, "{moment}");
        }
        // No moment is out of the week.
        for moment in [i64::MIN, i64::MAX] {
            assert!(calendar.hour_of_week(moment) < 168);
        }
    }

    #[cfg(feature = "time-zones")]
    #[test]
    fn hours_are_those_of_the_local_clock_when_it_is_set() {
        let prague = Calendar::new(TimeZone::named("Europe/Prague").unwrap());
        // Set forward on Sunday 29 March at 2 h: hour 2 is passed over.
        let spring =
            [-2, -1, 0, 1].map(|h| prague.hour_of_week(at("2026-03-29T01:00:00Z") + h * HOUR));
        assert_eq!(spring, [144, 145, 147, 148]);
        // Set back on Sunday 25 October at 3 h: hour 2 comes twice.
        let autumn =
            [-2, -1, 0, 1].map(|h| prague.hour_of_week(at("2026-10-25T01:00:00Z") + h * HOUR));
        assert_eq!(autumn, [145, 146, 146, 147]);
    }

    #[test]
    fn a_holiday_has_the_hours_of_a_sunday_by_the_local_clock() {
        let zone = TimeZone::named("+02:00").unwrap();
        let calendar = Calendar::new(zone).with_holidays("\u{feff}2026-05-01 # Friday\n\n# none\n");
        let calendar = calendar.unwrap();
        let begins = at("2026-04-30T22:00:00Z");
        assert_eq!(calendar.hour_of_week(begins - 1), 3 * 24 + 23);
        assert_eq!(calendar.hour_of_week(begins), 6 * 24);
        assert_eq!(calendar.hour_of_week(begins + DAY - 1), 6 * 24 + 23);
        assert_eq!(calendar.hour_of_week(begins + DAY), 5 * 24);
    }

    #[test]
    fn what_is_no_date_is_named_with_its_line() {
        for wrong in [
            "2026-02-30",
            "25.12.2026",
            "2026-12-25 Christmas",
            "Christmas",
        ] {
            let text = format!("2026-01-01\n{wrong}\n");
            let error = Calendar::default().with_holidays(&text).unwrap_err();
            let said = error.to_string();
            assert!(
                error.is_settings() && said.contains("holidays line 2:"),
                "{said}"
            );
        }
    }

    #[test]
    fn a_calendar_is_kept_by_names_and_dates() {
        let zone = TimeZone::named("-05:30").unwrap();
        let calendar = Calendar::new(zone)
            .with_holidays("2026-12-25\n1969-12-31")
            .unwrap();
        let bytes = postcard::to_allocvec(&calendar).unwrap();
        assert_eq!(postcard::from_bytes::<Calendar>(&bytes).unwrap(), calendar);
        let unknown = postcard::to_allocvec(&("Atlantis", Vec::<i64>::new())).unwrap();
        assert!(postcard::from_bytes::<Calendar>(&unknown).is_err());
    }
}
