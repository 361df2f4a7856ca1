//! How improbable a count must be to be reported, so that false alerts stay within a stated number
//! a day over all series.
//!
//! Tests of neighbouring panes and overlapping horizons depend on each other, and real counts have
//! fatter tails than any model of them. So the bar is not taken from the p-values' nominal meaning
//! but from counting: each *episode* of a series (from its first notable pane until it is calm
//! again) has a depth, −log10 of its smallest p-value. Episodes without a cause are many and
//! shallow, those with one are few and deep. How many a day reach each depth is counted over all
//! series. Over the depths that are a few times as common as the budget allows, where causes hardly
//! matter, a line of ln(number) by depth is drawn and extended to the depth that the budget allows
//! (a peaks-over-threshold estimate with an exponential tail; Pickands 1975). Before there is
//! enough to count, the nominal meaning holds. Control of a *rate* of false discoveries (LORD,
//! SAFFRON) was not used: it does not bound alerts a day, and it holds only for independent tests.
//!
//! The constants were set together by hand on the null streams of `cargo bench --bench null_stream`
//! (results: `docs/measured/burst.md`); the ranges that were tried are not recorded, so where a
//! constant says *by hand* a better value may exist.

use serde::{Deserialize, Serialize};

/// Depths are counted in steps of a quarter of a decade, from 10⁻¹·⁵ on. 64 steps reach 10⁻¹⁷, far
/// beyond any bar, and bound the memory to half a kilobyte.
const STEPS: usize = 64;
const STEP: f64 = 0.25;
/// Depth from which on a pane is notable; by hand. Shallower ones are too many to be of use.
pub(crate) const FIRST: f64 = 1.5;
/// Episodes that must have reached a depth for it to be a point of the line; by hand. A count of 20
/// has a relative error of 1 / √20 = 22 %.
const ENOUGH: f64 = 20.0;
/// The line is drawn between the depths that are reached this many times as often as the budget
/// allows; by hand. Commoner depths have another slope, rarer ones have causes.
const FIT_BETWEEN: (f64, f64) = (40.0, 3.0);
/// Tails flatten with depth: beyond the fitted depths the line falls by this share of its slope
/// between them; by hand.
const FLATTENING: f64 = 0.8;
/// Episodes this many decades above the bar are taken for real events and not counted as false
/// alerts; by hand. With a burst in every series the bar hardly moves (`docs/measured/burst.md`).
const REAL_FROM: f64 = 2.0;
/// Bounds of the fall of ln(number) a decade of depth. The steepest is that of exact p-values; the
/// flattest, by hand, keeps a few odd days from putting the bar out of reach.
const STEEPEST: f64 = std::f64::consts::LN_10;
const FLATTEST: f64 = 0.6 * STEEPEST;
/// Share of the counts that is left a day later: a half-life of ten days, by hand.
const DAY_DECAY: f64 = 0.933;
/// Share of a series' tests that is treated as independent in the initial bar, for overlapping
/// windows are correlated; by hand. It matters in the first week only.
const INDEPENDENT_SHARE: f64 = 0.15;
/// Days after which the counted bar alone holds; by hand: a week has every hour once.
const NOMINAL_DAYS: f64 = 7.0;
/// Decades by which an alert that hardly passed the bar raises it; each allowed one lowers it as
/// much. By hand: small, so that one bad day is not held against the next.
const GAIN: f64 = 0.02;
/// Decades above the bar up to which an alert counts as such, and the share of false ones that stay
/// below: 1 − e^(−1.4), for their number falls by about 1.4 a decade in its logarithm. Causes
/// mostly reach further; counted, they would raise the bar.
const HARDLY: f64 = 1.0;
const HARDLY_SHARE: f64 = 0.75;
/// Bounds of what the alerts told may add to the bar, in decades; by hand: what the line was found
/// to err by on series that it was not set on.
const CORRECTION: (f64, f64) = (-0.4, 0.4);

/// The budget, and how deep episodes were so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    /// False alerts a day.
    allowed: f64,
    /// Episodes that reached each depth, decayed.
    reached: Vec<f64>,
    /// Days over which they were counted, decayed alike.
    days: f64,
    /// −log10 p from which on an episode is reported.
    bar: f64,
    /// What alerts above or below the allowed number add to the bar, in decades.
    correction: f64,
}

impl Budget {
    /// A budget of `allowed` false alerts a day over all series, at least 10⁻⁶.
    pub fn new(allowed: f64) -> Budget {
        let mut budget = Budget {
            allowed: allowed.max(1e-6),
            reached: vec![0.0; STEPS],
            days: 0.0,
            bar: 0.0,
            correction: 0.0,
        };
        budget.settle(1.0);
        budget
    }

