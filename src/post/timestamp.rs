//! Times as dumps write them, as milliseconds since the Unix epoch.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::fmt::{rfc2822, strtime};
use jiff::tz::TimeZone;
use serde::{Serializer, ser};

use super::civil;
use super::reader::DateOrder;

/// Numbers below this are seconds, from here on milliseconds: seconds reach it in the year 5138,
/// milliseconds in 1973.
const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// Numbers from here on are microseconds, which reach it in 1973 too.
const MICROSECONDS_FROM: i64 = 1000 * MILLISECONDS_FROM;
/// Numbers from here on are finer, or no times at all.
const NO_TIME_FROM: i64 = 1000 * MICROSECONDS_FROM;

/// A moment as it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Moment {
    /// In milliseconds since the Unix epoch.
    At(i64),
    /// A date and a time of day without a zone: a moment only where one is assumed.
    Local(DateTime),
}

impl Moment {
    /// The moment that needs no zone.
    pub(super) fn zoned(self) -> Option<i64> {
        match self {
            Moment::At(at) => Some(at),
            Moment::Local(_) => None,
        }
    }

    /// The moment, and whether the zone was needed.
    pub(super) fn within(self, zone: &TimeZone) -> Option<(i64, bool)> {
        match self {
            Moment::At(at) => Some((at, false)),
            Moment::Local(time) => {
                let time = zone.to_timestamp(time).ok()?;
                Some((time.as_millisecond(), true))
            }
        }
    }
}

/// Unix seconds, milliseconds or microseconds, or a date written as one number.
pub(super) fn from_integer(number: i64) -> Option<Moment> {
    // 8, 12 or 14 digits: read as a Unix time they would lie in August 1970, in the seventies, and
    // in the 27th century.
    let compact = matches!(number, 19_900_101..=20_991_231 | 199_001_010_000..=209_912_312_359 | 19_900_101_000_000..=20_991_231_235_959);
    if compact && let Some(time) = civil::from_digits(&number.to_string()) {
        return Some(Moment::Local(time));
    }
    match number.unsigned_abs() {
        size if size < MILLISECONDS_FROM.unsigned_abs() => Some(Moment::At(number * 1000)),
        size if size < MICROSECONDS_FROM.unsigned_abs() => Some(Moment::At(number)),
        size if size < NO_TIME_FROM.unsigned_abs() => Some(Moment::At(number.div_euclid(1000))),
        _ => None,
    }
}

/// Unix seconds, milliseconds or microseconds with a fraction.
pub(super) fn from_float(number: f64) -> Option<i64> {
    let size = number.abs();
    if size < MILLISECONDS_FROM as f64 {
        Some((number * 1000.0).round() as i64)
    } else if size < MICROSECONDS_FROM as f64 {
        Some(number.round() as i64)
    } else if size < NO_TIME_FROM as f64 {
        Some((number / 1000.0).floor() as i64)
    } else {
        None // NaN comes here too
    }
}

/// RFC 3339, a number in text, `Wed Aug 27 13:08:45 +0000 2008`, the form of mails, or one of those
/// that [`civil`] reads.
pub(super) fn from_text(text: &str, order: Option<DateOrder>) -> Option<Moment> {
    if let Some(at) = usual(text.as_bytes()) {
        return Some(Moment::At(at));
    }
    let text = text.trim();
    // Dumps write Unix times as text too.
    if let Ok(number) = text.parse::<i64>() {
        return from_integer(number);
    }
    let numeric = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    if text.bytes().all(numeric)
        && let Ok(number) = text.parse::<f64>()
    {
        return from_float(number).map(Moment::At);
    }
    let at = |time: Timestamp| Moment::At(time.as_millisecond());
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some(at(time));
    }
    if text.starts_with(|first: char| first.is_ascii_alphabetic()) {
        let named =
            strtime::parse("%a %b %d %H:%M:%S %z %Y", text).and_then(|parts| parts.to_timestamp());
        let mail = || rfc2822::DateTimeParser::new().parse_timestamp(text);
        if let Ok(time) = named.or_else(|_| mail()) {
            return Some(at(time));
        }
    }
    match civil::from_text(text, order)? {
        (time, Some(offset)) => offset.to_timestamp(time).ok().map(at),
        (time, None) => Some(Moment::Local(time)),
    }
}

