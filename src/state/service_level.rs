//! Service levels: how soon each channel promises a first answer.
//!
//! ```toml
//! [default]                # channels that are not listed, and posts without a channel
//! target = "8 h"           # a whole number and s, min, h or d
//!
//! [channel.twitter]
//! target = "2 h"
//! high = "1 h"             # another target for a level of importance: low, medium, high, critical
//! critical = "30 min"
//! hours = "Mon-Fri 08:00-18:00, Sat 09:00-13:00"   # only these count; "always" by default
//! critical_hours = "always"                        # other hours for a level
//! ```
//! `hours` before the first table are those of all that state none. A target counts business hours
//! only, by the local clock of a [`Calendar`], and none on its holidays. The target of a higher
//! level is never longer than that of a lower one, and its hours are never fewer.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::config::{line_of, malformed};
use crate::time::{BusinessTime, Calendar, DAY, Hours, SECOND, parse_span};
use crate::triage::Level;
use crate::{Error, Result};

/// The shortest target, in milliseconds: a second, for shares and points are divided by it.
pub const MIN_TARGET: i64 = SECOND;
/// The longest target, in milliseconds: a year. Above it a number is a slip.
pub const MAX_TARGET: i64 = 365 * DAY;
/// Most channels that may be listed. By convention: a bound on what a snapshot may hold.
pub const MAX_CHANNELS: usize = 1000;
/// Most different business hours: by hand, for each is a table of its own.
pub const MAX_HOURS: usize = 100;

/// The time to a first answer for each channel and level of importance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Kept", into = "Kept")]
pub struct ServiceLevels {
    stated: Kept,
    /// The time within each of the business hours, in their order.
    times: Vec<BusinessTime>,
}

/// What service levels are made of, and what is kept of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    default: Targets,
    /// In the order of the names, which are in lower case.
    channels: BTreeMap<String, Targets>,
    /// The different business hours; every hour is the first.
    hours: Vec<Hours>,
    calendar: Calendar,
}

/// For each level, in the order of [`Level::ALL`].
type Targets = [Target; Level::ALL.len()];

