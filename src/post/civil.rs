//! Dates and times of day as tables and people write them, with or without a zone.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

use super::reader::DateOrder;
use crate::time::offset_of;

/// Longer texts are no times.
const LONGEST: usize = 96;
/// Digits of a year, a month and a day; and of an hour, a minute and a second behind them.
const DATE_DIGITS: usize = 8;
const MINUTE_DIGITS: usize = 12;
const SECOND_DIGITS: usize = 14;
/// Years of dates that are written as one number; other numbers are Unix times.
const COMPACT_YEARS: std::ops::RangeInclusive<i16> = 1990..=2099;

/// Months by how their names begin, folded to small letters, in English and Czech. Where one begins
/// as another, the longer stands first.
const MONTHS: [(&str, i8); 25] = [
    ("jan", 1),
    ("feb", 2),
    ("mar", 3),
    ("apr", 4),
    ("may", 5),
    ("jun", 6),
    ("jul", 7),
    ("aug", 8),
    ("sep", 9),
    ("oct", 10),
    ("nov", 11),
    ("dec", 12),
    ("led", 1),
    ("úno", 2),
    ("bře", 3),
    ("dub", 4),
    ("kvě", 5),
    ("červenec", 7),
    ("července", 7),
    ("červ", 6),
    ("srp", 8),
    ("zář", 9),
    ("říj", 10),
    ("lis", 11),
    ("pro", 12),
];
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// A date with its time of day (midnight where there is none), and the offset if it is written.
pub(super) fn from_text(
    text: &str,
    order: Option<DateOrder>,
) -> Option<(DateTime, Option<Offset>)> {
    if text.len() > LONGEST {
        return None;
    }
    let text = plain(text);
    let (mut date, mut behind) = (Vec::new(), Vec::new());
    let (mut clock, mut half) = (None, None);
    for token in text.split_whitespace() {
        match token.to_lowercase().as_str() {
            "am" | "a.m." if half.is_none() => half = Some(Half::Morning),
            "pm" | "p.m." if half.is_none() => half = Some(Half::Evening),
            "at" => {}
            _ if clock.is_none() && token.contains(':') => clock = Some(token),
            _ if clock.is_none() => date.push(token),
            _ => behind.push(token),
        }
    }
    let mut offset = None;
    let mut time = Time::midnight();
    if let Some(written) = clock {
        let digits = |c: char| !(c.is_ascii_digit() || c == ':' || c == '.');
        let end = written.find(digits).unwrap_or(written.len());
        let (written, glued) = written.split_at(end);
        match glued.to_lowercase().as_str() {
            "" => {}
            "am" if half.is_none() => half = Some(Half::Morning),
            "pm" if half.is_none() => half = Some(Half::Evening),
            _ => behind.insert(0, glued),
        }
        time = time_of(written, half)?;
    } else if half.is_some() {
        return None;
    }
    for token in behind {
        if let Some(found) = offset_of(token) {
            // `+0800 CST` and `+0000 UTC`: the first one is the number.
            offset.get_or_insert(found);
        } else if token.len() == 4 && is_digits(token) {
            date.push(token); // `Mar 1 08:15:00 2026`
        } else if offset.is_none() || !token.chars().all(|c| c.is_ascii_uppercase()) {
            return None;
        }
    }
    date.retain(|token| !is_weekday(token));
    let date = date_of(&date.join(" "), order)?;
    Some((date.to_datetime(time), offset))
}

/// A date that is written as one number, such as 20260301 or 20260301081500.
pub(super) fn from_digits(digits: &str) -> Option<DateTime> {
    if !is_digits(digits) || ![DATE_DIGITS, MINUTE_DIGITS, SECOND_DIGITS].contains(&digits.len()) {
        return None;
    }
    let date = compact(digits.get(..DATE_DIGITS)?)?;
    let two = |at: usize| match digits.get(at..at + 2) {
        Some(two) => two.parse::<i8>().ok(),
        None => Some(0),
    };
    let time = Time::new(two(8)?, two(10)?, two(12)?, 0).ok()?;
    Some(date.to_datetime(time))
}

#[derive(Clone, Copy)]
enum Half {
    Morning,
    Evening,
}

