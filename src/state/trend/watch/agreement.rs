//! Which rises are about one thing: how improbable it is that so many write, and that they agree.

use super::budgets::Share;
use super::{Step, Watch};
use crate::series::burst::Excess;
use crate::state::trend::key::Key;
use crate::time::{DAY, HOUR};

impl Watch {
    /// Whether a rise of this depth (the largest −log10 p so far) is improbable enough together
    /// with how much its posts agree. One whose posts have nothing in common must be about a decade
    /// beyond the bar, one whose posts share a rare word need not.
    pub(super) fn is_of_one_matter(
        &self,
        step: &Step<'_>,
        key: &Key,
        evidence: &Excess,
        depth: f64,
    ) -> bool {
        // An hour at least: a pane keeps few posts of a key.
        let span = evidence.horizon.milliseconds(step.pane_length).max(HOUR);
        let from = step.end - span;
        let known = (from - self.started.unwrap_or(from)).clamp(0, 7 * DAY);
        let usual = self.series.get(&Key::All);
        let usual = usual.map_or(0.0, |all| all.series.mean_rate());
        let before = usual * known as f64 / HOUR as f64;
        let agreement = step.trends.agreement(key, from, step.end, before);
        together(depth, agreement) >= self.budgets.bar(Share::of(key))
    }
}

/// How improbable two independent findings are together (−log10 p), by Fisher's method: the product
/// of two p-values is smaller than either by chance, so it is corrected.
fn together(one: f64, other: f64) -> f64 {
    let sum = one + other;
    sum - libm::log10(1.0 + sum * std::f64::consts::LN_10)
}
