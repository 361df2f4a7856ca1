//! Dense signals: what Gaussian naive Bayes says of a text's length, capitals, links and so on.

use serde::{Deserialize, Serialize};

use super::SCALE;
use crate::feature::signal::{COUNT, Signals};
use crate::stats::power::ln;
use crate::stats::scale::whole;

/// The farthest that one signal may move a margin, before the weight, in nats: odds of 20 to 1.
/// Chosen by hand, not tuned: Gaussians are far too sure of values that training rarely had.
const LIMIT: f64 = 3.0;

/// For each lane and signal the two Gaussians, of the lane's label and of all others, and one
/// weight for all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SignalModel {
    /// How much the log-odds count.
    pub weight: f64,
    /// Lane by lane, signal by signal: mean and variance with the label, mean and variance without.
    pub gaussians: Vec<Vec<[f64; 4]>>,
}

impl SignalModel {
    /// What signal `index` adds to the margin of `lane`, in units of 2⁻³².
    pub(crate) fn contribution(&self, lane: usize, index: usize, signals: &Signals) -> i64 {
        let Some(&[mean, variance, other_mean, other_variance]) =
            self.gaussians.get(lane).and_then(|row| row.get(index))
        else {
            return 0;
        };
        let value = f64::from(signals[index]);
        let log_density = |mean: f64, variance: f64| {
            // A signal that never varied in training would decide alone.
            let variance = variance.max(1e-6);
            -0.5 * ((value - mean) * (value - mean) / variance + ln(variance))
        };
        let odds = log_density(mean, variance) - log_density(other_mean, other_variance);
        // Far from both Gaussians their odds grow without end and say nothing.
        whole(odds.clamp(-LIMIT, LIMIT) * self.weight * SCALE as f64)
    }

    /// What all signals add to the margin of `lane`, in units of 2⁻³².
    pub fn sum(&self, lane: usize, signals: &Signals) -> i64 {
        (0..COUNT)
            .map(|index| self.contribution(lane, index, signals))
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_speaks_for_the_nearer_gaussian_and_never_too_loud() {
        let model = SignalModel {
            weight: 0.5,
            gaussians: vec![vec![[1.0, 0.25, 0.0, 0.25]; COUNT]],
        };
        let of = |value: f32| model.contribution(0, 3, &[value; COUNT]) as f64 / SCALE as f64;
        // Equal variances: the log-odds are (value − 1/2) / variance, half of it for the weight.
        assert!(
            (of(0.75) - 0.5).abs() < 1e-6 && of(0.5).abs() < 1e-9 && (of(0.25) + 0.5).abs() < 1e-6
        );
        for (value, most) in [
            (1e6, 1.5),
            (-1e6, -1.5),
            (f32::INFINITY, 0.0),
            (f32::NAN, 0.0),
        ] {
            let found = of(value);
            assert!(
                found == most || !value.is_finite() && found.abs() <= 1.5,
                "{value}: {found}"
            );
        }
        assert_eq!(
            model.sum(0, &[0.75; COUNT]),
            COUNT as i64 * model.contribution(0, 0, &[0.75; COUNT])
        );
        assert_eq!(
            model.contribution(1, 0, &[0.75; COUNT]),
            0,
            "a lane that is not there"
        );
    }
}
