//! Stacking: a topic head and the terms of a taxonomy as two inputs of one calibrated answer.

use serde::{Deserialize, Serialize};

/// The largest weight or bias that a file may hold, by hand: fitted ones are some units, and
/// products with margins stay finite.
const MAX_PART: f64 = 1000.0;

/// How what a head learnt and what a taxonomy's terms say become the log-odds of a topic (stacked
/// generalisation, Wolpert 1992, with logistic regression on top): `bias + learnt · (logit(p) −
/// logit(1/n)) + terms · e`, where `p` is the head's probability of the topic among its `n` labels
/// and `e` the evidence of its terms in nats, as `taxonomy::evidence` weighs it.
///
/// The same three numbers serve every topic, so that a handful of examples suffices to fit them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// The log-odds where the head finds all labels alike and no term is found, in nats.
    pub bias: f64,
    /// What a nat of the head counts; not negative.
    pub learnt: f64,
    /// What a nat of the terms counts; not negative.
    pub terms: f64,
}

impl Stack {
    /// Whether it can be used: finite numbers of a sensible size, weights that are not negative.
    pub fn is_sound(&self) -> bool {
        self.bias.abs() <= MAX_PART
            && (0.0..=MAX_PART).contains(&self.learnt)
            && (0.0..=MAX_PART).contains(&self.terms)
    }
}

/// The logarithm of the odds of a probability, in nats; within ±9.2, for beyond a head
/// knows no difference.
pub(crate) fn logit(probability: f32) -> f64 {
    let probability = f64::from(probability).clamp(1e-4, 0.9999);
    (probability / (1.0 - probability)).ln()
}
