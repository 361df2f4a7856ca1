//! Decisions: when a probability is enough for a label, and which label is given.

/// Usual names of the label "none of these": that of texts that are outside what the others mean.
pub(crate) const NONE_LABELS: [&str; 4] = ["none", "none of these", "oos", "out_of_scope"];
/// The share of texts in scope that may be lost to "none of these" for those that it rightly takes:
/// one in a hundred, chosen by hand as a price that a team accepts.
const LOST_IN_SCOPE: f64 = 0.01;
/// Powers of the weights that are tried; a grid by convention. One number for all labels: with a
/// weight a label rare labels would be fitted to noise.
const POWERS: [f32; 4] = [0.25, 0.5, 0.75, 1.0];
/// How much better a weighted decision must be on held-out texts to be taken, in macro F1; by hand,
/// so that plain decisions stay where weights gain nothing.
const WORTH: f64 = 1e-3;

/// How labels are decided, as it was chosen on held-out texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Decision {
    /// How much each label's probability counts in the choice; empty where all count the same.
    pub(crate) weights: Vec<f32>,
    /// The probability from which on each label is worth giving.
    pub(crate) thresholds: Vec<f32>,
}

/// Decides from the probabilities of held-out texts and their true labels; `none` is the label of
/// what is out of scope.
///
/// A label is worth giving from half of the best F1 that it can reach: so F1 is largest (Lipton,
/// Elkan and Naryanaswamy, ECML 2014, theorem 1). Which of several labels is given: the most
/// probable one, or that of the largest probability over a power of its threshold, or over a power
/// of its frequency, whichever has the largest macro F1. The families have one parameter each, so
/// that they can't fit noise. In the end "none of these" gets as much weight as takes one in a
/// hundred of the texts in scope.
pub(crate) fn decide(
    shares: &[Vec<f32>],
    truth: &[usize],
    labels: usize,
    none: Option<usize>,
) -> Decision {
    let thresholds: Vec<f32> = (0..labels)
        .map(|label| best_f1(shares, truth, label) / 2.0)
        .collect();
    // One text more of each label, so that a label without held-out texts has a frequency.
    let mut frequencies = vec![1.0f32 / truth.len().max(1) as f32; labels];
    truth
        .iter()
        .for_each(|&label| frequencies[label] += 1.0 / truth.len() as f32);
    let mut best = (
        macro_f1(shares, truth, &vec![1.0; labels]) + WORTH,
        Vec::new(),
    );
    for family in [&thresholds, &frequencies] {
        for power in POWERS {
            let weights: Vec<f32> = family
                .iter()
                .map(|value| value.max(1e-3).powf(-power))
                .collect();
            let found = macro_f1(shares, truth, &weights);
            if found > best.0 {
                best = (found, weights);
            }
        }
    }
    let mut weights = best.1;
    if let Some(none) = none {
        if weights.is_empty() {
            weights = vec![1.0; labels];
        }
        weights[none] = weight_of_none(shares, truth, &weights, none);
    }
    Decision {
        weights,
        thresholds,
    }
}

/// The largest F1 of one label against the rest over all thresholds.
fn best_f1(shares: &[Vec<f32>], truth: &[usize], label: usize) -> f32 {
    let mut order: Vec<(f32, bool)> = shares
        .iter()
        .zip(truth)
        .map(|(shares, &truth)| (shares[label], truth == label))
        .collect();
    // Of equal probabilities those without the label first: a threshold can't separate them, so the
    // figure must not depend on their order.
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let members = order.iter().filter(|(_, member)| *member).count();
    let (mut hits, mut best) = (0usize, 0.0f32);
    for (given, (_, member)) in order.iter().enumerate() {
        hits += usize::from(*member);
        best = best.max(2.0 * hits as f32 / (given + 1 + members) as f32);
    }
    best
}

/// The weight of `none` that takes one in a hundred texts in scope from their right labels.
fn weight_of_none(shares: &[Vec<f32>], truth: &[usize], weights: &[f32], none: usize) -> f32 {
    let mut ratios: Vec<f32> = Vec::new();
    let mut inside = 0usize;
    for (shares, &truth) in shares
        .iter()
        .zip(truth)
        .filter(|(_, truth)| **truth != none)
    {
        inside += 1;
        let (label, most) = chosen(shares, weights, Some(none));
        // Only what would be right can be lost.
        if label == truth {
            ratios.push(most / shares[none].max(1e-9));
        }
    }
    ratios.sort_unstable_by(f32::total_cmp);
    let lost = (LOST_IN_SCOPE * inside as f64) as usize;
    ratios.get(lost).copied().unwrap_or(1.0).max(1e-3)
}

