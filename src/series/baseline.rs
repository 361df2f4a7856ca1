//! What is expected of a series of counts: its rhythm over the hours of the week, its level, and
//! how far counts scatter.
//!
//! All is learnt online and bounded. The rhythm is 168 rates, one for each hour of the week by the
//! local clock of a calendar, whose holidays have those of a Sunday. Each
//! is shrunk towards that of its hour on workdays or weekends, this towards its hour of the day,
//! and this towards the mean of all hours, by priors: a series of one day has a rhythm of the
//! day, one of three weeks one of the week, and one of three posts has hardly any. The level
//! follows slow drift. What is learnt of an hour is cut at three standard deviations, so a burst
//! enters little. Scatter beyond Poisson's is estimated for each horizon separately, from
//! residuals of blocks of that length: noise that lasts for hours hardly shows in five minutes
//! and rules in six hours.
//!
//! The constants were set together by hand on the null streams of `cargo bench --bench null_stream`
//! (results: `docs/measured/burst.md`); the ranges that were tried are not recorded. *By hand*
//! below means this.

use serde::{Deserialize, Serialize};

use super::horizon::Horizon;
use crate::heap::{Heap, vector};
use crate::time::{Calendar, HOUR};

const HOURS_OF_WEEK: usize = 168;
const HOURS_OF_DAY: usize = 24;
/// The hour of the week from which on it is weekend, where weekends are on Saturday and Sunday;
/// elsewhere it takes longer to learn.
const WEEKEND: usize = 5 * HOURS_OF_DAY;

/// Share of an hour of the week that is left a week later: a half-life of four weeks, by hand.
const WEEK_DECAY: f64 = 0.84;
/// Share of the mean of all hours that is left an hour later: a half-life of two weeks, by hand.
const ALL_DECAY: f64 = 0.997_94;
/// Share of the level's counts that is left an hour later: a half-life of two days, by hand.
/// Shorter, a burst of a day would become its own expectation.
const LEVEL_DECAY: f64 = 0.985_66;
/// Prior of the overall rate: 0.5 posts in 1 hour, by hand. Few watched series have less.
const PRIOR_ALL: (f64, f64) = (0.5, 1.0);
/// How much hours of the day differ, as a squared relative distance: the prior, which is also the
/// largest value, the hours that the prior counts for, and the smallest value; by hand. The
/// smallest keeps a flat series able to learn a rhythm that begins.
const VARIATION: f64 = 0.25;
const VARIATION_HOURS: f64 = 4.0;
const MIN_VARIATION: f64 = 0.02;
/// Shrinkage precisions (1 / squared relative error), by hand: of workdays or weekends towards the
/// hour of the day, and of an hour of the week towards its kind of day. That of the hour of the day
/// towards the mean of all hours is learnt; see [`VARIATION`].
const DAY_TYPE_PRECISION: f64 = 8.0;
const WEEK_PRECISION: f64 = 60.0;
/// Pseudo-count of the level, in posts; by hand. A relative error of 1 / √30 = 18 %
/// before any post.
const LEVEL_PRIOR: f64 = 30.0;
/// Prior of the scatter, the blocks that it counts for, and the share of what is known that is left
/// a block later; by hand.
const FIRST_DISPERSION: f64 = 0.05;
const FIRST_BLOCKS: f64 = 12.0;
const BLOCK_DECAY: f64 = 0.998;
/// Counts are learnt up to this many standard deviations above what is expected: the usual three of
/// outlier rules, by convention.
const CUT: f64 = 3.0;
/// Residuals enter the scatter up to this many standard deviations, by the same convention.
const SCATTER_CUT: f64 = 3.0;
/// Hours of silence before a series that count: two weeks, the half-life of the mean of all hours.
const MAX_SILENCE: f64 = 336.0;
/// Hours of a gap that are forgotten one by one; beyond, all is forgotten anyway. A bound
/// on an exponent.
const MAX_GAP: i64 = 100_000;

