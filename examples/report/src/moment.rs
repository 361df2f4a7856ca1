//! Moments: RFC 3339 in the data, the local clock on the page.

use std::fmt;

use hearken::time::TimeZone;
use jiff::Timestamp;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment in milliseconds since the Unix epoch; written as RFC 3339 in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(pub i64);

impl Moment {
    /// Date, hour and minute by the clock of a zone, as in `2026-03-01 09:00`.
    pub(crate) fn shown(self, zone: &TimeZone) -> String {
        zone.minute(self.0).chars().take(16).collect()
    }

    /// How many milliseconds the clock of a zone is ahead of UTC then.
    pub(crate) fn offset(self, zone: &TimeZone) -> i64 {
        let text = zone.minute(self.0);
        let stated = text.rsplit(' ').next().unwrap_or_default();
        let number = |from: usize| stated.get(from..from + 2)?.parse::<i64>().ok();
        let minutes = number(1).zip(number(4)).map(|(h, m)| h * 60 + m);
        let sign = if stated.starts_with('-') { -1 } else { 1 };
        sign * minutes.unwrap_or(0) * 60_000
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time}"),
            Err(_) => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Moment, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time = text.parse::<Timestamp>();
        let time = time.map(Timestamp::as_millisecond);
        time.or_else(|_| text.parse())
            .map(Moment)
            .map_err(|_| D::Error::custom("a moment is RFC 3339, as in 2026-03-01T08:15:00Z"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_of_a_zone_is_shown_and_the_data_is_rfc_3339() {
        let moment = Moment(1_772_352_600_000);
        let zone = TimeZone::named("-03:30").unwrap();
        assert_eq!(moment.shown(&zone), "2026-03-01 04:40");
        assert_eq!(moment.offset(&zone), -12_600_000);
        assert_eq!(moment.offset(&TimeZone::default()), 0);
        let json = serde_json::to_string(&moment).unwrap();
        assert_eq!(json, r#""2026-03-01T08:10:00Z""#);
        assert_eq!(serde_json::from_str::<Moment>(&json).unwrap(), moment);
    }
}