/// The label of the largest weighted share and that share; `without` is left out.
fn chosen(shares: &[f32], weights: &[f32], without: Option<usize>) -> (usize, f32) {
    let mut best = (0, f32::NEG_INFINITY);
    for (label, (&share, &weight)) in shares.iter().zip(weights).enumerate() {
        if share * weight > best.1 && Some(label) != without {
            best = (label, share * weight);
        }
    }
    best
}

/// Macro F1 of the labels chosen under `weights`.
fn macro_f1(shares: &[Vec<f32>], truth: &[usize], weights: &[f32]) -> f64 {
    let mut counts = vec![[0u32; 3]; weights.len()];
    for (shares, &truth) in shares.iter().zip(truth) {
        let (given, _) = chosen(shares, weights, None);
        counts[truth][0] += 1;
        counts[given][1] += 1;
        counts[truth][2] += u32::from(given == truth);
    }
    let scores: Vec<f64> = counts
        .iter()
        .filter(|[is, given, _]| is + given > 0)
        .map(|[is, given, hits]| 2.0 * f64::from(*hits) / f64::from(is + given))
        .collect();
    scores.iter().sum::<f64>() / scores.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    /// Texts of two labels, one of them rare, with probabilities that are true.
    fn texts(rare: f64, labels: usize) -> (Vec<Vec<f32>>, Vec<usize>) {
        let mut random = Random::new(4);
        let mut unit = || random.below(1 << 24) as f64 / f64::from(1 << 24);
        (0..20_000)
            .map(|_| {
                let share = (unit() * unit() * 2.0 * rare).min(1.0);
                let mut shares = vec![((1.0 - share) / (labels - 1) as f64) as f32; labels];
                shares[1] = share as f32;
                (shares, usize::from(unit() < share))
            })
            .unzip()
    }

    #[test]
    fn a_threshold_is_half_of_the_best_f1() {
        let (shares, truth) = texts(0.4, 2);
        let found = decide(&shares, &truth, 2, None).thresholds[1];
        // The best F1 by brute force.
        let f1 = |threshold: f32| {
            let (mut hits, mut given) = (0.0, 0.0);
            for (_, &truth) in shares
                .iter()
                .zip(&truth)
                .filter(|(shares, _)| shares[1] >= threshold)
            {
                given += 1.0;
                hits += f32::from(u8::from(truth == 1));
            }
            2.0 * hits / (given + truth.iter().sum::<usize>() as f32)
        };
        let best = (1..80)
            .map(|step| f1(step as f32 / 100.0))
            .fold(0.0, f32::max);
        assert!(
            (found - best / 2.0).abs() < 0.005,
            "{found} is not half of {best}"
        );
        // And F1 is about as large at the threshold as anywhere.
        assert!(
            f1(found) > best - 0.01,
            "{} at {found}, {best} at best",
            f1(found)
        );
    }

    #[test]
    fn a_rare_label_is_chosen_below_one_half() {
        let (shares, truth) = texts(0.4, 2);
        let decision = decide(&shares, &truth, 2, None);
        assert!(decision.weights[1] > decision.weights[0], "{decision:?}");
        let plain = macro_f1(&shares, &truth, &[1.0, 1.0]);
        assert!(macro_f1(&shares, &truth, &decision.weights) > plain + 0.02);
    }

    #[test]
    fn none_takes_one_in_a_hundred_of_those_in_scope() {
        let (shares, truth) = texts(0.4, 3);
        // Label 1 is `none`: label 0 is right for the others.
        let decision = decide(&shares, &truth, 3, Some(1));
        let (mut lost, mut inside, mut found, mut outside) = (0, 0, 0, 0);
        for (shares, &truth) in shares.iter().zip(&truth) {
            let is_none = chosen(shares, &decision.weights, None).0 == 1;
            if truth == 1 {
                outside += 1;
                found += u32::from(is_none);
            } else {
                inside += 1;
                lost += u32::from(is_none);
            }
        }
        assert!(
            (0.008..0.012).contains(&(f64::from(lost) / f64::from(inside))),
            "{lost} of {inside}"
        );
        assert!(found * 20 > outside, "{found} of {outside}");
    }
}
