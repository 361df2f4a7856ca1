//! Evidence that a series of counts rises, pane by pane: how improbable its last minutes and hours
//! are under its baseline.

mod tail;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tail::ln_tail;

use super::baseline::Baseline;
use super::horizon::Horizon;
use crate::heap::{Heap, vector};
use crate::time::{Calendar, HOUR};

/// Standard deviations below which a count is not evidence. Chosen by hand to save time: the tail
/// is costly, and at 1.6 (one in eighteen) no episode begins.
const NOTABLE: f64 = 1.6;
/// Posts of a pane beyond which more make no difference: a bound that keeps every sum finite.
const MAX_COUNT: f64 = 1e9;
/// The p-values of the five overlapping horizons count as this many independent ones (measured on
/// series without bursts, before docs/measured was kept).
const EFFECTIVE_HORIZONS: f64 = 2.5;
/// A rise is at least this many times the expectation; by hand. Below, its beginning can't be
/// distinguished from scatter.
const MIN_RISE: f64 = 1.25;
/// Standard deviations of an interval of 95 %, by convention.
const DEVIATIONS_95: f64 = 1.96;
/// The shortest pane, in milliseconds: a bound on memory, for six hours of panes are kept.
const MIN_PANE: i64 = 1000;

/// How improbable the last panes of a series are.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Excess {
    /// The natural logarithm of the probability of this many posts or more under the baseline,
    /// over the horizon where it is the smallest, corrected for the number of horizons. 0 where
    /// nothing is notable.
    pub ln_p: f64,
    /// That horizon.
    pub horizon: Horizon,
    /// What was counted in it.
    pub count: f64,
    /// What was expected.
    pub expected: f64,
    /// The variance beyond Poisson's, relative to the square of the expectation.
    pub dispersion: f64,
}

impl Excess {
    /// What a count over a horizon is worth, where `expected` posts were expected and `dispersion`
    /// is the variance beyond Poisson's, relative to the square of the expectation; the default
    /// where the count is hardly larger.
    pub(crate) fn from_count(
        horizon: Horizon,
        count: f64,
        expected: f64,
        dispersion: f64,
    ) -> Excess {
        let variance = expected + dispersion * expected * expected;
        if count - expected < NOTABLE * variance.sqrt() {
            return Excess::default();
        }
        // The smallest of several p-values is smaller than any one of them would be by chance
        // (Bonferroni); ln p is a sum, so the correction is an addition.
        let ln_p = (ln_tail(count, expected, dispersion) + EFFECTIVE_HORIZONS.ln()).min(0.0);
        Excess {
            ln_p,
            horizon,
            count,
            expected,
            dispersion,
        }
    }

    /// The same count where `times` as many are expected.
    pub(crate) fn among(&self, times: f64) -> Excess {
        match self.ln_p < 0.0 {
            true => {
                let expected = self.expected * times;
                Excess::from_count(self.horizon, self.count, expected, self.dispersion)
            }
            false => *self,
        }
    }

    /// The count divided by the expectation, with an interval of 95 % that covers the scatter of
    /// the count and the possible error of the expectation.
    pub fn rate(&self) -> (f64, [f64; 2]) {
        let expected = self.expected.max(1e-9);
        let rate = self.count / expected;
        // A ratio can't be negative and is skewed: the interval is even in its logarithm.
        let spread = DEVIATIONS_95 * (1.0 / self.count.max(1.0) + self.dispersion).sqrt();
        (rate, [rate * (-spread).exp(), rate * spread.exp()])
    }
}

/// A series under watch: its baseline and its last six hours. Some 3 KB.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    pane: i64,
    baseline: Baseline,
    /// What was counted and expected in the last panes, the newest last.
    recent: VecDeque<(f32, f32)>,
    /// The sums over each horizon.
    sums: [(f64, f64); Horizon::ALL.len()],
    /// Posts below which nothing is notable.
    least: f64,
}

impl Heap for Series {
    fn heap(&self) -> usize {
        vector::<(f32, f32)>(self.recent.capacity()) + self.baseline.heap()
    }
}

impl Series {
    /// A series of panes of `pane` milliseconds (a second to an hour), the first of which begins at
    /// `start`; it had no posts in the `hours` before. Counts below `least` posts are not evidence.
    /// `calendar` says which hour of the week it is, here and in what follows.
    pub fn new(calendar: &Calendar, start: i64, pane: i64, hours: f64, least: u64) -> Series {
        let pane = pane.clamp(MIN_PANE, HOUR);
        Series {
            pane,
            baseline: Baseline::new(calendar, start, hours),
            recent: VecDeque::new(),
            sums: [(0.0, 0.0); Horizon::ALL.len()],
            least: least as f64,
        }
    }

    /// The same series, which had `count` posts in the `hours` before it began, evenly: what is
    /// known of a key that was counted before it was watched.
    pub(crate) fn with_past(mut self, calendar: &Calendar, count: f64) -> Series {
        self.baseline.spread(calendar, count.clamp(0.0, MAX_COUNT));
        self
    }