/// RFC 3339 as nearly all dumps write it, `2026-03-01T08:15:00Z` or with an offset, `+08:00`, and
/// perhaps with three decimals; `None` for any other shape, and for times that need a closer look.
///
/// It takes a tenth of what the reader of all shapes does, which an English post of the sample
/// called twice.
fn usual(text: &[u8]) -> Option<i64> {
    let (time, rest) = text.split_first_chunk::<19>()?;
    let (decimals, zone) = match rest {
        [b'.', a, b, c, zone @ ..] => ([*a, *b, *c], zone),
        zone => ([b'0'; 3], zone),
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0i64, |number, byte| {
            let digit = byte.wrapping_sub(b'0');
            (digit < 10).then(|| number * 10 + i64::from(digit))
        })
    };
    // `-00:00` says that the zone is not known; what that means is for the other reader.
    let offset = match *zone {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), h, i, b':', j, k] => {
            let (hours, minutes) = (number(&[h, i])?, number(&[j, k])?);
            let offset = hours * 60 + minutes;
            match sign {
                _ if hours > 23 || minutes > 59 => return None,
                b'+' => offset,
                _ if offset == 0 => return None,
                _ => -offset,
            }
        }
        _ => return None,
    };
    let &[
        a,
        b,
        c,
        d,
        b'-',
        m,
        n,
        b'-',
        e,
        f,
        b'T',
        h,
        i,
        b':',
        j,
        k,
        b':',
        s,
        t,
    ] = time
    else {
        return None;
    };
    let (year, month, day) = (number(&[a, b, c, d])?, number(&[m, n])?, number(&[e, f])?);
    let (hour, minute, second) = (number(&[h, i])?, number(&[j, k])?, number(&[s, t])?);
    // The leap day and leap seconds are left to the other reader.
    let last_day = match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_plain = (1970..=9998).contains(&year)
        && (1..=12).contains(&month)
        && (1..=last_day).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    if !is_plain {
        return None;
    }
    // Days since the first of March of the year 0, whose years end with the leap day.
    let (year, month) = match month {
        ..=2 => (year - 1, month + 9),
        _ => (year, month - 3),
    };
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    let days = days - DAYS_TO_EPOCH;
    let seconds = ((days * 24 + hour) * 60 + minute - offset) * 60 + second;
    Some(seconds * 1000 + number(&decimals)?)
}

/// Days from the first of March of the year 0 to the first of January of 1970, both of the
/// Gregorian calendar.
const DAYS_TO_EPOCH: i64 = 719_468;

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

