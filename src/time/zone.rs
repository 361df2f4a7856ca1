//! Time zones: by name or offset, and what the local clock shows.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::{self, Offset};

use super::SECOND;
use crate::{Error, Result};

/// From here on (2100-01-01, in milliseconds) clocks are taken to be set no more; by hand, to bound
/// the table of a zone. They are taken not to be set before 1970 either.
const LAST_SHIFT: i64 = 4_102_444_800_000;

/// A time zone: that of times without one, of the hours of a [`Calendar`](super::Calendar), and of
/// what is shown to people.
///
/// ```
/// use hearken::time::TimeZone;
///
/// assert_eq!(TimeZone::named("+08:00")?.to_string(), "+08:00");
/// assert_eq!(TimeZone::default(), TimeZone::named("UTC")?);
/// assert!(TimeZone::named("Atlantis").is_err());
/// # Ok::<(), hearken::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZone {
    zone: tz::TimeZone,
    /// Since when (milliseconds since the Unix epoch) the local clock is how much ahead of UTC
    /// (milliseconds); the first entry holds before it too.
    shifts: Arc<[(i64, i64)]>,
}

impl TimeZone {
    /// The zone of a name: `UTC`, an offset (`+08:00`) or, with the feature `time-zones`, a name of
    /// the IANA database (`Europe/Prague`). The database is the one that the program was built
    /// with, whatever the machine has.
    ///
    /// # Errors
    /// If the name is none of these; [`Error::is_field`] holds.
    pub fn named(name: &str) -> Result<TimeZone> {
        let name = name.trim();
        if name.eq_ignore_ascii_case("UTC") {
            return Ok(TimeZone::default());
        }
        let signed = name.starts_with(['+', '-']);
        let offset = || offset_of(name).filter(|_| signed).map(tz::TimeZone::fixed);
        offset()
            .or_else(|| tz::TimeZoneDatabase::bundled().get(name).ok())
            .map(TimeZone::from_jiff)
            .ok_or_else(|| {
                Error::field(format!(
                    "no time zone is called `{name}`; write a name of the IANA database, as in Europe/Prague or Asia/Shanghai, \
                     or an offset, as in +08:00"
                ))
            })
    }

    fn from_jiff(zone: tz::TimeZone) -> TimeZone {
        let milliseconds = |offset: Offset| i64::from(offset.seconds()) * SECOND;
        let epoch = Timestamp::UNIX_EPOCH;
        let first = (epoch.as_millisecond(), milliseconds(zone.to_offset(epoch)));
        let later = zone
            .following(epoch)
            .map(|shift| {
                (
                    shift.timestamp().as_millisecond(),
                    milliseconds(shift.offset()),
                )
            })
            .take_while(|(at, _)| *at < LAST_SHIFT);
        let mut shifts = vec![first];
        for shift in later {
            // A zone may change its name or its law without setting the clock.
            if shifts.last().is_none_or(|(_, offset)| *offset != shift.1) {
                shifts.push(shift);
            }
        }
        TimeZone {
            shifts: shifts.into(),
            zone,
        }
    }

    /// What the local clock shows at a moment, in milliseconds: those since the Unix epoch, as if
    /// the clock were one of UTC. Both the moment and the answer are held within `i64`.
    pub(crate) fn local(&self, at: i64) -> i64 {
        at.saturating_add(self.offset(at))
    }

    /// Milliseconds that the local clock is ahead of UTC at a moment.
    fn offset(&self, at: i64) -> i64 {
        let next = self.shifts.partition_point(|(since, _)| *since <= at);
        let now = self.shifts.get(next.saturating_sub(1));
        now.map_or(0, |(_, offset)| *offset)
    }

    /// The moments at which the clock is set, and what it showed until then and shows from then on;
    /// all in milliseconds, in order of time.
    pub(crate) fn shifts(&self) -> impl Iterator<Item = (i64, [i64; 2])> {
        self.shifts.windows(2).filter_map(|pair| match pair {
            &[(_, before), (at, after)] => Some((at, [at + before, at + after])),
            _ => None,
        })
    }

