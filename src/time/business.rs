//! Business hours: which hours of the week are worked, and the time that passes within them.

use serde::{Deserialize, Serialize};

use super::calendar::weekday;
use super::{Calendar, DAY, MINUTE, TimeZone};

/// What stands for business hours where every hour counts.
const ALWAYS: &str = "always";
const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WEEK: i64 = 7;
/// Moments beyond this, in milliseconds, are taken for it: some 30,000 years, so that the longest
/// target ends before it with the shortest business hours, and no sum overflows.
const LAST: i64 = 1_000_000_000_000_000;

/// Business hours of a week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Hours {
    /// Every hour counts, on holidays too.
    #[default]
    Always,
    /// For each weekday from Monday on, from when to when in milliseconds of the day: ascending,
    /// and apart from each other. No hour of a holiday counts.
    Weekly([Vec<(i64, i64)>; WEEKDAYS.len()]),
}

impl Hours {
    /// Reads `always`, or days with spans of time such as
    /// `Mon-Fri 08:00-12:00 13:00-18:00, Sat 09:00-13:00`. A span that ends before it begins goes
    /// on into the next day. None where the text is anything else, or no hour is left.
    pub(crate) fn parse(text: &str) -> Option<Hours> {
        if text.trim().eq_ignore_ascii_case(ALWAYS) {
            return Some(Hours::Always);
        }
        let mut days: [Vec<(i64, i64)>; WEEKDAYS.len()] = Default::default();
        for part in text.split(',') {
            let mut words = part.split_whitespace();
            let (from, to) = days_of(words.next()?)?;
            let spans: Vec<(i64, i64)> = words.map(span_of).collect::<Option<_>>()?;
            if spans.is_empty() {
                return None;
            }
            // `Sat-Mon` goes over the end of the week.
            let last = if to < from { to + WEEKDAYS.len() } else { to };
            for day in from..=last {
                for &(begin, end) in &spans {
                    let (own, rest) = match begin < end {
                        true => ((begin, end), (0, 0)),
                        false => ((begin, DAY), (0, end)),
                    };
                    days[day % WEEKDAYS.len()].push(own);
                    days[(day + 1) % WEEKDAYS.len()].push(rest);
                }
            }
        }
        for day in &mut days {
            day.retain(|(begin, end)| begin < end);
            day.sort_unstable();
            let mut joined: Vec<(i64, i64)> = Vec::with_capacity(day.len());
            for &(begin, end) in day.iter() {
                match joined.last_mut().filter(|last| begin <= last.1) {
                    Some(last) => last.1 = last.1.max(end),
                    None => joined.push((begin, end)),
                }
            }
            *day = joined;
        }
        Some(Hours::Weekly(days))
    }

    /// Whether every hour of `other` is one of these.
    pub(crate) fn cover(&self, other: &Hours) -> bool {
        let (own, other) = match (self, other) {
            (Hours::Always, _) => return true,
            (Hours::Weekly(_), Hours::Always) => return false,
            (Hours::Weekly(own), Hours::Weekly(other)) => (own, other),
        };
        let within = |own: &[(i64, i64)], &(begin, end): &(i64, i64)| {
            own.iter().any(|one| one.0 <= begin && end <= one.1)
        };
        own.iter()
            .zip(other)
            .all(|(own, other)| other.iter().all(|span| within(own, span)))
    }

    /// What [`Hours::parse`] gives always; a damaged snapshot may have other spans.
    pub(crate) fn is_sound(&self) -> bool {
        let Hours::Weekly(days) = self else {
            return true;
        };
        let sound = |day: &Vec<(i64, i64)>| {
            day.iter()
                .all(|(begin, end)| 0 <= *begin && begin < end && *end <= DAY)
                && day.is_sorted_by(|one, next| one.1 < next.0)
        };
        days.iter().all(sound)
            && days
                .iter()
                .flatten()
                .any(|(begin, end)| end - begin >= MINUTE)
    }
}

/// `Sat` or `Mon-Fri`, as numbers from Monday on.
fn days_of(text: &str) -> Option<(usize, usize)> {
    let day = |name: &str| {
        WEEKDAYS
            .iter()
            .position(|known| known.eq_ignore_ascii_case(name))
    };
    match text.split_once('-') {
        Some((from, to)) => Some((day(from)?, day(to)?)),
        None => day(text).map(|day| (day, day)),
    }
}

