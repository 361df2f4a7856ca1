//! What bounds the panes of trends.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pane::Measure;
use crate::time::{DAY, HOUR, MINUTE, milliseconds};
use crate::{Error, Result};

/// The shortest pane, in milliseconds: an hour has at most 3,600 of them. A bound on memory.
const MIN_PANE: i64 = 1000;
/// The longest bound and lateness, and the longest time that panes are kept, in milliseconds.
/// Bounds on memory, chosen by hand.
const MAX_WAIT: i64 = 30 * DAY;
const MAX_KEEP: i64 = 60 * DAY;
/// Least and most unbounded keys of a pane. Chosen by hand: fewer than a post may have of them make
/// no sense, and more would not bound memory.
const MIN_UNBOUNDED: usize = 16;
const MAX_UNBOUNDED: usize = 1 << 20;

/// What bounds the panes. Spans are whole milliseconds.
///
/// The defaults were chosen by hand for posts to a company; alerts were measured with
/// them only (`docs/measured/trend.md`).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// How long a pane is; a part of an hour. Default 5 minutes.
    pub pane: Duration,
    /// How far behind the latest post that is not set aside a pane is published. Default 5 minutes.
    pub bound: Duration,
    /// How long after that a post still enters its pane and revises it. Default an hour.
    pub lateness: Duration,
    /// How long panes are kept; at least an hour and the lateness. Default 7 hours: the six that
    /// alerts look back, and one to compare them with.
    pub keep: Duration,
    /// Most hashtags, channels and unlisted words of a pane: keys that anybody may
    /// invent. Default 4,096.
    pub max_unbounded: usize,
    /// What counts.
    pub measure: Measure,
}

impl Default for Settings {
    fn default() -> Settings {
        let span = |milliseconds: i64| Duration::from_millis(milliseconds.unsigned_abs());
        Settings {
            pane: span(5 * MINUTE),
            bound: span(5 * MINUTE),
            lateness: span(HOUR),
            keep: span(7 * HOUR),
            max_unbounded: 4096,
            measure: Measure::default(),
        }
    }
}

impl Settings {
    /// The milliseconds of a pane.
    pub(super) fn pane_length(&self) -> i64 {
        milliseconds(self.pane)
    }

    pub(super) fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::settings(what));
        let (pane, lateness) = (self.pane_length(), milliseconds(self.lateness));
        // An hour has to be a whole number of panes, for horizons and budgets are
        // reckoned in hours.
        if !(MIN_PANE..=HOUR).contains(&pane) || HOUR % pane != 0 {
            return wrong(format!(
                "trend.pane is {:?}; give a part of an hour of at least a second, such as 300s",
                self.pane
            ));
        }
        for (name, span) in [("bound", self.bound), ("lateness", self.lateness)] {
            if milliseconds(span) > MAX_WAIT {
                return wrong(format!("trend.{name} is {span:?}; give 0 to thirty days"));
            }
        }
        // A pane that can be revised must still be there, and the watch looks back an
        // hour before it.
        let least = HOUR + lateness;
        if !(least..=MAX_KEEP).contains(&milliseconds(self.keep)) {
            return wrong(format!(
                "trend.keep is {:?}; give an hour and the lateness ({least} ms) to sixty days",
                self.keep
            ));
        }
        for (name, span) in [
            ("pane", self.pane),
            ("bound", self.bound),
            ("lateness", self.lateness),
            ("keep", self.keep),
        ] {
            if span.subsec_nanos() % 1_000_000 != 0 {
                return wrong(format!("trend.{name} is {span:?}; give whole milliseconds"));
            }
        }
        if !(MIN_UNBOUNDED..=MAX_UNBOUNDED).contains(&self.max_unbounded) {
            return wrong(format!(
                "trend.max_unbounded is {}; give {MIN_UNBOUNDED} to {MAX_UNBOUNDED}",
                self.max_unbounded
            ));
        }
        Ok(())
    }
}
