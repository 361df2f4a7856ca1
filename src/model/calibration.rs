//! Calibration: margins become probabilities that mean what they say.

use serde::{Deserialize, Serialize};

/// Platt's sigmoid for each lane: `1 / (1 + exp(a·margin + b))` (Platt 1999; Lin, Lin and Weng 2007); where there are
/// more than two labels, raised to `sharpness` and divided by the sum over the lanes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The slope of each lane; negative where a larger margin is more probable.
    pub a: Vec<f64>,
    /// The offset of each lane.
    pub b: Vec<f64>,
    /// One over the temperature (Guo and others, ICML 2017): above 1 makes the largest probability larger.
    pub sharpness: f64,
}

impl Calibration {
    /// Fills `probabilities`, one a label, from margins, one a lane; they sum to 1.
    pub fn probabilities(&self, margins: &[f64], probabilities: &mut Vec<f32>) {
        probabilities.clear();
        let sigmoid = |lane: usize, margin: f64| {
            let (a, b) = (self.a.get(lane).copied().unwrap_or(-1.0), self.b.get(lane).copied().unwrap_or(0.0));
            1.0 / (1.0 + (a * margin + b).exp())
        };
        if let [margin] = margins {
            let second = sigmoid(0, *margin);
            probabilities.extend([(1.0 - second) as f32, second as f32]);
            return;
        }
        // A sigmoid never reaches 0 in theory; the floor keeps the sum above it in practice.
        let share = |(lane, &margin): (usize, &f64)| sigmoid(lane, margin).max(1e-30).powf(self.sharpness);
        let total: f64 = margins.iter().enumerate().map(share).sum();
        probabilities.extend(margins.iter().enumerate().map(share).map(|share| (share / total) as f32));
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

    #[test]
    fn probabilities_sum_to_one() {
        let calibration = Calibration { a: vec![-1.0, -2.0, -3.0], b: vec![0.0, 0.5, -0.5], sharpness: 1.5 };
        let mut probabilities = Vec::new();
        for margins in [[0.0, 0.0, 0.0], [5.0, -5.0, 1.0], [-1e6, -1e6, -1e6], [1e6, 1e6, -1e6]] {
            calibration.probabilities(&margins, &mut probabilities);
            let sum: f32 = probabilities.iter().sum();
            assert!((sum - 1.0).abs() < 1e-5, "{probabilities:?}");
        }
        calibration.probabilities(&[2.0], &mut probabilities);
        assert!(probabilities[1] > 0.8 && (probabilities[0] + probabilities[1] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn first_of_equals_is_largest() {
        assert_eq!(largest(&[0.2, 0.4, 0.4]), Some((1, 0.4)));
        assert_eq!(largest(&[]), None);
    }
}