/// `08:00-18:00`, in milliseconds of a day.
fn span_of(text: &str) -> Option<(i64, i64)> {
    let two = |text: &str| {
        let two = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| text.parse::<i64>().ok())?
    };
    let time = |text: &str| {
        let (hours, minutes) = text.split_once(':')?;
        let minutes = 60 * two(hours)? + two(minutes).filter(|minutes| *minutes < 60)?;
        Some(minutes * MINUTE).filter(|time| *time <= DAY)
    };
    let (begin, end) = text.split_once('-')?;
    let (begin, end) = (time(begin)?, time(end)?);
    (begin != end && begin < DAY).then_some((begin, end))
}

/// The time that passes within business hours of a calendar. It grows with each moment within them
/// and stands still outside, so targets and shares of targets are counted by it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BusinessTime(Option<Worked>);

/// What [`BusinessTime`] counts by; times in milliseconds.
#[derive(Clone, Debug, PartialEq)]
struct Worked {
    zone: TimeZone,
    days: [Vec<(i64, i64)>; WEEKDAYS.len()],
    /// Worked before each weekday since Monday, and in a whole week.
    before: [i64; WEEKDAYS.len() + 1],
    /// Holidays in order, and what the weekly hours would have had on all up to each.
    holidays: Vec<(i64, i64)>,
    /// Each moment at which the local clock is set, and what the clock gained by all up to it:
    /// hours that it shows and that never passed, less those that it shows twice.
    gained: Vec<(i64, i64)>,
}

impl BusinessTime {
    /// That of every hour.
    pub(crate) const ALWAYS: BusinessTime = BusinessTime(None);

    pub(crate) fn new(hours: &Hours, calendar: &Calendar) -> BusinessTime {
        let Hours::Weekly(days) = hours else {
            return BusinessTime::ALWAYS;
        };
        let lengths = days.each_ref().map(|day| length(day, DAY));
        let mut before = [0; WEEKDAYS.len() + 1];
        for (day, length) in lengths.iter().enumerate() {
            before[day + 1] = before[day] + length;
        }
        let mut lost = 0;
        let holidays = calendar.holidays().map(|day| {
            lost += lengths[weekday(day) as usize];
            (day, lost)
        });
        let mut worked = Worked {
            zone: calendar.zone().clone(),
            days: days.clone(),
            before,
            holidays: holidays.collect(),
            gained: Vec::new(),
        };
        let mut sum = 0;
        let gained = calendar.zone().shifts().map(|(at, [until, from])| {
            sum += worked.by_clock(from) - worked.by_clock(until);
            (at, sum)
        });
        worked.gained = gained.collect();
        BusinessTime(Some(worked))
    }

    /// Milliseconds of business time from a fixed moment to `at`; where every hour counts, `at`.
    /// Its differences count. It never falls, and grows by one a millisecond at most.
    pub(crate) fn at(&self, at: i64) -> i64 {
        self.0.as_ref().map_or(at, |worked| worked.at(at))
    }

    /// The first moment at which `span` milliseconds of business time have passed since `since`.
    pub(crate) fn after(&self, since: i64, span: i64) -> i64 {
        let end = since.saturating_add(span);
        let Some(worked) = &self.0 else {
            return end;
        };
        let goal = worked.at(since).saturating_add(span);
        // Business time is no longer than time, so it is not before `end`. From there steps
        // double until one is too far, and then halve.
        let (mut early, mut step) = (end.saturating_sub(1), DAY);
        while early.saturating_add(step) < LAST && worked.at(early + step) < goal {
            early += step;
            step *= 2;
        }
        let mut late = early.saturating_add(step);
        while late - early > 1 {
            let middle = early + (late - early) / 2;
            match worked.at(middle) < goal {
                true => early = middle,
                false => late = middle,
            }
        }
        late
    }
}

impl Worked {
    fn at(&self, at: i64) -> i64 {
        let at = at.clamp(-LAST, LAST);
        let set = self.gained.partition_point(|(shift, _)| *shift <= at);
        let gained = set.checked_sub(1).and_then(|last| self.gained.get(last));
        self.by_clock(self.zone.local(at)) - gained.map_or(0, |(_, gained)| *gained)
    }