/// The moment, if it can be written: one of the years −9999 to 9999.
pub(super) fn writable(moment: i64) -> Option<i64> {
    Timestamp::from_millisecond(moment).ok().map(|_| moment)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// 2026-03-01 at 08:15 in China.
    const MOMENT: i64 = 1_772_324_100_000;

    proptest! {
        #[test]
        fn usual_times_are_those_of_the_other_reader(
            at in -62_000_000_000_000i64..253_000_000_000_000,
            decimals in any::<bool>(),
        ) {
            let at = if decimals { at } else { at.div_euclid(1000) * 1000 };
            let time = Timestamp::from_millisecond(at).unwrap();
            let text = if decimals { format!("{time:.3}") } else { time.to_string() };
            if let Some(usual) = usual(text.as_bytes()) {
                prop_assert_eq!(usual, at, "{}", text);
            }
            prop_assert_eq!(zoned(&text), Some(at), "{}", text);
        }

        #[test]
        fn no_other_text_is_a_usual_time(
            text in "[12][0-9]{3}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{3})?\
                (Z|[+-][0-2][0-9]:[0-6][0-9])"
        ) {
            let other = text.parse::<Timestamp>().ok().map(|time| time.as_millisecond());
            if let Some(usual) = usual(text.as_bytes()) {
                prop_assert_eq!(Some(usual), other, "{}", text);
            }
        }
    }

    #[test]
    fn the_usual_shape_is_read_at_once() {
        assert_eq!(usual(b"2026-03-01T00:15:00Z"), Some(MOMENT));
        assert_eq!(usual(b"2026-03-01T00:15:00.250Z"), Some(MOMENT + 250));
        assert_eq!(usual(b"2026-03-01T08:15:00+08:00"), Some(MOMENT));
        assert_eq!(usual(b"2026-02-28T19:45:00.000-04:30"), Some(MOMENT));
        assert_eq!(usual(b"2026-01-31T00:00:00Z"), Some(1_769_817_600_000));
        for text in [
            "2026-03-01 00:15:00Z",
            "2026-03-01T00:15:00",
            "2026-13-01T00:15:00Z",
            "2026-02-29T00:15:00Z",
            "2026-03-01T00:15:00-00:00",
        ] {
            assert_eq!(usual(text.as_bytes()), None, "{text}");
        }
    }

    fn zoned(text: &str) -> Option<i64> {
        from_text(text, None)?.zoned()
    }

    fn in_utc(text: &str, order: Option<DateOrder>) -> Option<i64> {
        let (at, zoneless) = from_text(text, order)?.within(&TimeZone::UTC)?;
        assert!(zoneless, "{text} has no zone");
        Some(at)
    }

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
            "2026-03-01 08:15:00 +0800 CST",
            "2026-03-01 00:15:00 +0000 UTC",
            "2026-03-01 00:15:00.5 +0000 UTC m=+0.1",
            "2026-03-01T08:15:00+08:00[Asia/Shanghai]",
            "2026-03-01 08:15 GMT+8",
            "2026/03/01 08:15 +0800",
            "Sun Mar 01 00:15:00 +0000 2026",
            "Sun Mar 01 08:15:00 +0800 2026",
            "Sun Mar 01 2026 08:15:00 GMT+0800 (China Standard Time)",
            "Sun, 1 Mar 2026 08:15:00 +0800",
            "Sun, 01 Mar 2026 00:15:00 GMT",
            "1772324100",
            "1772324100000",
            "1772324100.0",
            "1772324100000000",
            "1772324100000000.5",
            " 1772324100 ",
        ] {
            let found = zoned(text).map(|at| at / 1000 * 1000);
            assert_eq!(found, Some(MOMENT), "{text}");
        }
        let integer = |number| from_integer(number).and_then(Moment::zoned);
        assert_eq!(integer(1_772_324_100), Some(MOMENT));
        assert_eq!(integer(1_772_324_100_000), Some(MOMENT));
        assert_eq!(integer(1_772_324_100_000_999), Some(MOMENT));
        assert_eq!(from_float(1_772_324_100.25), Some(1_772_324_100_250));
        assert_eq!(
            zoned("2026-03-01T00:15:00.123456Z"),
            Some(1_772_324_100_123)
        );
        assert_eq!(integer(-1), Some(-1000));
    }

    #[test]
    fn a_time_without_a_zone_is_one_of_the_zone_that_is_assumed() {
        for text in [
            "2026-03-01 00:15:00",
            "2026-03-01T00:15:00",
            "2026-03-01T00:15",
            "2026-03-01 0:15",
            "2026-03-01 00:15:00,000",
            "2026-3-1 00:15",
            "2026/03/01 00:15:00",
            "2026.03.01 00:15",
            "01.03.2026 00:15",
            "01.03.2026 00:15:00",
            "1. 3. 2026 0:15",
            "1.3.2026, 0:15",
            "1. března 2026 0:15",
            "1 Mar 2026 00:15",
            "1-Mar-2026 00:15",
            "Mar 1, 2026 12:15 AM",
            "March 1st, 2026 at 12:15 a.m.",
            "Mar 1, 2026, 12:15:00\u{202F}AM",
            "Sunday, March 1, 2026 12:15AM",
            "Sun Mar  1 00:15:00 2026",
            "2026年3月1日 00:15",
            "2026年3月1日00:15:00",
            "2026年3月1日 上午12:15",
            "2026/3/1 上午 12:15",
            "20260301001500",
            "202603010015",
            "20260301 00:15",
            "20260301T00:15",
        ] {
            assert_eq!(in_utc(text, None), Some(MOMENT), "{text}");
            assert_eq!(zoned(text), None, "{text}");
        }
        let evening = MOMENT + 12 * 3_600_000;
        for text in [
            "2026-03-01 12:15 PM",
            "2026年3月1日 下午12:15",
            "2026/3/1 晚上 12:15",
        ] {
            assert_eq!(in_utc(text, None), Some(evening), "{text}");
        }
        let midnight = MOMENT - 15 * 60_000;
        for text in [
            "2026-03-01",
            "2026/3/1",
            "1. 3. 2026",
            "20260301",
            "2026年3月1日",
            "1 March 2026",
        ] {
            assert_eq!(in_utc(text, None), Some(midnight), "{text}");
        }
    }

    #[test]
    fn the_order_of_day_and_month_is_never_guessed() {
        let (third, first) = (DateOrder::DayFirst, DateOrder::MonthFirst);
        for text in [
            "3/1/2026 8:15 AM",
            "03-01-2026",
            "3/1/26",
            "26/3/1",
            "01.03.26 08:15",
        ] {
            assert_eq!(from_text(text, None), None, "{text}");
        }
        let day = |text, order| {
            let (at, _) = from_text(text, order)?.within(&TimeZone::UTC)?;
            Some(
                Timestamp::from_millisecond(at)
                    .ok()?
                    .strftime("%d %b %Y")
                    .to_string(),
            )
        };
        for (text, order, expected) in [
            ("3/1/2026 8:15 AM", Some(third), "03 Jan 2026"),
            ("3/1/2026 8:15 AM", Some(first), "01 Mar 2026"),
            ("3/1/26, 8:15 AM", Some(first), "01 Mar 2026"),
            ("01.03.26 08:15", Some(third), "01 Mar 2026"),
            ("13/1/2026", None, "13 Jan 2026"),
            ("1/13/2026", None, "13 Jan 2026"),
            ("3/3/2026", None, "03 Mar 2026"),
            ("01.03.2026", Some(first), "01 Mar 2026"),
            ("2026-03-01", Some(third), "01 Mar 2026"),
        ] {
            assert_eq!(day(text, order).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(day("1/13/2026", Some(third)), None);
    }

    #[test]
    fn a_clock_that_is_set_back_or_forward_gives_a_moment() {
        let prague = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let at = |text| from_text(text, None)?.within(&prague).map(|(at, _)| at);
        let utc = |text| zoned(text);
        assert_eq!(at("2026-07-01 12:00"), utc("2026-07-01T10:00:00Z"));
        assert_eq!(at("2026-10-25 02:30"), utc("2026-10-25T00:30:00Z"));
        assert_eq!(at("2026-03-29 02:30"), utc("2026-03-29T01:30:00Z"));
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in [
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "2026-02-30",
            "Sun Mar 01",
            "Mar 2026",
            "08:15",
            "2026-03-01 25:00",
            "2026-03-01 13:15 PM",
            "2026-03-01 8 PM",
            "2026-03-01 08:15 Prague",
            "2026-03-01 08:15:00 +99:00",
            "3 minutes ago",
            "刚刚",
            "今天 08:15",
            "03-01 08:15",
            "1.2.3.4",
            "1-2-3",
            "-",
            "",
            ":",
            "+08:00",
            "99999999999999999999999999",
        ] {
            assert_eq!(from_text(text, None), None, "{text}");
        }
        for number in [i64::MAX, i64::MIN, NO_TIME_FROM] {
            assert_eq!(from_integer(number), None, "{number}");
        }
        for number in [f64::NAN, f64::INFINITY, 1e300, -1e300] {
            assert_eq!(from_float(number), None, "{number}");
        }
    }
}