/// The text with one kind of space, `:` for times and `-` for Chinese dates, and without what says
/// nothing: the name of the zone in brackets, commas, and the clock of the machine of Go.
fn plain(text: &str) -> String {
    let text = text.split(['(', '[']).next().unwrap_or_default();
    let text = text.split(" m=").next().unwrap_or_default();
    let mut plain = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        let next = characters.peek().copied().unwrap_or(' ');
        let between = before.is_ascii_digit() && next.is_ascii_digit();
        match character {
            '年' | '月' => plain.push('-'),
            '日' | '号' | '號' => plain.push(' '),
            '：' => plain.push(':'),
            'T' | 't' if between => plain.push(' '),
            // `08:15:00,123`, a fraction; other commas say nothing.
            ',' if between
                && plain
                    .rsplit(' ')
                    .next()
                    .is_some_and(|last| last.contains(':')) =>
            {
                plain.push('.');
            }
            ',' | '，' => plain.push(' '),
            '上' | '早' if matches!(next, '午' | '上') => {
                characters.next();
                plain.push_str(" am ");
            }
            '下' | '晚' if matches!(next, '午' | '上') => {
                characters.next();
                plain.push_str(" pm ");
            }
            _ => plain.push(character),
        }
        before = character;
    }
    plain
}

fn time_of(written: &str, half: Option<Half>) -> Option<Time> {
    let (whole, fraction) = written.split_once('.').unwrap_or((written, ""));
    let mut numbers = whole.split(':').map(|number| {
        let well = is_digits(number) && number.len() <= 2;
        well.then(|| number.parse::<i8>().ok())?
    });
    let (hour, minute) = (numbers.next()??, numbers.next()??);
    let second = match numbers.next() {
        None if fraction.is_empty() => 0,
        None => return None,
        // A leap second is the last one of its minute.
        Some(second) => second?.min(60),
    };
    if numbers.next().is_some() || !(fraction.is_empty() || is_digits(fraction)) {
        return None;
    }
    let hour = match half {
        None => hour,
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(Half::Morning) => hour % 12,
        Some(Half::Evening) => hour % 12 + 12,
    };
    let nanos: String = fraction
        .chars()
        .chain("000000000".chars())
        .take(9)
        .collect();
    Time::new(hour, minute, second.min(59), nanos.parse().ok()?).ok()
}

/// A date of three parts: a year, a month by number or name, and a day.
fn date_of(text: &str, order: Option<DateOrder>) -> Option<Date> {
    if is_digits(text) && text.len() == DATE_DIGITS {
        return compact(text);
    }
    let is_sign = |c: char| c.is_whitespace() || matches!(c, '-' | '/' | '.');
    let sign = text.trim().chars().find(|&c| is_sign(c))?;
    let parts: Vec<&str> = text
        .split(is_sign)
        .filter(|part| !part.is_empty())
        .collect();
    let &[first, second, third] = parts.as_slice() else {
        return None;
    };
    let (year, month, day) = if let Some(month) = month_of(second) {
        match is_year(first) {
            true => (first, month, third),
            false => (third, month, first),
        }
    } else if let Some(month) = month_of(first) {
        (third, month, second)
    } else {
        let numbers = [first, second, third].map(|part| part.parse::<i8>().unwrap_or(0));
        match (is_year(first), sign) {
            (true, _) => (first, numbers[1], third),
            // Day first: nobody writes dots otherwise.
            (false, '.') if is_year(third) => (third, numbers[1], first),
            _ => match order.or_else(|| order_of(numbers, is_year(third)))? {
                DateOrder::DayFirst => (third, numbers[1], first),
                DateOrder::MonthFirst => (third, numbers[0], second),
            },
        }
    };
    // 1st, 2nd, 3rd.
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    if !(is_digits(day) && day.len() <= 2 && is_digits(year)) {
        return None;
    }
    let year = match (year.len(), order) {
        (4, _) => year.parse().ok()?,
        (2, Some(_)) => 2000 + year.parse::<i16>().ok()?,
        _ => return None,
    };
    Date::new(year, month, day.parse().ok()?).ok()
}

/// The order of day and month where only one is possible.
fn order_of([first, second, _]: [i8; 3], year: bool) -> Option<DateOrder> {
    match year {
        true if first > 12 || first == second => Some(DateOrder::DayFirst),
        true if second > 12 => Some(DateOrder::MonthFirst),
        _ => None,
    }
}

fn compact(digits: &str) -> Option<Date> {
    let (year, rest) = digits.split_at_checked(4)?;
    let (month, day) = rest.split_at_checked(2)?;
    let year: i16 = year.parse().ok()?;
    let date = Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
    COMPACT_YEARS.contains(&year).then_some(date)
}

fn month_of(part: &str) -> Option<i8> {
    let part = part.to_lowercase();
    let letters = part.chars().all(char::is_alphabetic);
    let begins = |&&(name, _): &&(&str, i8)| part.starts_with(name);
    letters.then(|| MONTHS.iter().find(begins).map(|(_, month)| *month))?
}

fn is_weekday(token: &str) -> bool {
    let token = token.to_lowercase();
    token.chars().all(|c| c.is_ascii_alphabetic() || c == '.')
        && WEEKDAYS.iter().any(|day| token.starts_with(day))
}

fn is_year(part: &str) -> bool {
    part.len() == 4 && is_digits(part)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