    /// A moment (milliseconds since the Unix epoch) for people: date, hour and minute of the local
    /// clock and how much it is ahead of UTC, as in `2026-03-01 09:00 +01:00` or
    /// `2026-03-01 08:00 UTC`.
    pub fn minute(&self, at: i64) -> String {
        self.shown(at, "%Y-%m-%d %H:%M")
    }

    /// As [`TimeZone::minute`], in a form of `strftime`.
    pub(crate) fn shown(&self, at: i64, form: &str) -> String {
        let Ok(local) = Timestamp::from_millisecond(self.local(at)) else {
            return at.to_string();
        };
        let zone = match self.zone == tz::TimeZone::UTC {
            true => "UTC".to_owned(),
            false => clock_text(self.offset(at)),
        };
        format!("{} {zone}", local.strftime(form))
    }

    pub(crate) fn as_jiff(&self) -> &tz::TimeZone {
        &self.zone
    }
}

impl Default for TimeZone {
    /// UTC.
    fn default() -> TimeZone {
        TimeZone::from_jiff(tz::TimeZone::UTC)
    }
}

impl fmt::Display for TimeZone {
    /// The name that [`TimeZone::named`] takes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zone.iana_name() {
            Some(name) => f.write_str(name),
            None => f.write_str(&clock_text(self.offset(0))),
        }
    }
}

/// `+05:30`, of milliseconds.
fn clock_text(offset: i64) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let minutes = offset.abs() / super::MINUTE;
    format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// `Z`, `UTC`, `GMT`, `GMT+0800`, `+08:00`, `+0800` or `+8`.
pub(crate) fn offset_of(token: &str) -> Option<Offset> {
    let rest = token
        .strip_prefix("UTC")
        .or_else(|| token.strip_prefix("GMT"))
        .unwrap_or(token);
    if rest.is_empty() || matches!(rest, "Z" | "z") {
        return Some(Offset::UTC);
    }
    let (sign, digits) = match (rest.strip_prefix('+'), rest.strip_prefix(['-', '−'])) {
        (Some(digits), _) => (1, digits),
        (_, Some(digits)) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(parts), _) => parts,
        (None, 4) if is_number(digits) => digits.split_at(2),
        (None, _) => (digits, "0"),
    };
    let number = |text: &str| {
        let well = is_number(text) && text.len() <= 2;
        well.then(|| text.parse::<i32>().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let well = hours <= 18 && minutes < 60;
    well.then(|| Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok())?
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_named_or_offsets() {
        for (name, shown) in [
            ("utc", "UTC"),
            ("+08:00", "+08:00"),
            ("-0530", "-05:30"),
            ("+1", "+01:00"),
        ] {
            let zone = TimeZone::named(name).unwrap();
            assert_eq!(zone.to_string(), shown, "{name}");
            assert_eq!(TimeZone::named(shown).unwrap(), zone, "{name}");
        }
        for name in ["", "+", "+99:00", "+08:00x", "Middle/Earth", "+é", "-"] {
            assert!(TimeZone::named(name).unwrap_err().is_field(), "{name}");
        }
    }

    #[test]
    fn a_moment_is_shown_by_the_local_clock() {
        let at = 1_772_349_300_000; // 2026-03-01T07:15:00Z
        for (name, shown) in [
            ("UTC", "2026-03-01 07:15 UTC"),
            ("-05:30", "2026-03-01 01:45 -05:30"),
            #[cfg(feature = "time-zones")]
            ("Europe/Prague", "2026-03-01 08:15 +01:00"),
        ] {
            assert_eq!(TimeZone::named(name).unwrap().minute(at), shown);
        }
        assert_eq!(TimeZone::default().minute(i64::MAX), i64::MAX.to_string());
    }

    #[cfg(feature = "time-zones")]
    #[test]
    fn the_table_says_what_the_database_says() {
        for name in [
            "Europe/Prague",
            "America/New_York",
            "Asia/Shanghai",
            "Africa/Casablanca",
        ] {
            let zone = TimeZone::named(name).unwrap();
            // Every 11 hours and a bit, so that all hours of the day come up.
            for at in (0..LAST_SHIFT).step_by(40_000_123 * 7) {
                let moment = Timestamp::from_millisecond(at).unwrap();
                let offset = i64::from(zone.zone.to_offset(moment).seconds()) * SECOND;
                assert_eq!(zone.offset(at), offset, "{name} {moment}");
            }
        }
    }
}
