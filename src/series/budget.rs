//! How improbable a count must be to be told, so that false alerts stay within a stated number a
//! day over all series.
//!
//! Tests of neighbouring panes and overlapping horizons depend on each other, and real counts have
//! fatter tails than any model of them. So the bar is not taken from the p-values' nominal meaning
//! but from counting: each *episode* of a series (from its first notable pane until it is calm
//! again) has a depth, −log10 of its smallest p-value. Episodes without a cause are many and
//! shallow, those with one are few and deep. How many a day reach each depth is counted over all
//! series; from the depths that many times the budget reach, where causes hardly matter, the line
//! of ln(number) over depth is drawn on to the depth that the budget allows (a peaks-over-threshold
//! estimate with an exponential tail; Pickands 1975). Before there is enough to count, the nominal
//! meaning holds. Control of a *rate* of false discoveries (LORD, SAFFRON) was not used: it bounds
//! neither alerts a day, nor anything at all for tests that depend on each other over time.

use serde::{Deserialize, Serialize};

/// Depths are counted in steps of a quarter of a decade, from 10⁻¹·⁵ on.
const STEPS: usize = 64;
const STEP: f64 = 0.25;
pub(crate) const FIRST: f64 = 1.5;
/// Episodes that a depth must have had to be counted on.
const ENOUGH: f64 = 20.0;
/// The line is drawn between the depths that are reached this many times as often as
/// the budget allows.
const BETWEEN: (f64, f64) = (40.0, 3.0);
/// Tails flatten with depth: the line falls by this share of what it fell between those depths.
const FLATTENS: f64 = 0.8;
/// So much deeper than the bar an episode surely had a cause.
const BEYOND: f64 = 2.0;
/// The fall of ln(number) a decade of depth: nominal p-values have ln 10.
const STEEPEST: f64 = std::f64::consts::LN_10;
const FLATTEST: f64 = 0.6 * STEEPEST;
/// What is left of counts a day later: a half-life of ten days.
const DAY_DECAY: f64 = 0.933;
/// Of the tests of a series so many are as if independent, as far as the first line is concerned.
const INDEPENDENT: f64 = 0.15;

/// The budget, and how deep episodes were so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// False alerts a day.
    allowed: f64,
    /// Episodes that reached each depth, decayed.
    reached: Vec<f64>,
    /// Days over which they were counted, decayed alike.
    days: f64,
    /// −log10 p from which on an episode is told.
    bar: f64,
}

impl Budget {
    /// A budget of so many false alerts a day, over all series.
    pub fn new(allowed: f64) -> Budget {
        let mut budget = Budget {
            allowed: allowed.max(1e-6),
            reached: vec![0.0; STEPS],
            days: 0.0,
            bar: 0.0,
        };
        budget.settle(1.0);
        budget
    }

    /// False alerts a day that are allowed.
    pub fn allowed(&self) -> f64 {
        self.allowed
    }

    /// The depth (−log10 p) from which on an episode is told.
    pub fn bar(&self) -> f64 {
        self.bar
    }

    /// Takes note that `days` have passed with so many tests a day, and moves the bar.
    pub fn advance(&mut self, days: f64, tests_a_day: f64) {
        let days = if days.is_finite() {
            days.clamp(0.0, 1e4)
        } else {
            0.0
        };
        let left = DAY_DECAY.powf(days);
        self.reached.iter_mut().for_each(|count| *count *= left);
        self.days = self.days * left + days;
        self.settle(tests_a_day);
    }

    /// Takes note that an episode of this depth is over. One far beyond the bar had a cause, and
    /// says nothing of those that have none.
    pub fn ended(&mut self, depth: f64) {
        if depth > self.bar + BEYOND {
            return;
        }
        let steps = (((depth - FIRST) / STEP).floor() + 1.0).clamp(0.0, STEPS as f64) as usize;
        self.reached
            .iter_mut()
            .take(steps)
            .for_each(|count| *count += 1.0);
    }

    fn settle(&mut self, tests_a_day: f64) {
        let nominal = (tests_a_day * INDEPENDENT / self.allowed).max(1.0).log10();
        let depth = |step: usize| FIRST + STEP * step as f64;
        let a_day = |step: usize| {
            self.reached
                .get(step)
                .map_or(0.0, |count| count / self.days.max(1e-9))
        };
        let counted = |step: usize| self.reached.get(step).is_some_and(|count| *count >= ENOUGH);
        // The deepest step that is still far from the budget, and one above it.
        let far = |times: f64| {
            (0..STEPS)
                .rev()
                .find(|&step| counted(step) && a_day(step) >= times * self.allowed)
        };
        let Some(deep) = far(BETWEEN.1) else {
            self.bar = nominal.max(self.bar_of_few());
            return;
        };
        let shallow = far(BETWEEN.0).unwrap_or(0).min(deep.saturating_sub(2));
        let fall = match deep > shallow {
            true => (a_day(shallow) / a_day(deep)).ln() / (depth(deep) - depth(shallow)),
            false => STEEPEST,
        };
        let line = depth(deep)
            + (a_day(deep) / self.allowed).ln() / (FLATTENS * fall.clamp(FLATTEST, STEEPEST));
        // The nominal bar fades out over the first week.
        let trust = (self.days / 7.0).min(1.0);
        self.bar = trust * line + (1.0 - trust) * line.max(nominal);
    }

    /// Where so few episodes are counted that no line can be drawn: the first depth that the budget
    /// allows as it is.
    fn bar_of_few(&self) -> f64 {
        let allowed = self.allowed * self.days.max(1.0);
        let step = self
            .reached
            .iter()
            .position(|count| *count <= allowed)
            .unwrap_or(STEPS);
        FIRST + STEP * step as f64
    }

    /// Whether all numbers are such as can be; a snapshot may hold others.
    pub(crate) fn is_sound(&self) -> bool {
        self.reached.len() == STEPS
            && self
                .reached
                .iter()
                .all(|count| count.is_finite() && *count >= 0.0)
            && [self.allowed, self.days, self.bar]
                .iter()
                .all(|number| number.is_finite() && *number >= 0.0)
            && self.allowed > 0.0
    }
}
