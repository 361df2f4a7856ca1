//! Calibration: margins become probabilities that mean what they say.

use serde::{Deserialize, Serialize};

use crate::stats::power::{exp, ln_of_usual};

/// Platt's sigmoid for each lane: `1 / (1 + exp(a·margin + b))` (Platt 1999; Lin, Lin and Weng
/// 2007); where there are more than two labels, raised to `sharpness` and divided by the sum
/// over the lanes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The slope of each lane; negative where a larger margin is more probable.
    pub a: Vec<f64>,
    /// The offset of each lane.
    pub b: Vec<f64>,
    /// One over the temperature (Guo and others, ICML 2017): above 1 makes the
    /// largest probability larger.
    pub sharpness: f64,
    /// How much of the log-odds is lost where no word of a text is known, 0 to 1; in proportion
    /// where some are.
    #[serde(default)]
    pub novelty: f64,
    /// How much each label's probability counts in the choice of one label; empty where all
    /// count the same.
    ///
    /// The most probable label is the best guess where every error costs the same. Where each label
    /// shall be found as well as the others (macro F1, macro recall), rare labels have to be chosen
    /// below one half.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decision: Vec<f32>,
    /// The probability from which on each label is worth giving: below, the answer is
    /// none of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub thresholds: Vec<f32>,
}

/// How much of a text a head knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Familiarity {
    /// The share of its words and pairs that the head has met, 0 to 1.
    pub share: f32,
    /// Whether the head has met nothing of it, not even a few letters.
    pub nothing: bool,
}

impl Familiarity {
    /// From the words and pairs that are known, all of them, and the n-grams of characters
    /// that are known.
    pub fn new(words: u32, of: u32, characters: u32) -> Familiarity {
        let share = if of == 0 {
            0.0
        } else {
            (words as f32 / of as f32).min(1.0)
        };
        Familiarity {
            share,
            nothing: words == 0 && characters == 0,
        }
    }
}

/// The largest probability of a text of which a head has met nothing: whatever most texts are, this
/// one may be another. Chosen by hand, not tuned: without a bound such a text would get the share
/// of the most frequent label, up to 1.
pub(crate) const MAX_OF_NOTHING: f32 = 0.8;

/// The least logarithm of a lane's sigmoid, that of 1e-30: in theory a sigmoid never reaches 0, and
/// so the sum of all lanes stays above it in practice.
const MIN_NATS: f64 = -69.077_552_789_821_37;

/// The most lanes of a head whose probabilities are computed without an allocation.
const INLINE_LANES: usize = 32;

impl Calibration {
    /// Fills `probabilities`, one a label, from margins, one a lane; they sum to 1.
    ///
    /// The less of a text is known, the less its log-odds count (see [`Calibration::novelty`]).
    pub fn probabilities(
        &self,
        margins: &[f64],
        familiarity: Familiarity,
        probabilities: &mut Vec<f32>,
    ) {
        probabilities.clear();
        // A head is surer of itself than texts of unknown words allow.
        let trust = 1.0 - self.novelty * f64::from(1.0 - familiarity.share);
        let exponent = |lane: usize, margin: f64| {
            let (a, b) = (
                self.a.get(lane).copied().unwrap_or(-1.0),
                self.b.get(lane).copied().unwrap_or(0.0),
            );
            a * margin + b
        };
        if let [margin] = margins {
            let second = 1.0 / (1.0 + exp(exponent(0, *margin) * trust));
            probabilities.extend([(1.0 - second) as f32, second as f32]);
        } else {
            // Each power is taken once: with its exponential it costs more than all the rest.
            let mut shares = [0.0f64; INLINE_LANES];
            let mut more = Vec::new();
            let shares = match shares.get_mut(..margins.len()) {
                Some(shares) => shares,
                None => {
                    more.resize(margins.len(), 0.0);
                    &mut more[..]
                }
            };
            for (lane, (share, &margin)) in shares.iter_mut().zip(margins).enumerate() {
                *share = exponent(lane, margin);
            }
            // The logarithm of a sigmoid makes its power a product. A loop by itself, without a
            // branch, so that it becomes one over vectors.
            let power = self.sharpness * trust;
            for share in shares.iter_mut() {
                let nats = (-ln_of_usual(1.0 + exp(*share))).max(MIN_NATS);
                *share = exp(nats * power);
            }
            let total: f64 = shares.iter().sum();
            // A sharpness far above what training gives can make every share 0: no label is then
            // more probable than another.
            let even = 1.0 / margins.len() as f64;
            probabilities.extend(shares.iter().map(|share| match total > 0.0 {
                true => (share / total) as f32,
                false => even as f32,
            }));
        }
        let most = largest(probabilities).map_or(0.0, |(_, most)| most);
        if familiarity.nothing && most > MAX_OF_NOTHING {
            // What is too much goes to all labels alike.
            let even = 1.0 / probabilities.len() as f32;
            let kept = (MAX_OF_NOTHING - even) / (most - even);
            probabilities
                .iter_mut()
                .for_each(|share| *share = even + (*share - even) * kept);
        }
    }

