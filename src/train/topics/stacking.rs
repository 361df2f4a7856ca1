//! Logistic regression over two inputs: the evidence of a head and that of a taxonomy's terms.

use crate::model::Stack;

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

/// Most steps of Newton's method; it takes about eight. A bound on time.
const STEPS: usize = 40;

/// A topic and a text: the evidence for it, in nats, and whether the text has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pair {
    pub(super) learnt: f64,
    pub(super) terms: f64,
    pub(super) member: bool,
    /// How much an error on the text costs.
    pub(super) weight: f64,
}

/// The stack under which the pairs are most probable, given the prior (Gaussian around [`PRIOR`]),
/// by Newton's method with halved steps where a whole one leads astray. A weight that would be
/// negative is 0.
pub(super) fn fit(pairs: &[Pair]) -> Stack {
    let prior = [PRIOR.bias, PRIOR.learnt, PRIOR.terms];
    let mut free = [true; 3];
    loop {
        let found = newton(pairs, prior, free);
        // A negative weight would mean that evidence for a topic counts against it: chance in few
        // texts. One at a time, the lower one first, is taken out and the others fitted anew.
        let worst = (1..3)
            .filter(|&at| found[at] < 0.0)
            .min_by(|&a, &b| found[a].total_cmp(&found[b]));
        match worst {
            Some(at) => free[at] = false,
            None => {
                return Stack {
                    bias: found[0],
                    learnt: found[1],
                    terms: found[2],
                };
            }
        }
    }
}

fn newton(pairs: &[Pair], prior: [f64; 3], free: [bool; 3]) -> [f64; 3] {
    let mut at = [0, 1, 2].map(|index| if free[index] { prior[index] } else { 0.0 });
    let loss = |at: &[f64; 3]| {
        let of_pairs: f64 = pairs
            .iter()
            .map(|pair| {
                let sum = at[0] + at[1] * pair.learnt + at[2] * pair.terms;
                let against = if pair.member { -sum } else { sum };
                // ln(1 + exp(x)) without overflow.
                pair.weight * (against.max(0.0) + (-against.abs()).exp().ln_1p())
            })
            .sum();
        of_pairs
            + (0..3)
                .filter(|&i| free[i])
                .map(|i| CERTAINTY[i] / 2.0 * (at[i] - prior[i]).powi(2))
                .sum::<f64>()
    };
    let mut now = loss(&at);
    for _ in 0..STEPS {
        let (gradient, hessian) = slopes(pairs, at, prior, free);
        let step = solve(hessian, gradient);
        // A whole step can overshoot where all pairs are on one side: it is halved until it helps.
        let mut length = 1.0;
        let (next, then) = loop {
            let next = [0, 1, 2].map(|index| at[index] - length * step[index]);
            let then = loss(&next);
            if then <= now || length < 1e-3 {
                break (next, then);
            }
            length /= 2.0;
        };
        let gain = now - then;
        if gain <= 0.0 {
            break;
        }
        (at, now) = (next, then);
        if gain < 1e-9 * (1.0 + now) {
            break;
        }
    }
    at
}

/// Gradient and Hessian of the loss at `at`. A number that is not free has no slope, and 1 in the
/// diagonal so that the equations can be solved.
fn slopes(
    pairs: &[Pair],
    at: [f64; 3],
    prior: [f64; 3],
    free: [bool; 3],
) -> ([f64; 3], [[f64; 3]; 3]) {
    let (mut gradient, mut hessian) = ([0.0; 3], [[0.0; 3]; 3]);
    for pair in pairs {
        let row = [1.0, pair.learnt, pair.terms];
        let probability = 1.0 / (1.0 + (-(at[0] + at[1] * row[1] + at[2] * row[2])).exp());
        let error = pair.weight * (probability - f64::from(u8::from(pair.member)));
        let spread = pair.weight * probability * (1.0 - probability);
        for i in 0..3 {
            gradient[i] += error * row[i];
            for j in 0..3 {
                hessian[i][j] += spread * row[i] * row[j];
            }
        }
    }
    for i in 0..3 {
        gradient[i] += CERTAINTY[i] * (at[i] - prior[i]);
        hessian[i][i] += CERTAINTY[i];
        if !free[i] {
            gradient[i] = 0.0;
            hessian[i] = [0.0; 3];
            hessian.iter_mut().for_each(|row| row[i] = 0.0);
            hessian[i][i] = 1.0;
        }
    }
    (gradient, hessian)
}

/// The solution of three linear equations by Cramer's rule; the matrix is positive definite, for
/// the prior makes it so.
fn solve(m: [[f64; 3]; 3], v: [f64; 3]) -> [f64; 3] {
    let determinant = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1])
            - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(&m);
    [0, 1, 2].map(|column| {
        let mut replaced = m;
        (0..3).for_each(|row| replaced[row][column] = v[row]);
        determinant(&replaced) / whole
    })
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
