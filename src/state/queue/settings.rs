//! What the queue goes by: points of waiting, lanes, holds and ceilings.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::malformed;
use crate::time::{DAY, HOUR, MINUTE, SECOND, milliseconds, span_text};
use crate::{Error, Result};

/// Most posts, and most answers, that settings may allow. A post takes some 900 bytes, so 90 GB:
/// above it a number is a slip.
const MAX_KEPT: usize = 100_000_000;

/// Settings of a [`Queue`](super::Queue). All are whole numbers, so that the order is exact.
///
/// As TOML every field is optional:
/// ```toml
/// due_points = 60
/// capacity = 80        # answers an hour; without it, it is measured
/// hold = "90 min"      # a whole number and s, min, h or d
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Points that a case gains from its beginning until an answer is due, in proportion to the
    /// time that has passed: 0 to 1000.
    pub due_points: u32,
    /// Points that an overdue case gains a day, without end: 1 to 1000.
    pub day_points: u32,
    /// Cases that can be answered an hour; none: as many as were in the last
    /// [`Settings::measured`].
    pub capacity: Option<u32>,
    /// The event time over which answers are counted where no capacity is given: whole hours, 1 h
    /// to 24 h.
    #[serde(with = "span_text")]
    pub measured: Duration,
    /// The work that is put before the team; what it can't answer within is deferred: 1 h to 7 d.
    #[serde(with = "span_text")]
    pub horizon: Duration,
    /// A deferred case comes back when it stands within this share, in percent, of what can be
    /// answered: 1 to 100. Below 100 a case at the edge doesn't go back and forth.
    pub back_percent: u32,
    /// From this share of its target on, in percent, a case is about to be overdue and takes the
    /// fast lane: 1 to 100.
    pub breach_percent: u32,
    /// The event time for which lanes hold until they are drawn again: 0 s to 1 d.
    #[serde(with = "span_text")]
    pub plan: Duration,
    /// The time after which an assigned case without an answer waits for anybody again: 1 min
    /// to 7 d.
    #[serde(with = "span_text")]
    pub hold: Duration,
    /// The time after its last post after which a case that needs no answer, or is suspected to be
    /// spam, is forgotten: 1 h to 90 d.
    #[serde(with = "span_text")]
    pub age_out: Duration,
    /// Of so many cases that are given out one is suspected to be spam, as long as there are such:
    /// 2 to 1000, or 0 for none. A person sees whom the spam head is wrong about.
    pub sample: u32,
    /// Cases at once of an agent who states no number: 1 to 1000.
    pub load: u32,
    /// Most posts that are kept: 1 to 100,000,000. Each takes some 900 bytes,
    /// and at most some 3,000 where identifiers and segments are as long as they may be.
    pub most_posts: usize,
    /// Most posts of one case that are kept by name, at least 3; further ones are counted.
    pub most_posts_of_case: usize,
    /// Most people, threads and posts whose last answer is remembered. Each takes some 80 bytes,
    /// and the name of the agent.
    pub most_answers: usize,
    /// Most agents.
    pub most_agents: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            due_points: 60,
            day_points: 12,
            capacity: None,
            measured: Duration::from_secs(4 * 3600),
            horizon: Duration::from_secs(8 * 3600),
            back_percent: 90,
            breach_percent: 80,
            plan: Duration::from_secs(5 * 60),
            hold: Duration::from_secs(60 * 60),
            age_out: Duration::from_secs(7 * 24 * 3600),
            sample: 20,
            load: 5,
            most_posts: 1_000_000,
            most_posts_of_case: 256,
            most_answers: 1_000_000,
            most_agents: 10_000,
        }
    }
}

impl Settings {
    /// Reads settings from TOML; what is not there is as in [`Settings::default`].
    ///
    /// # Errors
    /// Names the line of what is not TOML or an unknown key, or the field that is out of
    /// range; [`Error::is_settings`] holds.
    pub fn from_toml(text: &str) -> Result<Settings> {
        let settings: Settings = toml::from_str(text)
            .map_err(|error| malformed(Error::settings, "queue settings", text, error))?;
        settings.check()?;
        Ok(settings)
    }

    /// Whether every field is in its range.
    ///
    /// # Errors
    /// Names the field and the range; [`Error::is_settings`] holds.
    pub fn check(&self) -> Result<()> {
        let capacity = self.capacity.unwrap_or(1) as usize;
        for (field, value, least, most) in [
            ("due_points", self.due_points as usize, 0, 1000),
            ("day_points", self.day_points as usize, 1, 1000),
            ("capacity", capacity, 1, 10_000_000),
            ("back_percent", self.back_percent as usize, 1, 100),
            ("breach_percent", self.breach_percent as usize, 1, 100),
            ("sample", self.sample as usize, 0, 1000),
            ("load", self.load as usize, 1, 1000),
            ("most_posts", self.most_posts, 1, MAX_KEPT),
            ("most_posts_of_case", self.most_posts_of_case, 3, 10_000),
            ("most_answers", self.most_answers, 1, MAX_KEPT),
            ("most_agents", self.most_agents, 1, 100_000),
        ] {
            if !(least..=most).contains(&value) {
                return Err(Error::settings(format!(
                    "queue settings, {field}: {value} is out of range; write {least} to {most}"
                )));
            }
        }
        if self.sample == 1 {
            return Err(Error::settings(
                "queue settings, sample: 1 would show nothing but what may be spam; write 2 to \
                 1000, or 0 for none",
            ));
        }
        for (field, span, step, (least, most), range) in [
            // Answers are counted by the hour.
            (
                "measured",
                self.measured,
                HOUR,
                (HOUR, DAY),
                "whole hours from 1 h to 24 h",
            ),
            (
                "horizon",
                self.horizon,
                SECOND,
                (HOUR, 7 * DAY),
                "whole seconds from 1 h to 7 d",
            ),
            (
                "plan",
                self.plan,
                SECOND,
                (0, DAY),
                "whole seconds from 0 s to 1 d",
            ),
            (
                "hold",
                self.hold,
                SECOND,
                (MINUTE, 7 * DAY),
                "whole seconds from 1 min to 7 d",
            ),
            (
                "age_out",
                self.age_out,
                SECOND,
                (HOUR, 90 * DAY),
                "whole seconds from 1 h to 90 d",
            ),
        ] {
            let whole = span.subsec_nanos() == 0 && milliseconds(span) % step == 0;
            if !whole || !(least..=most).contains(&milliseconds(span)) {
                return Err(Error::settings(format!(
                    "queue settings, {field}: {span:?} is out of range; write {range}"
                )));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_stated_is_as_by_default() {
        assert_eq!(Settings::from_toml("").unwrap(), Settings::default());
        let stated = Settings::from_toml("capacity = 80\nday_points = 12").unwrap();
        assert_eq!(
            stated,
            Settings {
                capacity: Some(80),
                day_points: 12,
                ..Settings::default()
            }
        );
    }

    #[test]
    fn mistakes_are_named() {
        for (text, expected) in [
            ("load = 1\nspeed = 2", "line 2: unknown field `speed`"),
            ("load = -1", "line 1:"),
            (
                "day_points = 0",
                "day_points: 0 is out of range; write 1 to 1000",
            ),
            (
                "most_posts_of_case = 2",
                "most_posts_of_case: 2 is out of range; write 3 to 10000",
            ),
            ("capacity = 0", "capacity: 0 is out of range; write 1 to"),
        ] {
            let error = Settings::from_toml(text).unwrap_err();
            assert!(
                error.is_settings() && error.to_string().contains(expected),
                "{text}: {error}"
            );
        }
    }
}