    /// The log-odds of `label` by its own sigmoid, whatever the other labels have, in nats.
    pub(crate) fn log_odds(&self, margins: &[f64], label: usize) -> f64 {
        let of = |lane: usize| {
            let a = self.a.get(lane).copied().unwrap_or(-1.0);
            let b = self.b.get(lane).copied().unwrap_or(0.0);
            -(a * margins.get(lane).copied().unwrap_or(0.0) + b)
        };
        // Two labels share one lane, which is the second one's.
        match (margins.len(), label) {
            (1, 0) => -of(0),
            (1, _) => of(0),
            _ => of(label),
        }
    }

    /// The label to be given, and its probability: that of the largest weighed probability, the
    /// first of equals.
    pub fn choose(&self, probabilities: &[f32]) -> Option<(usize, f32)> {
        // Where every error costs the same, the most probable label is the best guess.
        if self.decision.is_empty() {
            return largest(probabilities);
        }
        let weighed = probabilities
            .iter()
            .enumerate()
            .map(|(label, &share)| (label, share * self.weight(label)));
        let best = weighed.fold(
            None,
            |best: Option<(usize, f32)>, (label, value)| match best {
                Some((_, most)) if value <= most => best,
                _ => Some((label, value)),
            },
        )?;
        Some((best.0, probabilities[best.0]))
    }

    /// Whether `label` is worth giving at this probability.
    pub(crate) fn is_enough(&self, label: usize, probability: f32) -> bool {
        probability >= self.thresholds.get(label).copied().unwrap_or(0.0)
    }

    fn weight(&self, label: usize) -> f32 {
        self.decision.get(label).copied().unwrap_or(1.0)
    }
}

/// The index of the largest value, the first of equals.
pub fn largest(values: &[f32]) -> Option<(usize, f32)> {
    let mut best: Option<(usize, f32)> = None;
    for (index, &value) in values.iter().enumerate() {
        if best.is_none_or(|(_, most)| value > most) {
            best = Some((index, value));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Found by fuzzing a model's file: each share underflowed, and 0 / 0 is not a number.
    #[test]
    fn too_much_sharpness_gives_even_probabilities() {
        let calibration = Calibration {
            a: vec![-1.0; 4],
            b: vec![2.0; 4],
            sharpness: 1000.0,
            ..Calibration::default()
        };
        let mut probabilities = Vec::new();
        let known = Familiarity::new(1, 1, 1);
        calibration.probabilities(&[0.0; 4], known, &mut probabilities);
        assert_eq!(probabilities, [0.25; 4]);
    }

    #[test]
    fn probabilities_sum_to_one() {
        let calibration = Calibration {
            a: vec![-1.0, -2.0, -3.0],
            b: vec![0.0, 0.5, -0.5],
            sharpness: 1.5,
            novelty: 0.5,
            ..Calibration::default()
        };
        let known = Familiarity {
            share: 1.0,
            nothing: false,
        };
        let mut probabilities = Vec::new();
        for margins in [
            [0.0, 0.0, 0.0],
            [5.0, -5.0, 1.0],
            [-1e6, -1e6, -1e6],
            [1e6, 1e6, -1e6],
        ] {
            calibration.probabilities(&margins, known, &mut probabilities);
            let sum: f32 = probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{probabilities:?}");
        }
        calibration.probabilities(&[2.0], known, &mut probabilities);
        assert!(probabilities[1] > 0.8 && (probabilities[0] + probabilities[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn first_of_equals_is_largest() {
        assert_eq!(largest(&[0.2, 0.4, 0.4]), Some((1, 0.4)));
        assert_eq!(largest(&[]), None);
    }
}