/// The expectation of one series, in about 1.5 KB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Baseline {
    /// Counts and hours of each hour of the week, decayed.
    slots: Vec<(f32, f32)>,
    all: (f64, f64),
    /// What was counted and what the rhythm alone expected, decayed.
    level: (f64, f64),
    /// The hour that goes on, since the Unix epoch.
    hour: i64,
    /// What was counted and expected in it so far, and how much of it was seen.
    counted: f64,
    expected: f64,
    seen: f64,
    /// Posts an hour that the rhythm alone expects, and with the level.
    rhythm: f64,
    rate: f64,
    /// The squared relative error of the rate.
    doubt: f64,
    scatter: [Scatter; Horizon::ALL.len()],
}

/// Scatter beyond Poisson's over blocks of one length.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Scatter {
    /// The block that goes on.
    counted: f64,
    expected: f64,
    panes: u32,
    /// Weighted squared residuals less Poisson's, relative to the square of the mean;
    /// and the weights.
    excess: f64,
    weight: f64,
    /// Both before the last block: a count is not judged by a scatter that it is part of.
    before: (f64, f64),
}

impl Heap for Baseline {
    fn heap(&self) -> usize {
        vector::<(f32, f32)>(self.slots.capacity())
    }
}

impl Baseline {
    /// Of a series that had no posts in the `hours` before the pane that begins at `start`
    /// (milliseconds since the Unix epoch); at most two weeks of them count.
    pub(crate) fn new(calendar: &Calendar, start: i64, hours: f64) -> Baseline {
        let hours = if hours.is_finite() {
            hours.clamp(0.0, MAX_SILENCE)
        } else {
            0.0
        };
        let mut baseline = Baseline {
            slots: vec![(0.0, 0.0); HOURS_OF_WEEK],
            all: (0.0, hours),
            level: (0.0, 0.0),
            hour: start.div_euclid(HOUR),
            counted: 0.0,
            expected: 0.0,
            seen: 0.0,
            rhythm: 0.0,
            rate: 0.0,
            doubt: 0.0,
            scatter: [Scatter::default(); Horizon::ALL.len()],
        };
        // A series that begins late in a watch was not unknown before but silent, and its first
        // posts are the more improbable for it. The silence was in each of the last hours once.
        for back in 1..=(hours as i64).min(HOURS_OF_WEEK as i64) {
            baseline.slots[slot(calendar, baseline.hour.saturating_sub(back))].1 = 1.0;
        }
        baseline.expect(calendar);
        baseline
    }

    /// Sets the past: `count` posts, spread evenly over the hours before.
    pub(crate) fn spread(&mut self, calendar: &Calendar, count: f64) {
        let rate = count / self.all.1.max(1.0);
        self.all.0 = rate * self.all.1;
        for (counts, hours) in &mut self.slots {
            *counts = rate as f32 * *hours;
        }
        self.expect(calendar);
    }

    /// Goes to the hour of a pane that begins at `start`; what was counted before is learnt.
    pub(crate) fn advance(&mut self, calendar: &Calendar, start: i64) {
        let hour = start.div_euclid(HOUR);
        if hour <= self.hour {
            return;
        }
        self.learn(calendar);
        // Hours without panes are forgotten, not learnt as quiet: the feed was down.
        let passed = (hour - self.hour).min(MAX_GAP) as i32;
        for (sums, decay) in [(&mut self.all, ALL_DECAY), (&mut self.level, LEVEL_DECAY)] {
            let left = decay.powi(passed);
            *sums = (sums.0 * left, sums.1 * left);
        }
        self.hour = hour;
        (self.counted, self.expected, self.seen) = (0.0, 0.0, 0.0);
        self.expect(calendar);
    }

    /// Posts an hour in the mean of all hours.
    pub(crate) fn mean(&self) -> f64 {
        (self.all.0 + PRIOR_ALL.0) / (self.all.1 + PRIOR_ALL.1)
    }

    /// Posts an hour that are expected now.
    pub(crate) fn rate(&self) -> f64 {
        self.rate
    }

    /// The variance beyond Poisson's over a horizon, relative to the square of the mean, the doubt
    /// about the mean included.
    pub(crate) fn dispersion(&self, horizon: usize) -> f64 {
        self.scatter
            .get(horizon)
            .map_or(FIRST_DISPERSION, Scatter::dispersion)
            + self.doubt
    }