    /// False alerts a day that are allowed.
    pub fn allowed(&self) -> f64 {
        self.allowed
    }

    /// The depth (−log10 p) from which on an episode is reported.
    pub fn bar(&self) -> f64 {
        self.bar
    }

    /// Takes note that `days` have passed, and moves the bar. `tests_a_day` are the panes a day of
    /// all series together.
    pub fn advance(&mut self, days: f64, tests_a_day: f64) {
        let days = if days.is_finite() {
            days.clamp(0.0, 1e4)
        } else {
            0.0
        };
        let left = DAY_DECAY.powf(days);
        self.reached.iter_mut().for_each(|count| *count *= left);
        self.days = self.days * left + days;
        self.correct(-GAIN * self.allowed * days);
        self.settle(tests_a_day);
    }

    /// Takes note that an alert is over that reached this depth (−log10 p).
    ///
    /// The line is an estimate; what counts is how many alerts were told. So each that hardly
    /// passed the bar raises it a little, and time lowers it: in the long run as many are told as
    /// are allowed (Gibbs and Candès 2021 do so for a rate of errors).
    pub fn told(&mut self, depth: f64) {
        if depth <= self.bar + HARDLY {
            self.correct(GAIN / HARDLY_SHARE);
        }
    }

    fn correct(&mut self, by: f64) {
        let (least, most) = CORRECTION;
        self.correction = (self.correction + by).clamp(least, most);
    }

    /// Takes note that an episode of this depth (−log10 p) is over.
    pub fn ended(&mut self, depth: f64) {
        // A real event is not evidence of how often false alerts come; counted, true bursts would
        // raise the bar until they were no longer reported.
        if depth > self.bar + REAL_FROM {
            return;
        }
        let steps = (((depth - FIRST) / STEP).floor() + 1.0).clamp(0.0, STEPS as f64) as usize;
        self.reached
            .iter_mut()
            .take(steps)
            .for_each(|count| *count += 1.0);
    }

    fn settle(&mut self, tests_a_day: f64) {
        let nominal = (tests_a_day * INDEPENDENT_SHARE / self.allowed)
            .max(1.0)
            .log10();
        let depth = |step: usize| FIRST + STEP * step as f64;
        let a_day = |step: usize| {
            self.reached
                .get(step)
                .map_or(0.0, |count| count / self.days.max(1e-9))
        };
        let counted = |step: usize| self.reached.get(step).is_some_and(|count| *count >= ENOUGH);
        // The line must end before the budget's own depth, where the few episodes are those with a
        // cause: hence the deepest steps that are still a multiple of the budget.
        let far = |times: f64| {
            (0..STEPS)
                .rev()
                .find(|&step| counted(step) && a_day(step) >= times * self.allowed)
        };
        let Some(deep) = far(FIT_BETWEEN.1) else {
            self.bar = nominal.max(self.bar_of_few());
            return;
        };
        // Two steps apart at least: between neighbours the slope would be noise.
        let shallow = far(FIT_BETWEEN.0).unwrap_or(0).min(deep.saturating_sub(2));
        let fall = match deep > shallow {
            true => (a_day(shallow) / a_day(deep)).ln() / (depth(deep) - depth(shallow)),
            false => STEEPEST,
        };
        let line = depth(deep)
            + (a_day(deep) / self.allowed).ln() / (FLATTENING * fall.clamp(FLATTEST, STEEPEST));
        // A week of few episodes can give a line that is far too low, and the first days of a watch
        // would then flood: the nominal bar bounds it from below and fades out.
        let trust = (self.days / NOMINAL_DAYS).min(1.0);
        let line = line + self.correction;
        self.bar = trust * line + (1.0 - trust) * line.max(nominal);
    }

    /// With too few episodes to fit a line: the lowest depth reached no more often than
    /// the budget allows.
    fn bar_of_few(&self) -> f64 {
        // And one more, and as many as they scatter by (Poisson): a single cause in the first days
        // would otherwise put the bar above itself.
        let allowed = self.allowed * self.days.max(1.0);
        let few = allowed + allowed.sqrt() + 1.0;
        let step = self
            .reached
            .iter()
            .position(|count| *count <= few)
            .unwrap_or(STEPS);
        FIRST + STEP * step as f64
    }

    /// Checks the invariants; a damaged snapshot can break them.
    pub(crate) fn is_sound(&self) -> bool {
        self.reached.len() == STEPS
            && self
                .reached
                .iter()
                .all(|count| count.is_finite() && *count >= 0.0)
            && (CORRECTION.0..=CORRECTION.1).contains(&self.correction)
            && [self.allowed, self.days, self.bar]
                .iter()
                .all(|number| number.is_finite() && *number >= 0.0)
            && self.allowed > 0.0
    }
}