/// A time to a first answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Target {
    /// Milliseconds within the business hours.
    pub(crate) time: i64,
    /// The business hours, by their number; with 0 every hour counts.
    pub(crate) hours: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLevels {
    hours: Option<Spanned<String>>,
    default: RawTargets,
    #[serde(default)]
    channel: BTreeMap<Spanned<String>, RawTargets>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTargets {
    target: Spanned<String>,
    low: Option<Spanned<String>>,
    medium: Option<Spanned<String>>,
    high: Option<Spanned<String>>,
    critical: Option<Spanned<String>>,
    hours: Option<Spanned<String>>,
    low_hours: Option<Spanned<String>>,
    medium_hours: Option<Spanned<String>>,
    high_hours: Option<Spanned<String>>,
    critical_hours: Option<Spanned<String>>,
}

impl ServiceLevels {
    /// The service levels of `data/service_levels.toml`.
    ///
    /// # Errors
    /// If they are malformed (a test holds that they are not).
    pub fn bundled() -> Result<ServiceLevels> {
        ServiceLevels::from_toml(include_str!("../../data/service_levels.toml"))
    }

    /// Reads service levels from TOML, for business hours in UTC without holidays; see
    /// [`ServiceLevels::in_calendar`].
    ///
    /// # Errors
    /// Names the line and the mend: invalid TOML, an unknown key, a missing target, a target that
    /// is not a time or not from a second to a year, business hours that are none, a higher level
    /// with a longer target or fewer hours than a lower one, a channel without a name or listed
    /// twice. [`Error::is_settings`] holds.
    pub fn from_toml(text: &str) -> Result<ServiceLevels> {
        let raw: RawLevels = toml::from_str(text)
            .map_err(|error| malformed(Error::settings, "service levels", text, error))?;
        if raw.channel.len() > MAX_CHANNELS {
            return Err(Error::settings(format!(
                "service levels: more than {MAX_CHANNELS} channels; delete some"
            )));
        }
        let mut hours = vec![Hours::Always];
        let general = match &raw.hours {
            Some(stated) => hours_of(text, stated, &mut hours)?,
            None => 0,
        };
        let default = targets(text, &raw.default, general, &mut hours)?;
        let mut channels = BTreeMap::new();
        for (name, raw) in &raw.channel {
            let channel = name.get_ref().trim().to_lowercase();
            if channel.is_empty() {
                return Err(wrong(
                    text,
                    name.span(),
                    "a channel has no name; write [channel.NAME]",
                ));
            }
            let targets = targets(text, raw, general, &mut hours)?;
            if channels.insert(channel, targets).is_some() {
                let what = format!(
                    "the channel {:?} is listed twice (upper and lower case are the same); delete \
                     one",
                    name.get_ref()
                );
                return Err(wrong(text, name.span(), &what));
            }
        }
        ServiceLevels::try_from(Kept {
            default,
            channels,
            hours,
            calendar: Calendar::default(),
        })
    }

    /// The same service levels with business hours by the clock and the holidays of a calendar.
    pub fn in_calendar(self, calendar: Calendar) -> ServiceLevels {
        ServiceLevels::new(Kept {
            calendar,
            ..self.stated
        })
    }

    /// The calendar of the business hours.
    pub fn calendar(&self) -> &Calendar {
        &self.stated.calendar
    }

    fn new(stated: Kept) -> ServiceLevels {
        let time = |hours| BusinessTime::new(hours, &stated.calendar);
        ServiceLevels {
            times: stated.hours.iter().map(time).collect(),
            stated,
        }
    }

    /// The time to a first answer, in milliseconds of business time: at least [`MIN_TARGET`].
    /// Without a level it is the one of [`Level::Low`], the longest.
    pub fn target(&self, channel: Option<&str>, level: Option<Level>) -> i64 {
        self.targeted(channel, level).time
    }

    /// Whether every hour counts for that target.
    pub fn counts_always(&self, channel: Option<&str>, level: Option<Level>) -> bool {
        self.targeted(channel, level).hours == 0
    }

    /// When an answer is due to a post of the moment `since`; both in milliseconds since the Unix
    /// epoch.
    pub fn due(&self, channel: Option<&str>, level: Option<Level>, since: i64) -> i64 {
        let target = self.targeted(channel, level);
        self.time(target.hours).after(since, target.time)
    }

    /// The business time that passes from `since` to `now`, in milliseconds; 0 if `now` is earlier.
    pub fn waited(&self, channel: Option<&str>, level: Option<Level>, since: i64, now: i64) -> i64 {
        let time = self.time(self.targeted(channel, level).hours);
        time.at(now).saturating_sub(time.at(since)).max(0)
    }

    /// The share of the target that is over at `now` for who waits from `since` on: 0 at the
    /// beginning (and before it), 1 when an answer is due, more when it is overdue.
    pub fn share(&self, channel: Option<&str>, level: Option<Level>, since: i64, now: i64) -> f32 {
        let waited = self.waited(channel, level, since, now);
        (waited as f64 / self.target(channel, level) as f64) as f32
    }

    /// The target, and the number of its business hours.
    pub(crate) fn targeted(&self, channel: Option<&str>, level: Option<Level>) -> Target {
        let listed = channel.and_then(|channel| {
            let channel = channel.trim();
            // Names come in lower case nearly always.
            let channels = &self.stated.channels;
            channels
                .get(channel)
                .or_else(|| channels.get(&channel.to_lowercase()))
        });
        listed.unwrap_or(&self.stated.default)[level.unwrap_or_default() as usize]
    }

    /// The time within the business hours of a number.
    pub(crate) fn time(&self, hours: u16) -> &BusinessTime {
        const ALWAYS: &BusinessTime = &BusinessTime::ALWAYS;
        self.times.get(usize::from(hours)).unwrap_or(ALWAYS)
    }

    /// The times within all business hours, by their numbers.
    pub(crate) fn times(&self) -> &[BusinessTime] {
        &self.times
    }

    /// Whether another has the same but for the holidays.
    pub(crate) fn is_like(&self, other: &ServiceLevels) -> bool {
        let (own, other) = (&self.stated, &other.stated);
        own.calendar.zone() == other.calendar.zone()
            && (&own.default, &own.channels, &own.hours)
                == (&other.default, &other.channels, &other.hours)
    }
}

impl From<ServiceLevels> for Kept {
    fn from(levels: ServiceLevels) -> Kept {
        levels.stated
    }
}

impl TryFrom<Kept> for ServiceLevels {
    type Error = Error;

    /// Checks what [`ServiceLevels::from_toml`] refuses, for levels may come another way.
    fn try_from(kept: Kept) -> Result<ServiceLevels> {
        let fits = |target: &Target| {
            (MIN_TARGET..=MAX_TARGET).contains(&target.time)
                && usize::from(target.hours) < kept.hours.len()
        };
        let hours = &kept.hours;
        match kept.channels.len() <= MAX_CHANNELS
            && hours.len() <= MAX_HOURS
            && hours.first() == Some(&Hours::Always)
            && hours.iter().all(Hours::is_sound)
            && kept
                .channels
                .values()
                .chain([&kept.default])
                .all(|targets| targets.iter().all(fits))
        {
            true => Ok(ServiceLevels::new(kept)),
            false => Err(Error::settings(format!(
                "service levels: a target or business hours are out of range; give 1 s to 365 d, \
                 at least a minute a week, and at most {MAX_HOURS} different business hours"
            ))),
        }
    }
}

#[cold]
fn wrong(text: &str, span: Range<usize>, what: &str) -> Error {
    let line = line_of(text, span.start);
    Error::settings(format!("service levels line {line}: {what}"))
}

/// The targets of a channel. `general` are the hours of all that state none; those that are new
/// are added to `all`.
fn targets(text: &str, raw: &RawTargets, general: u16, all: &mut Vec<Hours>) -> Result<Targets> {
    let general = Target {
        time: milliseconds(text, &raw.target)?,
        hours: match &raw.hours {
            Some(stated) => hours_of(text, stated, all)?,
            None => general,
        },
    };
    let own = [
        (&raw.low, &raw.low_hours),
        (&raw.medium, &raw.medium_hours),
        (&raw.high, &raw.high_hours),
        (&raw.critical, &raw.critical_hours),
    ];
    let mut targets = [general; Level::ALL.len()];
    let mut before: Option<Target> = None;
    // A level without a target or hours of its own has the general ones, or those of a lower level
    // where these are shorter, or more.
    for (target, (time, hours)) in targets.iter_mut().zip(own) {
        let lower = before.unwrap_or(Target {
            time: MAX_TARGET,
            hours: general.hours,
        });
        *target = Target {
            time: match time {
                None => general.time.min(lower.time),
                Some(own) => milliseconds(text, own)?,
            },
            hours: match hours {
                None => lower.hours,
                Some(own) => hours_of(text, own, all)?,
            },
        };
        if let Some(own) = time.as_ref().filter(|_| target.time > lower.time) {
            let what = format!(
                "{:?} is longer than the target of a lower level; make it shorter",
                own.get_ref()
            );
            return Err(wrong(text, own.span(), &what));
        }
        let covered = all[usize::from(target.hours)].cover(&all[usize::from(lower.hours)]);
        if let Some(own) = hours.as_ref().filter(|_| before.is_some() && !covered) {
            let what = format!(
                "{:?} leaves out hours of a lower level; add them, or write \"always\"",
                own.get_ref()
            );
            return Err(wrong(text, own.span(), &what));
        }
        before = Some(*target);
    }
    Ok(targets)
}

/// The number of the business hours that are stated.
fn hours_of(text: &str, stated: &Spanned<String>, all: &mut Vec<Hours>) -> Result<u16> {
    let Some(hours) = Hours::parse(stated.get_ref()) else {
        let what = format!(
            "invalid business hours {:?}: write days and times as in \"Mon-Fri 08:00-18:00, Sat \
             09:00-13:00\", or \"always\"",
            stated.get_ref()
        );
        return Err(wrong(text, stated.span(), &what));
    };
    let known = all.iter().position(|known| *known == hours);
    let number = known.unwrap_or_else(|| {
        all.push(hours);
        all.len() - 1
    });
    match number < MAX_HOURS {
        true => Ok(number as u16),
        false => Err(wrong(
            text,
            stated.span(),
            &format!("more than {MAX_HOURS} different business hours; make some alike"),
        )),
    }
}

fn milliseconds(text: &str, stated: &Spanned<String>) -> Result<i64> {
    let time = stated.get_ref().trim();
    let Some(target) = parse_span(time) else {
        let what = format!(
            "invalid time {time:?}: write a whole number and s, min, h or d, as in \"4 h\""
        );
        return Err(wrong(text, stated.span(), &what));
    };
    match target {
        MIN_TARGET..=MAX_TARGET => Ok(target),
        _ => Err(wrong(
            text,
            stated.span(),
            &format!("{time:?} is out of range; write 1 s to 365 d"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{HOUR, MINUTE};

    #[test]
    fn the_bundled_levels_are_sound_and_ordered() {
        let levels = ServiceLevels::bundled().unwrap();
        assert_eq!(levels.target(Some("chat"), None), 2 * MINUTE);
        assert_eq!(levels.target(Some("Mail"), Some(Level::Medium)), 24 * HOUR);
        assert_eq!(
            levels.target(Some("twitter"), Some(Level::Critical)),
            30 * MINUTE
        );
        assert_eq!(
            levels.target(Some("never seen"), None),
            levels.target(None, None)
        );
        for channel in levels
            .stated
            .channels
            .keys()
            .map(String::as_str)
            .map(Some)
            .chain([None])
        {
            let targets = Level::ALL.map(|level| levels.target(channel, Some(level)));
            assert!(
                targets.is_sorted_by(|lower, higher| lower >= higher),
                "{channel:?} {targets:?}"
            );
        }
    }

    #[test]
    fn a_share_grows_with_waiting() {
        let levels = ServiceLevels::from_toml("[default]\ntarget = \"4 h\"").unwrap();
        let since = 7 * HOUR;
        let shares = [-5, 0, HOUR, 4 * HOUR, 40 * HOUR]
            .map(|waited| levels.share(None, None, since, since + waited));
        assert_eq!(shares, [0.0, 0.0, 0.25, 1.0, 10.0]);
    }

    #[test]
    fn a_level_without_a_target_is_no_slower_than_a_lower_one() {
        let levels =
            ServiceLevels::from_toml("[default]\ntarget = \"4 h\"\nhigh = \"1 h\"").unwrap();
        let hours = Level::ALL.map(|level| levels.target(None, Some(level)) / HOUR);
        assert_eq!(hours, [4, 4, 1, 1]);
    }

    #[test]
    fn hours_are_those_of_the_channel_the_level_or_all() {
        let text = "hours = \"Mon-Fri 08:00-18:00\"\n[default]\ntarget = \"4 h\"\n\
             high_hours = \"Mon-Sat 08:00-20:00\"\ncritical_hours = \"always\"\n\
             [channel.chat]\ntarget = \"4 h\"\nhours = \"always\"\n[channel.mail]\ntarget = \"1 d\"";
        let levels = ServiceLevels::from_toml(text).unwrap();
        let friday = 1_772_816_400_000; // 2026-03-06T17:00:00Z
        let due = |channel, level| (levels.due(channel, level, friday) - friday) / HOUR;
        let levels_due = Level::ALL.map(|level| due(None, Some(level)));
        assert_eq!(levels_due, [66, 66, 16, 4]);
        assert_eq!(due(Some("chat"), None), 4);
        assert_eq!(due(Some("mail"), None), 4 * 24 + 18);
        assert!(levels.counts_always(Some("chat"), None) && !levels.counts_always(None, None));
        // Where it is seven in the evening and Monday a holiday: Tuesday at noon, 10 h of UTC.
        let zone = crate::time::TimeZone::named("+02:00").unwrap();
        let calendar = Calendar::new(zone).with_holidays("2026-03-09").unwrap();
        let there = levels.clone().in_calendar(calendar);
        let tuesday = friday + (3 * 24 + 17) * HOUR;
        assert_eq!(there.due(None, None, friday), tuesday);
        assert_eq!(there.share(None, None, friday, tuesday - HOUR), 0.75);
        assert!(there != levels && !there.is_like(&levels));
        let bytes = postcard::to_allocvec(&there).unwrap();
        assert_eq!(
            postcard::from_bytes::<ServiceLevels>(&bytes).unwrap(),
            there
        );
    }

    #[test]
    fn mistakes_are_named_with_line_and_mend() {
        let good = "[default]\ntarget = \"4 h\"\n";
        for (more, expected) in [
            (
                "[channel.chat]\ntarget = \"soon\"",
                "line 4: invalid time \"soon\": write a whole number",
            ),
            (
                "[channel.chat]\ntarget = \"5 weeks\"",
                "line 4: invalid time \"5 weeks\"",
            ),
            (
                "[channel.chat]\ntarget = \"0 s\"",
                "line 4: \"0 s\" is out of range; write 1 s to 365 d",
            ),
            (
                "[channel.chat]\ntarget = \"99999999999999999 d\"",
                "line 4:",
            ),
            ("[channel.chat]\ntarget = \"400 d\"", "line 4:"),
            ("[channel.chat]\nhigh = \"1 h\"", "missing field `target`"),
            (
                "[channel.chat]\ntarget = \"1 h\"\nurgent = \"1 s\"",
                "line 5: unknown field `urgent`",
            ),
            (
                "[channel.chat]\ntarget = \"1 h\"\ncritical = \"2 h\"",
                "line 5: \"2 h\" is longer than",
            ),
            (
                "[channel.chat]\ntarget = \"1 h\"\n[channel.CHAT]\ntarget = \"1 h\"",
                "is listed twice",
            ),
            (
                "[channel.\" \"]\ntarget = \"1 h\"",
                "line 3: a channel has no name",
            ),
            (
                "hours = \"8-18\"",
                "line 3: invalid business hours \"8-18\": write days and times as in",
            ),
            (
                "hours = \"always\"\nhigh_hours = \"Mon-Fri 08:00-18:00\"",
                "line 4: \"Mon-Fri 08:00-18:00\" leaves out hours of a lower level",
            ),
            ("channel = 5", "line 3:"),
        ] {
            let error = ServiceLevels::from_toml(&format!("{good}{more}")).unwrap_err();
            assert!(
                error.is_settings() && error.to_string().contains(expected),
                "{more}: {error}"
            );
        }
        assert!(
            ServiceLevels::from_toml("")
                .unwrap_err()
                .to_string()
                .contains("missing field `default`")
        );
    }
}
