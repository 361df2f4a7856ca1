//! Time as people have it: zones, holidays and business hours; units of time in milliseconds, and
//! spans of time as settings and sentences state them.

mod business;
mod calendar;
mod clock;
mod zone;

use std::time::Duration;

pub(crate) use business::{BusinessTime, Hours};
pub use calendar::Calendar;
pub(crate) use clock::Clock;
pub use zone::TimeZone;
pub(crate) use zone::offset_of;

/// A second.
pub(crate) const SECOND: i64 = 1000;
/// A minute.
pub(crate) const MINUTE: i64 = 60 * SECOND;
/// An hour.
pub(crate) const HOUR: i64 = 60 * MINUTE;
/// A day.
pub(crate) const DAY: i64 = 24 * HOUR;

/// The units in which settings state a span, in milliseconds, the largest first.
const UNITS: [(&str, i64); 4] = [("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND)];

/// A span of the settings in whole milliseconds; one that does not fit is the longest that does.
pub(crate) fn milliseconds(span: Duration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// A span of `count` days.
pub(crate) const fn days(count: u64) -> Duration {
    Duration::from_secs(count * 24 * 60 * 60)
}

/// A span for people in one unit, rounded down: `59 seconds`, `1 minute`, `47 hours`, `2 days`.
///
/// Seconds below a minute, minutes below an hour, hours below two days, then days. A span below
/// zero is `0 seconds`.
pub(crate) fn span(milliseconds: i64) -> String {
    let (size, unit) = match milliseconds {
        ..MINUTE => (SECOND, "second"),
        MINUTE..HOUR => (MINUTE, "minute"),
        // Hours up to two days, for between "1 day" and "2 days" much may be won or lost.
        HOUR..172_800_000 => (HOUR, "hour"),
        _ => (DAY, "day"),
    };
    let count = milliseconds.max(0) / size;
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

/// The milliseconds of a span as settings state it: a whole number and `s`, `min`, `h` or `d`. None
/// where it is anything else; a span that is too long for an `i64` is the longest.
pub(crate) fn parse_span(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let (_, size) = UNITS.iter().find(|(name, _)| *name == unit.trim())?;
    Some(number.parse::<i64>().ok()?.saturating_mul(*size))
}

/// Serde of a [`Duration`](std::time::Duration) in settings: `"8 h"` in TOML and JSON, where it is
/// whole seconds; exact in a snapshot. For `#[serde(with = "span_text")]`.
pub(crate) mod span_text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    use super::{SECOND, UNITS, milliseconds, parse_span};

    pub(crate) fn serialize<S: Serializer>(
        span: &Duration,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return span.serialize(serializer);
        }
        let milliseconds = milliseconds(*span);
        let unit = UNITS.iter().find(|(_, size)| milliseconds % size == 0);
        let (name, size) = unit.filter(|_| milliseconds > 0).unwrap_or(&("s", SECOND));
        serializer.collect_str(&format_args!("{} {name}", milliseconds / size))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Duration, D::Error> {
        if !deserializer.is_human_readable() {
            return Duration::deserialize(deserializer);
        }
        let text = String::deserialize(deserializer)?;
        let milliseconds = parse_span(&text).and_then(|span| u64::try_from(span).ok());
        milliseconds.map(Duration::from_millis).ok_or_else(|| {
            de::Error::custom(format_args!(
                "invalid span {text:?}: write a whole number and s, min, h or d, as in \"8 h\""
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;

    #[test]
    fn spans_for_people_are_rounded_down_to_one_unit() {
        for (milliseconds, expected) in [
            (i64::MIN, "0 seconds"),
            (999, "0 seconds"),
            (1000, "1 second"),
            (MINUTE - 1, "59 seconds"),
            (MINUTE, "1 minute"),
            (HOUR - 1, "59 minutes"),
            (HOUR, "1 hour"),
            (HOUR + 1, "1 hour"),
            (2 * DAY - 1, "47 hours"),
            (2 * DAY, "2 days"),
            (60 * HOUR, "2 days"),
            (i64::MAX, "106751991167 days"),
        ] {
            assert_eq!(span(milliseconds), expected, "{milliseconds}");
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Stated {
        #[serde(with = "span_text")]
        hold: Duration,
    }

    #[test]
    fn spans_in_settings_are_read_as_they_are_written() {
        for (text, seconds) in [
            ("0 s", 0),
            ("90 s", 90),
            ("15 min", 900),
            ("8 h", 28_800),
            ("2 d", 172_800),
        ] {
            let stated: Stated = toml::from_str(&format!("hold = {text:?}")).unwrap();
            assert_eq!(stated.hold, Duration::from_secs(seconds));
            assert_eq!(serde_json::to_value(&stated).unwrap()["hold"], text);
            let bytes = postcard::to_allocvec(&stated).unwrap();
            assert_eq!(postcard::from_bytes::<Stated>(&bytes).unwrap(), stated);
        }
        for wrong in ["\"soon\"", "\"5\"", "\"1.5 h\"", "\"-1 h\"", "60", "\"é\""] {
            assert!(
                toml::from_str::<Stated>(&format!("hold = {wrong}")).is_err(),
                "{wrong}"
            );
        }
    }
}
