//! What is reported, and what bounds it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::config::within;
use crate::time::{DAY, HOUR};
use crate::{Error, Result};

/// Most series that a watch may be set to follow: at 2.9 KB each (`docs/measured/trend.md`) 29 GB.
const MAX_SERIES: usize = 10_000_000;
/// The longest span of a setting: ten years. Chosen by hand.
const MAX_SPAN: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What is reported, and what bounds it.
///
/// Of the defaults only the budget was measured (`cargo bench --bench null_stream`, budgets of 0.5,
/// 2 and 10: `docs/measured/burst.md`); the others were chosen by hand.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// False alerts a day over all series and words. Half of them are for what is always watched:
    /// all posts, all that want an answer, all negative ones, harm, topics, listed terms. Default
    /// 2.
    pub budget: f64,
    /// Authors (or what else the trends measure) in a span below which nothing is
    /// reported. Default 4.
    pub min_authors: u64,
    /// How long must be seen before anything is reported. Default 24 hours: a day has its rhythm.
    pub warm_up: Duration,
    /// Most series, and most words that are followed; a bound on memory. Default 5,000.
    pub max_series: usize,
    /// Posts expected in a pane from which on a pane without any is taken for a feed that is down,
    /// and skipped. Default 3: by chance one such pane in twenty is empty (Poisson).
    pub missing_from: f64,
    /// Authors in an hour that make a series of a hashtag or channel. Default 3.
    pub min_series_authors: u64,
    /// How long such a series may have no post before it is dropped. Default 7 days: what comes
    /// each week stays.
    pub forget_after: Duration,
    /// The share of the smaller set of authors that two rises have in common from which on they
    /// are one alert; for keys that hold everything also the share of the rise that the other
    /// explains. Default 0.5.
    pub same_authors: f64,
    /// How long words must be seen before one can be new. Default 12 hours.
    pub word_warm_up: Duration,
}

impl Default for Settings {
    fn default() -> Settings {
        let span = |milliseconds: i64| Duration::from_millis(milliseconds.unsigned_abs());
        Settings {
            budget: 2.0,
            min_authors: 4,
            warm_up: span(DAY),
            max_series: 5000,
            missing_from: 3.0,
            min_series_authors: 3,
            forget_after: span(7 * DAY),
            same_authors: 0.5,
            word_warm_up: span(12 * HOUR),
        }
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<()> {
        let wrong = |what: String| Err(Error::settings(what));
        let Settings {
            budget,
            max_series,
            missing_from,
            ..
        } = *self;
        if !(budget.is_finite() && budget > 0.0) {
            return wrong(format!(
                "watch.budget is {budget}; give the false alerts a day, above 0"
            ));
        }
        if !(1..=MAX_SERIES).contains(&max_series) {
            return wrong(format!(
                "watch.max_series is {max_series}; give 1 to {MAX_SERIES}"
            ));
        }
        if !(missing_from.is_finite() && missing_from > 0.0) {
            return wrong(format!(
                "watch.missing_from is {missing_from}; give a number of posts above 0"
            ));
        }
        within("watch.same_authors", self.same_authors, 0.0..=1.0, "0 to 1")?;
        for (name, span) in [
            ("warm_up", self.warm_up),
            ("forget_after", self.forget_after),
            ("word_warm_up", self.word_warm_up),
        ] {
            if span > MAX_SPAN {
                return wrong(format!("watch.{name} is {span:?}; give 0 to ten years"));
            }
        }
        Ok(())
    }
}