    /// What was worked when the local clock shows `local`, as if it had never been set.
    fn by_clock(&self, local: i64) -> i64 {
        let (day, time) = (local.div_euclid(DAY), local.rem_euclid(DAY));
        let of_week = weekday(day);
        let weeks = (day - of_week).div_euclid(WEEK);
        let past = self.holidays.partition_point(|(holiday, _)| *holiday < day);
        let lost = past.checked_sub(1).and_then(|last| self.holidays.get(last));
        let is_holiday = self
            .holidays
            .get(past)
            .is_some_and(|(next, _)| *next == day);
        let of_week = of_week as usize;
        let today = match is_holiday {
            true => 0,
            false => length(&self.days[of_week], time),
        };
        weeks * self.before[WEEKDAYS.len()] + self.before[of_week] + today
            - lost.map_or(0, |(_, lost)| *lost)
    }
}

/// What of the spans of a day lies before `time`.
fn length(day: &[(i64, i64)], time: i64) -> i64 {
    day.iter()
        .map(|(begin, end)| (time.min(*end) - begin).max(0))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::HOUR;

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    fn business(hours: &str, zone: &str, holidays: &str) -> BusinessTime {
        let calendar = Calendar::new(TimeZone::named(zone).unwrap());
        let calendar = calendar.with_holidays(holidays).unwrap();
        BusinessTime::new(&Hours::parse(hours).unwrap(), &calendar)
    }

    #[test]
    fn a_target_goes_on_when_business_does() {
        let office = business("Mon-Fri 08:00-18:00, Sat 09:00-13:00", "UTC", "2026-03-09");
        for (since, hours, due) in [
            ("2026-03-02T09:00:00Z", 4, "2026-03-02T13:00:00Z"),
            // The end of a day is no beginning of the next.
            ("2026-03-02T08:00:00Z", 10, "2026-03-02T18:00:00Z"),
            ("2026-03-02T17:00:00Z", 4, "2026-03-03T11:00:00Z"),
            ("2026-03-02T22:00:00Z", 1, "2026-03-03T09:00:00Z"),
            // Over Saturday, Sunday and a Monday that is a holiday.
            ("2026-03-06T17:00:00Z", 4, "2026-03-07T12:00:00Z"),
            ("2026-03-06T17:00:00Z", 6, "2026-03-10T09:00:00Z"),
            ("2026-03-09T10:00:00Z", 1, "2026-03-10T09:00:00Z"),
        ] {
            assert_eq!(office.after(at(since), hours * HOUR), at(due), "{since}");
        }
        let always = business("Always", "UTC", "2026-03-09");
        assert_eq!(always, BusinessTime::ALWAYS);
        assert_eq!(always.after(5, 7), 12);
    }

    #[test]
    fn hours_go_over_midnight_and_the_end_of_the_week() {
        let nights = business("Sat-Sun 22:00-06:00", "UTC", "");
        for (since, hours, due) in [
            ("2026-03-07T20:00:00Z", 3, "2026-03-08T01:00:00Z"),
            ("2026-03-08T05:00:00Z", 2, "2026-03-08T23:00:00Z"),
            // Sunday's night ends on Monday.
            ("2026-03-08T23:00:00Z", 8, "2026-03-14T23:00:00Z"),
        ] {
            assert_eq!(nights.after(at(since), hours * HOUR), at(due), "{since}");
        }
    }

    #[cfg(feature = "time-zones")]
    #[test]
    fn hours_that_a_clock_skips_or_repeats_count_as_they_pass() {
        let nights = business("Sat 22:00-06:00", "Europe/Prague", "");
        // 28 March 2026: 22 h to 6 h is seven hours; 24 October: nine.
        for (evening, hours, morning) in [
            ("2026-03-28T21:00:00Z", 7, "2026-03-29T04:00:00Z"),
            ("2026-10-24T20:00:00Z", 9, "2026-10-25T05:00:00Z"),
            ("2026-06-06T20:00:00Z", 8, "2026-06-07T04:00:00Z"),
        ] {
            assert_eq!(
                nights.after(at(evening), hours * HOUR),
                at(morning),
                "{evening}"
            );
            let passed = nights.at(at(morning) + HOUR) - nights.at(at(evening) - HOUR);
            assert_eq!(passed, hours * HOUR, "{evening}");
        }
        let office = business("Mon-Fri 08:00-18:00", "Europe/Prague", "");
        // Friday 17 h of winter, Monday 9 h of summer.
        let due = office.after(at("2026-03-27T16:00:00Z"), 2 * HOUR);
        assert_eq!(due, at("2026-03-30T07:00:00Z"));
    }

    #[cfg(feature = "time-zones")]
    #[test]
    fn business_time_is_the_sum_of_the_minutes_within_hours() {
        let hours = "Mon-Wed 08:00-12:30 13:00-18:00, Fri-Sat 20:00-03:30";
        let Some(Hours::Weekly(days)) = Hours::parse(hours) else {
            unreachable!("they are weekly")
        };
        let holidays = "2026-03-27\n2026-03-30";
        let zone = TimeZone::named("Europe/Prague").unwrap();
        let business = business(hours, "Europe/Prague", holidays);
        let (mut sum, begin) = (0, at("2026-03-20T00:00:00Z"));
        for minute in 0..14 * 24 * 60 {
            let moment = begin + minute * MINUTE;
            assert_eq!(
                business.at(moment) - business.at(begin),
                sum,
                "{}",
                zone.minute(moment)
            );
            // By jiff, not by the table.
            let local = jiff::Timestamp::from_millisecond(moment).unwrap();
            let local = local.to_zoned(zone.as_jiff().clone()).datetime();
            let date = local.date().to_string();
            let time = i64::from(local.hour()) * HOUR + i64::from(local.minute()) * MINUTE;
            let day = &days[local.weekday().to_monday_zero_offset() as usize];
            let open = day.iter().any(|(from, to)| (*from..*to).contains(&time));
            sum += if open && !holidays.contains(&date) {
                MINUTE
            } else {
                0
            };
        }
        assert!(sum > 0);
    }

    #[test]
    fn what_is_no_hours_is_refused() {
        for wrong in [
            "",
            "never",
            "Mon",
            "Mon-Fri",
            "08:00-18:00",
            "Mon-Fri 8-18",
            "Mon-Fri 08:00",
            "Mon-Fri 08:00-25:00",
            "Mon-Fri 08:60-18:00",
            "Mon 08:00-08:00",
            "Mon 24:00-08:00",
            "Moon 08:00-18:00",
            "Mon-Fri 08:00-18:00,",
            "Po-Pá 08:00-18:00",
        ] {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn hours_cover_what_lies_within_them() {
        let hours = |text| Hours::parse(text).unwrap();
        let office = hours("mon-fri 08:00-18:00");
        for (wide, covers) in [
            ("always", true),
            ("Mon-Sun 00:00-24:00", true),
            ("Mon-Fri 08:00-12:00 12:00-18:00", true),
            ("Mon-Thu 08:00-18:00", false),
            ("Mon-Fri 08:00-12:00 12:01-18:00", false),
        ] {
            assert_eq!(hours(wide).cover(&office), covers, "{wide}");
            assert!(hours(wide).is_sound());
        }
        assert!(!hours("Mon-Sun 00:00-24:00").cover(&Hours::Always));
        let damaged = [
            vec![(5, 3)],
            vec![(0, 2 * DAY)],
            vec![(0, 9), (5, 20)],
            vec![],
        ];
        for day in damaged {
            let mut days: [Vec<(i64, i64)>; 7] = Default::default();
            days[2] = day;
            assert!(!Hours::Weekly(days).is_sound());
        }
    }

    #[test]
    fn the_longest_targets_end_and_business_time_never_falls() {
        let minute = business("Mon 08:00-08:01", "UTC", "");
        let due = minute.after(0, 365 * DAY);
        assert_eq!(minute.at(due) - minute.at(0), 365 * DAY);
        assert!(minute.at(due - 1) < minute.at(due) && due < LAST);
        let moments = [i64::MIN, -LAST, -1, 0, due, LAST, i64::MAX];
        assert!(moments.map(|moment| minute.at(moment)).is_sorted());
        for moment in moments {
            assert!(minute.after(moment, DAY) >= moment);
        }
    }
}
