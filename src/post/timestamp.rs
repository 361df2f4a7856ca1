//! Times as dumps write them, as milliseconds since the Unix epoch.

use jiff::Timestamp;
use jiff::fmt::{rfc2822, strtime};
use serde::{Serializer, ser};

/// Numbers below this are seconds, from here on milliseconds: seconds reach it in the year 5138,
/// milliseconds in 1973.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// Numbers from here on are microseconds or finer, or no times at all.
const NO_TIME_FROM: i64 = 1000 * MILLISECONDS_FROM;

/// Unix seconds or milliseconds.
pub(super) fn from_integer(number: i64) -> Option<i64> {
    match number.unsigned_abs() {
        size if size < MILLISECONDS_FROM.unsigned_abs() => Some(number * 1000),
        size if size < NO_TIME_FROM.unsigned_abs() => Some(number),
        _ => None,
    }
}

/// Unix seconds or milliseconds with a fraction.
pub(super) fn from_float(number: f64) -> Option<i64> {
    let size = number.abs();
    if size < MILLISECONDS_FROM as f64 {
        Some((number * 1000.0).round() as i64)
    } else if size < NO_TIME_FROM as f64 {
        Some(number.round() as i64)
    } else {
        None // NaN comes here too
    }
}

/// RFC 3339, a number in text, `Wed Aug 27 13:08:45 +0000 2008`, or the form of mails.
pub(super) fn from_text(text: &str) -> Option<i64> {
    let text = text.trim();
    // Dumps write Unix times as text too.
    if let Ok(number) = text.parse::<i64>() {
        return from_integer(number);
    }
    if text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'))
    {
        return text.parse().ok().and_then(from_float);
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let named =
            strtime::parse("%a %b %d %H:%M:%S %z %Y", text).and_then(|parts| parts.to_timestamp());
        let mail = || rfc2822::DateTimeParser::new().parse_timestamp(text);
        return named
            .or_else(|_| mail())
            .ok()
            .map(Timestamp::as_millisecond);
    }
    // `2026-03-01 08:15:00 +0800` and `2026-03-01 08:15:00 UTC`, as scripting languages
    // print a time.
    let (rest, offset) = text.rsplit_once(' ')?;
    let offset = if matches!(offset, "UTC" | "GMT") {
        "Z"
    } else {
        offset
    };
    // A time without an offset does not name a moment: guessing a zone would move it by hours.
    let signed = offset == "Z" || offset.starts_with(['+', '-']);
    let joined = signed.then(|| format!("{}{offset}", rest.trim_end()))?;
    joined
        .parse::<Timestamp>()
        .ok()
        .map(Timestamp::as_millisecond)
}

/// Writes milliseconds since the Unix epoch as RFC 3339: as a number, a moment of the years around
/// 1970 would be read as seconds.
///
/// # Errors
/// If the moment is not of the years −9999 to 9999; [`from_text`] and its siblings give none.
pub(super) fn serialize<S: Serializer>(
    moment: &Option<i64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match moment {
        None => serializer.serialize_none(),
        Some(moment) => match Timestamp::from_millisecond(*moment) {
            Ok(time) => serializer.collect_str(&time),
            Err(_) => Err(ser::Error::custom(format!(
                "{moment} is not a moment of the years -9999 to 9999; give milliseconds since the \
                 Unix epoch"
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_of_one_moment_is_that_moment() {
        for text in [
            "2026-03-01T08:15:00+08:00",
            "2026-03-01T08:15:00+0800",
            "2026-03-01 08:15:00+08:00",
            "2026-03-01 08:15:00 +0800",
            "2026-03-01 00:15:00 UTC",
            "2026-03-01T00:15:00Z",
            "2026-03-01t00:15:00.000z",
            "2026-02-28T19:15:00-05:00",
            "Sun Mar 01 00:15:00 +0000 2026",
            "Sun Mar 01 08:15:00 +0800 2026",
            "Sun, 1 Mar 2026 08:15:00 +0800",
            "1772324100",
            "1772324100000",
            "1772324100.0",
            " 1772324100 ",
        ] {
            assert_eq!(from_text(text), Some(1_772_324_100_000), "{text}");
        }
        assert_eq!(from_integer(1_772_324_100), Some(1_772_324_100_000));
        assert_eq!(from_integer(1_772_324_100_000), Some(1_772_324_100_000));
        assert_eq!(from_float(1_772_324_100.25), Some(1_772_324_100_250));
        assert_eq!(
            from_text("2026-03-01T00:15:00.123456Z"),
            Some(1_772_324_100_123)
        );
        assert_eq!(from_integer(-1), Some(-1000));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "yesterday",
            "2026-03-01T08:15:00", // without an offset it does not name a moment
            "2026-03-01",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "Sun Mar 01 2026",
            "-",
            "",
            "+08:00",
            "1772324100000000",
            "99999999999999999999999999",
        ] {
            assert_eq!(from_text(text), None, "{text}");
        }
        for number in [i64::MAX, i64::MIN, NO_TIME_FROM] {
            assert_eq!(from_integer(number), None, "{number}");
        }
        for number in [f64::NAN, f64::INFINITY, 1e300, -1e300] {
            assert_eq!(from_float(number), None, "{number}");
        }
    }
}
