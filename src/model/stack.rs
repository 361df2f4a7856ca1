//! Stacking: a topic head and the terms of a taxonomy as two inputs of one calibrated answer.

use serde::{Deserialize, Serialize};

use crate::stats::power::ln;

/// The largest weight or bias that a file may hold, by hand: fitted ones are some units, and
/// products with margins stay finite.
const MAX_PART: f64 = 1000.0;

/// The largest log-odds that a plane is believed, in nats: those of [`logit`]'s bounds.
const MAX_ALONE: f64 = 9.2;

/// How what a head learnt and what a taxonomy's terms say become the log-odds of a topic (stacked
/// generalisation, Wolpert 1992, with logistic regression on top): `bias + learnt · l + terms · e`,
/// where `l` is what the head says (`learnt` of this module) and `e` the evidence of the topic's
/// terms in nats, as `taxonomy::evidence` weighs it.
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

/// The odds of a probability, within e^±9.2, for beyond a head knows no difference.
#[inline]
pub(crate) fn odds(probability: f32) -> f64 {
    let probability = f64::from(probability).clamp(1e-4, 0.9999);
    probability / (1.0 - probability)
}

/// The logarithm of [`odds`], in nats.
pub(crate) fn logit(probability: f32) -> f64 {
    ln(odds(probability))
}

/// The log-odds of a label among `labels` of which none is more probable than another, in nats.
pub(crate) fn even(labels: usize) -> f64 {
    logit(1.0 / labels.max(1) as f32)
}

/// What a head says of a topic, in nats: half of what the topic's plane says by itself, half of
/// what is left of it beside the other labels (`logit(p) − logit(1/n)`, of which [`even`] gives the
/// latter).
///
/// Labels share one probability, so a text of two topics would have neither for sure; and by itself
/// a plane doesn't know what speaks for another topic. The mean was better than either
/// on held-out posts of the bundled topic head.
#[inline]
pub(crate) fn learnt(alone: f64, logit: f64, even: f64) -> f64 {
    let beside = logit - even;
    (alone.clamp(-MAX_ALONE, MAX_ALONE) + beside) / 2.0
}
