//! What is expected of a series of counts: its rhythm over the hours of the week, its level, and
//! how far counts scatter.
//!
//! All is learnt online and bounded. The rhythm is 168 rates, each drawn towards that of its hour
//! on workdays or weekends, this towards its hour of the day, and this towards the mean of all
//! hours, by priors: a series of one day has a rhythm of the day, one of three weeks one of the
//! week, and one of three posts has hardly any. The level follows slow drift. What is learnt of an
//! hour is cut at three standard deviations, so a burst enters little. Scatter beyond Poisson's is
//! estimated for each horizon by itself, from residuals of blocks of that length: noise that lasts
//! for hours hardly shows in five minutes and rules in six hours.

use serde::{Deserialize, Serialize};

use super::horizon::Horizon;
use crate::time::HOUR;

const HOURS_OF_WEEK: usize = 168;
const HOURS_OF_DAY: usize = 24;
/// The hour of the week from which on it is weekend, where weekends are on Saturday and Sunday;
/// elsewhere it takes longer to learn.
const WEEKEND: usize = 5 * HOURS_OF_DAY;
/// The first hour of the Unix epoch was a Thursday's; the week begins on Monday.
const EPOCH_HOUR: i64 = 3 * 24;

/// What is left of an hour of the week a week later: a half-life of four weeks.
const WEEK_DECAY: f64 = 0.84;
/// What is left of the mean of all hours an hour later: a half-life of two weeks.
const ALL_DECAY: f64 = 0.997_94;
/// What is left of the level's counts an hour later: a half-life of two days.
const LEVEL_DECAY: f64 = 0.985_66;
/// The mean of all hours has this count in so many hours before anything is known.
const OF_ALL: (f64, f64) = (0.5, 1.0);
/// How near each rate is to what it is drawn to, as an inverse squared relative distance: an hour
/// of the day to the mean of all, the same hour of workdays or weekends to the hour of the day, an
/// hour of the week to that. The first of these is learnt: this is the squared relative distance
/// before anything is known, for how many hours that counts, and the least.
const VARIATION: f64 = 0.25;
const VARIED_HOURS: f64 = 4.0;
const LEAST_VARIATION: f64 = 0.02;
const OF_KIND: f64 = 8.0;
const OF_WEEK: f64 = 60.0;
/// Pseudo-count of the level.
const OF_LEVEL: f64 = 30.0;
/// Scatter before anything is known, for how many blocks that counts, and what is left of what is
/// known a block later.
const FIRST_DISPERSION: f64 = 0.05;
const FIRST_BLOCKS: f64 = 12.0;
const BLOCK_DECAY: f64 = 0.998;
/// Counts are learnt up to so many standard deviations above what is expected.
const CUT: f64 = 3.0;
/// Residuals enter the scatter up to so many standard deviations.
const SCATTER_CUT: f64 = 3.0;

/// The expectation of one series. Some 1.5 KB.
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

