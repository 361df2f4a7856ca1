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
//! ```
//! The target of a higher level is never longer than that of a lower one. There are no business
//! hours: an hour at night counts as one by day.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::config::{line_of, malformed};
use crate::time::{DAY, SECOND, parse_span};
use crate::triage::Level;
use crate::{Error, Result};

/// The shortest target, in milliseconds: a second, for shares and points are divided by it.
pub const MIN_TARGET: i64 = SECOND;
/// The longest target, in milliseconds: a year. Above it a number is a slip.
pub const MAX_TARGET: i64 = 365 * DAY;
/// Most channels that may be listed. By convention: a bound on what a snapshot may hold.
pub const MAX_CHANNELS: usize = 1000;

/// The time to a first answer for each channel and level of importance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceLevels {
    default: Targets,
    /// In the order of the names, which are in lower case.
    channels: BTreeMap<String, Targets>,
}

/// Milliseconds for each level, in the order of [`Level::ALL`].
type Targets = [i64; Level::ALL.len()];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLevels {
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
}

impl ServiceLevels {
    /// The service levels of `data/service_levels.toml`.
    ///
    /// # Errors
    /// If they are malformed (a test holds that they are not).
    pub fn bundled() -> Result<ServiceLevels> {
        ServiceLevels::from_toml(include_str!("../../data/service_levels.toml"))
    }

    /// Reads service levels from TOML.
    ///
    /// # Errors
    /// Names the line and the mend: invalid TOML, an unknown key, a missing target, a target that
    /// is not a time or not from a second to a year, a higher level with a longer target than a
    /// lower one, a channel without a name or listed twice. [`Error::is_settings`] holds.
    pub fn from_toml(text: &str) -> Result<ServiceLevels> {
        let raw: RawLevels = toml::from_str(text)
            .map_err(|error| malformed(Error::settings, "service levels", text, error))?;
        if raw.channel.len() > MAX_CHANNELS {
            return Err(Error::settings(format!(
                "service levels: more than {MAX_CHANNELS} channels; delete some"
            )));
        }
        let mut levels = ServiceLevels {
            default: targets(text, &raw.default)?,
            channels: BTreeMap::new(),
        };
        for (name, raw) in &raw.channel {
            let channel = name.get_ref().trim().to_lowercase();
            if channel.is_empty() {
                return Err(wrong(
                    text,
                    name.span(),
                    "a channel has no name; write [channel.NAME]",
                ));
            }
            if levels
                .channels
                .insert(channel, targets(text, raw)?)
                .is_some()
            {
                let what = format!(
                    "the channel {:?} is listed twice (upper and lower case are the same); delete \
                     one",
                    name.get_ref()
                );
                return Err(wrong(text, name.span(), &what));
            }
        }
        Ok(levels)
    }

    /// The time to a first answer, in milliseconds: at least [`MIN_TARGET`]. Without a level it is
    /// the one of [`Level::Low`], the longest.
    pub fn target(&self, channel: Option<&str>, level: Option<Level>) -> i64 {
        let listed = channel.and_then(|channel| {
            let channel = channel.trim();
            // Names come in lower case nearly always.
            self.channels
                .get(channel)
                .or_else(|| self.channels.get(&channel.to_lowercase()))
        });
        listed.unwrap_or(&self.default)[level.unwrap_or_default() as usize]
    }

    /// The share of the target that is over after waiting `waited` milliseconds: 0 at the beginning
    /// (and before it), 1 when an answer is due, more when it is overdue.
    pub fn share(&self, channel: Option<&str>, level: Option<Level>, waited: i64) -> f32 {
        (waited.max(0) as f64 / self.target(channel, level) as f64) as f32
    }

    /// What [`ServiceLevels::from_toml`] would refuse, in levels that came another way.
    pub(crate) fn check(&self) -> Result<()> {
        let fits = |targets: &Targets| {
            targets
                .iter()
                .all(|target| (MIN_TARGET..=MAX_TARGET).contains(target))
        };
        match self.channels.len() <= MAX_CHANNELS
            && self.channels.values().chain([&self.default]).all(fits)
        {
            true => Ok(()),
            false => Err(Error::settings(
                "service levels: a target is out of range; give 1 s to 365 d",
            )),
        }
    }
}

#[cold]
fn wrong(text: &str, span: Range<usize>, what: &str) -> Error {
    let line = line_of(text, span.start);
    Error::settings(format!("service levels line {line}: {what}"))
}

fn targets(text: &str, raw: &RawTargets) -> Result<Targets> {
    let general = milliseconds(text, &raw.target)?;
    let mut targets = [general; Level::ALL.len()];
    let mut longest = MAX_TARGET;
    // A level without a target of its own has the general one, or that of a lower level where
    // this is shorter.
    for (target, own) in targets
        .iter_mut()
        .zip([&raw.low, &raw.medium, &raw.high, &raw.critical])
    {
        *target = match own {
            None => general.min(longest),
            Some(own) => milliseconds(text, own)?,
        };
        if let Some(own) = own.as_ref().filter(|_| *target > longest) {
            let what = format!(
                "{:?} is longer than the target of a lower level; make it shorter",
                own.get_ref()
            );
            return Err(wrong(text, own.span(), &what));
        }
        longest = *target;
    }
    Ok(targets)
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
        levels.check().unwrap();
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
        let shares =
            [-5, 0, HOUR, 4 * HOUR, 40 * HOUR].map(|waited| levels.share(None, None, waited));
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
