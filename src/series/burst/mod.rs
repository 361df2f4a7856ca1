//! Evidence that a series of counts rises, pane by pane: how improbable its last minutes and hours
//! are under its baseline.

mod tail;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tail::ln_tail;

use super::baseline::Baseline;
pub use super::horizon::Horizon;
use crate::time::HOUR;

/// Standard deviations below which a count is not looked at further.
const NOTABLE: f64 = 1.6;
/// Posts of a pane beyond which more make no difference.
const MOST: f64 = 1e9;
/// The p-values of five overlapping horizons count as so many independent ones (measured on
/// series without bursts).
const INDEPENDENT: f64 = 2.5;
/// A rise is at least so many times the expectation.
const RISE: f64 = 1.25;

/// What the last panes of a series say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Evidence {
    /// The natural logarithm of the probability of so many posts or more under the baseline, over
    /// the horizon where it is the smallest, corrected for the number of horizons. 0 where
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

impl Evidence {
    /// How many times the expectation it is, with an interval of 95 %: of the count's scatter and
    /// of what the expectation is in doubt.
    pub fn rate(&self) -> (f64, [f64; 2]) {
        let expected = self.expected.max(1e-9);
        let rate = self.count / expected;
        let spread = 1.96 * (1.0 / self.count.max(1.0) + self.dispersion).sqrt();
        (rate, [rate * (-spread).exp(), rate * spread.exp()])
    }
}

/// What a count says beside an expectation; nothing if it is hardly larger.
pub(crate) fn evidence_of(
    horizon: Horizon,
    count: f64,
    expected: f64,
    dispersion: f64,
) -> Evidence {
    let variance = expected + dispersion * expected * expected;
    if count - expected < NOTABLE * variance.sqrt() {
        return Evidence::default();
    }
    let ln_p = (ln_tail(count, expected, dispersion) + INDEPENDENT.ln()).min(0.0);
    Evidence {
        ln_p,
        horizon,
        count,
        expected,
        dispersion,
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

impl Series {
    /// A series of panes of `pane` milliseconds (up to an hour), the first of which begins at
    /// `start`; it had nothing in the `hours` before.
    pub fn new(start: i64, pane: i64, hours: f64, least: u64) -> Series {
        let pane = pane.clamp(1000, HOUR);
        Series {
            pane,
            baseline: Baseline::new(start, hours),
            recent: VecDeque::new(),
            sums: [(0.0, 0.0); Horizon::ALL.len()],
            least: least as f64,
        }
    }

    /// Takes the count of the pane that begins at `start`, and says what the last panes are worth.
    /// Panes come in order of time, each once.
    pub fn observe(&mut self, start: i64, count: u64) -> Evidence {
        self.baseline.advance(start);
        let (count, share) = ((count as f64).min(MOST), self.share());
        let expected = self.baseline.rate() * share;
        self.push(count, expected);
        let evidence = self.evidence();
        self.baseline.count(count, share);
        evidence
    }

    /// Takes a pane of which nothing is known: it counts neither as quiet nor as loud.
    pub fn skip(&mut self, start: i64) {
        self.baseline.advance(start);
        self.push(0.0, 0.0);
    }

    /// Takes a pane from before the series was watched, so that its horizons are full; nothing is
    /// learnt of it.
    pub(crate) fn recall(&mut self, count: u64) {
        self.push(
            (count as f64).min(MOST),
            self.baseline.rate() * self.share(),
        );
    }

    /// Bytes held.
    pub fn memory_usage(&self) -> usize {
        size_of::<Series>()
            + self.recent.capacity() * size_of::<(f32, f32)>()
            + self.baseline.memory_usage()
    }

    /// Posts an hour in the mean of all hours.
    pub(crate) fn mean_rate(&self) -> f64 {
        self.baseline.mean()
    }

    /// Posts an hour that are expected now.
    pub fn expected_rate(&self) -> f64 {
        self.baseline.rate()
    }

    /// Milliseconds before the end of the newest pane at which a rise to `rate` times the
    /// expectation began: what maximises the sum of what exceeds the rate in the middle between
    /// that and no rise.
    pub fn rising_for(&self, rate: f64) -> i64 {
        let (mut sum, mut most, mut back) = (0.0, 0.0, 1);
        let middle = rate.max(RISE).sqrt();
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

    fn evidence(&self) -> Evidence {
        let mut found = Evidence::default();
        for (at, (&(count, expected), horizon)) in self.sums.iter().zip(Horizon::ALL).enumerate() {
            // Horizons that hold as much as a shorter one say nothing more.
            if count < self.least || expected <= 0.0 {
                continue;
            }
            let evidence = evidence_of(horizon, count, expected, self.baseline.dispersion(at));
            if evidence.ln_p < found.ln_p {
                found = evidence;
            }
        }
        found
    }

    /// Whether all numbers are such as can be; a snapshot may hold others.
    pub(crate) fn is_sound(&self) -> bool {
        let finite = |pair: (f64, f64)| pair.0.is_finite() && pair.1.is_finite();
        (1000..=HOUR).contains(&self.pane)
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