    /// Takes the count of a pane of the hour that goes on, which is `share` of the hour.
    pub(crate) fn count(&mut self, count: f64, share: f64) {
        let expected = self.rate * share;
        self.counted += count;
        self.expected += expected;
        self.seen += share;
        for (scatter, panes) in self.scatter.iter_mut().zip(Horizon::panes(share)) {
            scatter.add(count, expected, self.doubt, panes);
        }
    }

    /// Learns from the hour that goes on.
    fn learn(&mut self, calendar: &Calendar) {
        if self.seen <= 0.0 {
            return;
        }
        let dispersion = self.dispersion(Horizon::Hour as usize);
        // Cut, so that a burst hardly raises what is expected a week later. One post more is always
        // learnt, or a series that expects nothing never could.
        let most = self.expected
            + CUT * (self.expected + dispersion * self.expected * self.expected).sqrt()
            + 1.0;
        let counted = self.counted.min(most);
        let of_hour = &mut self.slots[slot(calendar, self.hour)];
        of_hour.0 = (f64::from(of_hour.0) * WEEK_DECAY + counted) as f32;
        of_hour.1 = (f64::from(of_hour.1) * WEEK_DECAY + self.seen) as f32;
        self.all = (self.all.0 + counted, self.all.1 + self.seen);
        self.level = (
            self.level.0 + counted,
            self.level.1 + self.rhythm * self.seen,
        );
    }

    /// What is expected of the hour that goes on.
    fn expect(&mut self, calendar: &Calendar) {
        let of_hour = slot(calendar, self.hour);
        let scatter = self.scatter[Horizon::Hour as usize].dispersion();
        let mean = self.mean();
        // The precision of one hour: counts with scatter have a squared relative error of scatter +
        // 1 / rate, so of a noisy series even many hours of many posts prove little.
        let worth = |rate: f64| 1.0 / (scatter + 1.0 / rate);
        let precision = PRIOR_ALL.0 + self.all.1 * worth(mean);
        let mut shrunk = Shrunk {
            rate: mean,
            doubt: 1.0 / precision,
        };
        let weekend = of_hour >= WEEKEND;
        let day = self
            .slots
            .iter()
            .enumerate()
            .skip(of_hour % HOURS_OF_DAY)
            .step_by(HOURS_OF_DAY);
        let alike = day.clone().filter(|(at, _)| (*at >= WEEKEND) == weekend);
        let own = self
            .slots
            .iter()
            .enumerate()
            .filter(|(at, _)| *at == of_hour);
        let sum = |sum: (f64, f64), (_, slot): (usize, &(f32, f32))| {
            (sum.0 + f64::from(slot.0), sum.1 + f64::from(slot.1))
        };
        let start = (0.0, 0.0);
        let (day, alike) = (day.fold(start, sum), alike.fold(start, sum));
        let varied = 1.0 / self.variation(mean);
        // Where only one kind of day was seen, the hour of the day is that kind's and the precision
        // is high. Where only the other kind was seen, this one may be anything.
        let of_kind = match (alike.1 > 0.0, day.1 - alike.1 > 0.0) {
            (true, true) => (2.0 * varied).max(DAY_TYPE_PRECISION),
            (true, false) => WEEK_PRECISION,
            _ => DAY_TYPE_PRECISION,
        };
        let steps = [
            (day, varied),
            (alike, of_kind),
            (own.fold(start, sum), WEEK_PRECISION),
        ];
        for ((counts, hours), precision) in steps {
            shrunk = shrunk.with(counts, hours, worth(shrunk.rate), precision);
        }
        self.rhythm = shrunk.rate;
        self.doubt = shrunk.doubt;
        // The level may raise the expectation but never lower it, so that traffic that returns
        // after a quiet spell is not a burst.
        let level = (self.level.0 + LEVEL_PRIOR) / (self.level.1 + LEVEL_PRIOR);
        self.rate = self.rhythm * level.max(1.0);
    }

