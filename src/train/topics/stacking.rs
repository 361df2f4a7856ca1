//! Logistic regression over two inputs: the evidence of a head and that of a taxonomy's terms.

use crate::model::Stack;
use crate::stats::logistic::{self, Case, Prior};

/// The stack where nothing is known: a head that was trained on a taxonomy's terms alone counts
/// half of what the terms do that are found in a text (chosen on three labelled sets; which, and
/// what else was tried, is not recorded).
pub(super) const PRIOR: Stack = Stack {
    bias: -3.0,
    learnt: 0.5,
    terms: 1.0,
};

/// How certain the prior is of each number, one over its variance: weights that a few hundred texts
/// outweigh, for a few dozen hardly know them. Chosen by hand.
const CERTAINTY: [f64; 3] = [2.0, 100.0, 100.0];

/// A topic and a text: the evidence for it, in nats, and whether the text has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) learnt: f64,
    pub(super) terms: f64,
    pub(super) member: bool,
    /// How much an error on the text costs.
    pub(super) weight: f64,
}

/// The stack under which the pairs are most probable, given the prior (Gaussian around [`PRIOR`]).
/// A weight that would be negative is 0.
pub(super) fn fit(pairs: &[Pair]) -> Stack {
    let prior = Prior {
        numbers: [PRIOR.bias, PRIOR.learnt, PRIOR.terms],
        certainty: CERTAINTY,
    };
    let case = |pair: &Pair| Case {
        inputs: [pair.learnt, pair.terms],
        member: pair.member,
        weight: pair.weight,
    };
    let cases: Vec<Case> = pairs.iter().map(case).collect();
    let [bias, learnt, terms] = logistic::fit(&cases, &prior);
    Stack {
        bias,
        learnt,
        terms,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::random::Random;

    fn simulated(truly: [f64; 3], count: usize) -> Vec<Pair> {
        let mut random = Random::new(17);
        let mut unit = || random.below(1 << 30) as f64 / f64::from(1 << 30);
        (0..count)
            .map(|_| {
                let (learnt, terms) = (
                    unit() * 8.0 - 4.0,
                    if unit() < 0.3 { unit() * 5.0 } else { 0.0 },
                );
                let odds = truly[0] + truly[1] * learnt + truly[2] * terms;
                Pair {
                    learnt,
                    terms,
                    member: unit() < 1.0 / (1.0 + (-odds).exp()),
                    weight: 1.0,
                }
            })
            .collect()
    }

    #[test]
    fn the_weights_that_drew_a_sample_are_found() {
        for truly in [[-1.0, 0.8, 0.4], [-4.0, 1.5, 1.2], [0.5, 0.0, 2.0]] {
            let found = fit(&simulated(truly, 200_000));
            for (found, truly) in [found.bias, found.learnt, found.terms].iter().zip(truly) {
                assert!((found - truly).abs() < 0.1, "{found:?} is not {truly:?}");
            }
        }
    }

    #[test]
    fn without_texts_it_is_the_prior_and_a_weight_is_never_negative() {
        assert_eq!(fit(&[]), PRIOR);
        let found = fit(&simulated([-1.0, 1.0, -0.7], 20_000));
        assert!(found.terms == 0.0 && found.learnt > 0.5, "{found:?}");
        // What never occurs can't be weighed, and what is always right must not get
        // an infinite weight.
        let certain: Vec<Pair> = (0..200)
            .map(|at| Pair {
                learnt: if at % 2 == 0 { 5.0 } else { -5.0 },
                terms: 0.0,
                member: at % 2 == 0,
                weight: 1.0,
            })
            .collect();
        let found = fit(&certain);
        assert!(
            found.is_sound() && (found.terms - PRIOR.terms).abs() < 1e-9,
            "{found:?}"
        );
    }
}