    /// Takes the count of the pane that begins at `start` (milliseconds since the Unix epoch) and
    /// gives the evidence of the last panes. Panes come in order of time, each once.
    pub fn observe(&mut self, calendar: &Calendar, start: i64, count: u64) -> Excess {
        self.baseline.advance(calendar, start);
        let (count, share) = ((count as f64).min(MAX_COUNT), self.share());
        let expected = self.baseline.rate() * share;
        self.push(count, expected);
        // Judged before it is learnt: a count is not compared with an expectation that it
        // is part of.
        let evidence = self.evidence();
        self.baseline.count(count, share);
        evidence
    }

    /// Takes a pane of which nothing is known: it is neither learnt nor judged.
    pub fn skip(&mut self, calendar: &Calendar, start: i64) {
        self.baseline.advance(calendar, start);
        // Expected 0 as well: the sums stay comparable where the feed was down.
        self.push(0.0, 0.0);
    }

    /// Takes a pane from before the series was watched, so that its horizons are full; nothing is
    /// learnt of it.
    pub(crate) fn recall(&mut self, count: u64) {
        self.push(
            (count as f64).min(MAX_COUNT),
            self.baseline.rate() * self.share(),
        );
    }

    /// Bytes held.
    pub fn memory_usage(&self) -> usize {
        size_of::<Series>() + self.heap()
    }

    /// Posts an hour in the mean of all hours.
    pub(crate) fn mean_rate(&self) -> f64 {
        self.baseline.mean()
    }

    /// Posts an hour that are expected now.
    pub fn expected_rate(&self) -> f64 {
        self.baseline.rate()
    }

    /// What was counted and expected over a horizon, notable or not; its probability is not judged.
    pub fn over(&self, horizon: Horizon) -> Excess {
        let (count, expected) = self.sums[horizon as usize];
        Excess {
            ln_p: 0.0,
            horizon,
            count,
            expected,
            dispersion: self.baseline.dispersion(horizon as usize),
        }
    }

    /// Milliseconds before the end of the newest pane at which a rise to `rate` times the
    /// expectation began: where the sum of what exceeds the rate in the middle (geometrically)
    /// between `rate` and 1 is largest.
    pub fn rising_for(&self, rate: f64) -> i64 {
        let (mut sum, mut most, mut back) = (0.0, 0.0, 1);
        let middle = rate.max(MIN_RISE).sqrt();
        for (at, &(count, expected)) in self.recent.iter().rev().enumerate() {
            sum += f64::from(count) - middle * f64::from(expected);
            if sum > most {
                (most, back) = (sum, at as i64 + 1);
            }
        }
        back * self.pane
    }

    fn share(&self) -> f64 {
        self.pane as f64 / HOUR as f64
    }

    fn push(&mut self, count: f64, expected: f64) {
        let panes = Horizon::panes(self.share());
        // Rounded before they are summed: exactly what is added now is subtracted later, so the
        // sums hardly drift over months.
        let (count, expected) = (f64::from(count as f32), f64::from(expected as f32));
        for (sums, panes) in self.sums.iter_mut().zip(panes) {
            sums.0 += count;
            sums.1 += expected;
            let leaves = self
                .recent
                .len()
                .checked_sub(panes as usize)
                .and_then(|at| self.recent.get(at));
            if let Some(&(count, expected)) = leaves {
                sums.0 -= f64::from(count);
                sums.1 = (sums.1 - f64::from(expected)).max(0.0);
            }
        }
        self.recent.push_back((count as f32, expected as f32));
        if self.recent.len() > panes[Horizon::ALL.len() - 1] as usize {
            self.recent.pop_front();
        }
    }

    fn evidence(&self) -> Excess {
        let mut found = Excess::default();
        for (at, (&(count, expected), horizon)) in self.sums.iter().zip(Horizon::ALL).enumerate() {
            // Two posts where 0.01 are expected are as improbable as a burst, and no news.
            if count < self.least || expected <= 0.0 {
                continue;
            }
            let evidence =
                Excess::from_count(horizon, count, expected, self.baseline.dispersion(at));
            // Of equal ones the shorter horizon stays: its rise is the younger.
            if evidence.ln_p < found.ln_p {
                found = evidence;
            }
        }
        found
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(crate) fn is_sound(&self) -> bool {
        let finite = |pair: (f64, f64)| pair.0.is_finite() && pair.1.is_finite();
        (MIN_PANE..=HOUR).contains(&self.pane)
            && self.least.is_finite()
            && self.recent.len() <= Horizon::panes(self.share())[Horizon::ALL.len() - 1] as usize
            && self
                .recent
                .iter()
                .all(|&(count, expected)| finite((count.into(), expected.into())))
            && self.sums.iter().all(|&sums| finite(sums))
            && self.baseline.is_sound()
    }
}