    /// The variance between the hours of the week beyond Poisson's, relative to the square of
    /// their mean. Of a flat series any hour is evidence for all, so its expectation is certain
    /// after a day.
    fn variation(&self, mean: f64) -> f64 {
        let mut sums = (VARIATION * VARIATION_HOURS, VARIATION_HOURS);
        for &(count, hours) in self.slots.iter().filter(|slot| slot.1 > 0.0) {
            let expected = mean * f64::from(hours);
            let residual = f64::from(count) - expected;
            // An hour of a small mean is hardly evidence of what goes beyond Poisson.
            let scale = 1.0 / ((1.0 + expected) * (1.0 + expected));
            sums.0 += (residual * residual - expected) * scale;
            sums.1 += expected * expected * scale;
        }
        (sums.0 / sums.1).clamp(MIN_VARIATION, VARIATION)
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(crate) fn is_sound(&self) -> bool {
        let scatter = |one: &Scatter| {
            [
                one.counted,
                one.expected,
                one.excess,
                one.weight,
                one.before.0,
                one.before.1,
            ]
            .iter()
            .all(|x| x.is_finite())
        };
        let numbers = [
            self.all.0,
            self.all.1,
            self.level.0,
            self.level.1,
            self.counted,
            self.expected,
            self.seen,
        ];
        let rates = [self.rhythm, self.rate, self.doubt];
        self.slots.len() == HOURS_OF_WEEK
            && self.slots.iter().all(|slot| slot.0 >= 0.0 && slot.1 >= 0.0)
            && numbers
                .iter()
                .chain(&rates)
                .all(|number| number.is_finite() && *number >= 0.0)
            && self.scatter.iter().all(scatter)
    }
}

impl Scatter {
    fn dispersion(&self) -> f64 {
        let (excess, weight) = self.before;
        ((excess + FIRST_DISPERSION * FIRST_BLOCKS) / (weight + FIRST_BLOCKS)).max(0.0)
    }

    fn add(&mut self, count: f64, expected: f64, doubt: f64, panes: u32) {
        self.counted += count;
        self.expected += expected;
        self.panes += 1;
        if self.panes < panes {
            return;
        }
        let mean = self.expected;
        // Cut at its own spread: one burst of hours would otherwise make the series seem noisy for
        // weeks, and hide the next.
        let variance = mean + (self.dispersion() + doubt) * mean * mean;
        let most = SCATTER_CUT * variance.sqrt();
        let residual = (self.counted - mean).max(-most).min(most);
        // A block of a small mean is hardly evidence of what goes beyond Poisson, nor is one whose
        // expectation is in doubt: the first days of a feed would make it seem noisy for weeks.
        let scale = known(self.dispersion(), doubt) / ((1.0 + mean) * (1.0 + mean));
        // The block that has just ended may be a burst: until the next one ends it is judged by the
        // scatter before it.
        self.before = (self.excess, self.weight);
        // The possible error of the expectation is not scatter; it is added where
        // counts are judged.
        self.excess =
            self.excess * BLOCK_DECAY + (residual * residual - mean - doubt * mean * mean) * scale;
        self.weight = self.weight * BLOCK_DECAY + mean * mean * scale;
        (self.counted, self.expected, self.panes) = (0.0, 0.0, 0);
    }
}

/// What a residual is worth where the expectation has this squared relative error, beside one where
/// it is certain: 0 to 1, the share of its variance that is scatter.
fn known(dispersion: f64, doubt: f64) -> f64 {
    dispersion / (dispersion + doubt).max(f64::MIN_POSITIVE)
}

/// A rate an hour and its squared relative error.
struct Shrunk {
    rate: f64,
    doubt: f64,
}

impl Shrunk {
    /// The rate of `counts` in `hours`, shrunk towards this one: `worth` is the precision of a rate
    /// from one hour, `precision` that of this rate as a prior of the other.
    fn with(&self, counts: f64, hours: f64, worth: f64, precision: f64) -> Shrunk {
        let own = hours * worth;
        let rate = if hours > 0.0 { counts / hours } else { 0.0 };
        // The prior's own error enters by the square of its share: shrinking to a doubtful rate
        // does not make a rate certain.
        let share = precision / (own + precision);
        Shrunk {
            rate: (own * rate + precision * self.rate) / (own + precision),
            doubt: 1.0 / (own + precision) + share * share * self.doubt,
        }
    }
}

/// The hour of the week of an hour since the Unix epoch, by its beginning.
fn slot(calendar: &Calendar, hour: i64) -> usize {
    calendar.hour_of_week(hour.saturating_mul(HOUR))
}