impl Baseline {
    /// Of a series that had nothing in the `hours` before now (at most two weeks count), as of a
    /// pane that begins at `start`.
    pub(crate) fn new(start: i64, hours: f64) -> Baseline {
        let hours = if hours.is_finite() {
            hours.clamp(0.0, 336.0)
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
        // The silence was in each of the last hours once.
        for back in 1..=(hours as i64).min(HOURS_OF_WEEK as i64) {
            baseline.slots[slot(baseline.hour.saturating_sub(back))].1 = 1.0;
        }
        baseline.expect();
        baseline
    }

    /// Goes to the hour of a pane that begins at `start`; what was counted before is learnt.
    pub(crate) fn advance(&mut self, start: i64) {
        let hour = start.div_euclid(HOUR);
        if hour <= self.hour {
            return;
        }
        self.learn();
        // What nobody saw is only forgotten.
        let passed = (hour - self.hour).min(100_000) as i32;
        for (sums, decay) in [(&mut self.all, ALL_DECAY), (&mut self.level, LEVEL_DECAY)] {
            let left = decay.powi(passed);
            *sums = (sums.0 * left, sums.1 * left);
        }
        self.hour = hour;
        (self.counted, self.expected, self.seen) = (0.0, 0.0, 0.0);
        self.expect();
    }

    /// Bytes held beside the struct itself.
    pub(crate) fn memory_usage(&self) -> usize {
        self.slots.capacity() * size_of::<(f32, f32)>()
    }

    /// Posts an hour in the mean of all hours.
    pub(crate) fn mean(&self) -> f64 {
        (self.all.0 + OF_ALL.0) / (self.all.1 + OF_ALL.1)
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
    fn learn(&mut self) {
        if self.seen <= 0.0 {
            return;
        }
        let dispersion = self.dispersion(Horizon::Hour as usize);
        let most = self.expected
            + CUT * (self.expected + dispersion * self.expected * self.expected).sqrt()
            + 1.0;
        let counted = self.counted.min(most);
        let of_hour = &mut self.slots[slot(self.hour)];
        of_hour.0 = (f64::from(of_hour.0) * WEEK_DECAY + counted) as f32;
        of_hour.1 = (f64::from(of_hour.1) * WEEK_DECAY + self.seen) as f32;
        self.all = (self.all.0 + counted, self.all.1 + self.seen);
        self.level = (
            self.level.0 + counted,
            self.level.1 + self.rhythm * self.seen,
        );
    }

    /// What is expected of the hour that goes on.
    fn expect(&mut self) {
        let of_hour = slot(self.hour);
        let scatter = self.scatter[Horizon::Hour as usize].dispersion();
        let mean = self.mean();
        let worth = |rate: f64| 1.0 / (scatter + 1.0 / rate);
        let mut drawn = Drawn {
            rate: mean,
            precision: OF_ALL.0 + self.all.1 * worth(mean),
            doubt: 0.0,
        };
        drawn.doubt = 1.0 / drawn.precision;
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
        // Where only one kind of day was seen, it is what is known of the hour of the day; the
        // other may be anything.
        let of_kind = match (alike.1 > 0.0, day.1 - alike.1 > 0.0) {
            (true, true) => (2.0 * varied).max(OF_KIND),
            (true, false) => OF_WEEK,
            _ => OF_KIND,
        };
        let steps = [
            (day, varied),
            (alike, of_kind),
            (own.fold(start, sum), OF_WEEK),
        ];
        for ((counts, hours), precision) in steps {
            drawn = drawn.to(counts, hours, worth(drawn.rate), precision);
        }
        self.rhythm = drawn.rate;
        self.doubt = drawn.doubt;
        // A return from a quiet time is no burst: the level lifts what is expected, and only the
        // rhythm lowers it.
        let level = (self.level.0 + OF_LEVEL) / (self.level.1 + OF_LEVEL);
        self.rate = self.rhythm * level.max(1.0);
    }

    /// The variance between the hours of the week beyond Poisson's, relative to the square of their
    /// mean: of a flat series any hour tells of all.
    fn variation(&self, mean: f64) -> f64 {
        let mut sums = (VARIATION * VARIED_HOURS, VARIED_HOURS);
        for &(count, hours) in self.slots.iter().filter(|slot| slot.1 > 0.0) {
            let expected = mean * f64::from(hours);
            let residual = f64::from(count) - expected;
            // An hour of a small mean says little of what goes beyond Poisson.
            let scale = 1.0 / ((1.0 + expected) * (1.0 + expected));
            sums.0 += (residual * residual - expected) * scale;
            sums.1 += expected * expected * scale;
        }
        (sums.0 / sums.1).clamp(LEAST_VARIATION, VARIATION)
    }

    /// Whether all numbers are such as can be; a snapshot may hold others.
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
        let variance = mean + (self.dispersion() + doubt) * mean * mean;
        let most = SCATTER_CUT * variance.sqrt();
        let residual = (self.counted - mean).max(-most).min(most);
        // A block of a small mean says little of what goes beyond Poisson.
        let scale = 1.0 / ((1.0 + mean) * (1.0 + mean));
        self.before = (self.excess, self.weight);
        // What the expectation may be off by is no scatter.
        self.excess =
            self.excess * BLOCK_DECAY + (residual * residual - mean - doubt * mean * mean) * scale;
        self.weight = self.weight * BLOCK_DECAY + mean * mean * scale;
        (self.counted, self.expected, self.panes) = (0.0, 0.0, 0);
    }
}

/// A rate an hour, how well it is known, and its squared relative error.
struct Drawn {
    rate: f64,
    precision: f64,
    doubt: f64,
}

impl Drawn {
    /// A rate of `counts` in `hours`, drawn towards this one: `worth` is the inverse squared
    /// relative error of a rate from one hour, `precision` that of this rate as a guess.
    fn to(&self, counts: f64, hours: f64, worth: f64, precision: f64) -> Drawn {
        let own = hours * worth;
        let rate = if hours > 0.0 { counts / hours } else { 0.0 };
        let share = precision / (own + precision);
        Drawn {
            rate: (own * rate + precision * self.rate) / (own + precision),
            precision: own + precision,
            doubt: 1.0 / (own + precision) + share * share * self.doubt,
        }
    }
}

/// The hour of the week of an hour since the Unix epoch, from Monday 0 h UTC.
fn slot(hour: i64) -> usize {
    hour.saturating_add(EPOCH_HOUR)
        .rem_euclid(HOURS_OF_WEEK as i64) as usize
}
