//! Opinions: what other heads say of a text, as evidence of a head.
//!
//! A head of few rows knows few words. What the shipped heads say of a text tells it more, so it
//! weighs their probabilities. It holds a copy of each: its file stays whole, and an engine with
//! other heads gives the same answers.

use serde::{Deserialize, Serialize};

#[cfg(feature = "train")]
use super::Model;
use super::{Head, SCALE, Sums, Table};
use crate::feature::signal::Signals;
use crate::stats::scale::whole;

/// Another head, and what each of its probabilities counts for a head.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// The other head. Its rows stand behind those of the head that it serves.
    pub head: Head,
    /// Lane by lane, label by label of `head`: what a probability of 1 more than an even chance
    /// adds to the margin.
    pub weights: Vec<Vec<f32>>,
}

/// What one label of another head adds to a margin.
pub(crate) struct OpinionPart<'a> {
    /// The other head.
    pub(crate) head: &'a Head,
    /// Its label.
    pub(crate) label: &'a str,
    /// Its probability of the label.
    pub(crate) probability: f32,
    /// What that adds, in units of 2⁻³².
    pub(crate) part: i64,
}

/// How far a probability is from an even chance among as many labels: what is weighed.
pub(crate) fn lead(probability: f32, labels: usize) -> f32 {
    probability - 1.0 / labels.max(1) as f32
}

impl Opinion {
    /// What `probability` of `label` adds to the margin of `lane`, in units of 2⁻³².
    fn part(&self, lane: usize, label: usize, probability: f32) -> i64 {
        let weight = self.weights.get(lane).and_then(|row| row.get(label));
        let weight = f64::from(weight.copied().unwrap_or(0.0));
        let lead = f64::from(lead(probability, self.head.labels.len()));
        whole(weight * lead * SCALE as f64)
    }
}

impl Table {
    /// The probabilities of the opinions of `head` for a text, one after the other; empty for a
    /// head without any.
    pub(super) fn opinions(&self, head: usize, sums: &Sums, signals: &Signals) -> Vec<Vec<f32>> {
        let range = self.opinions.get(head).cloned().unwrap_or_default();
        let mut margins = Vec::new();
        let of_head = |inner: usize| {
            let mut probabilities = Vec::new();
            let familiarity = self.familiarity(inner, sums);
            self.probabilities(
                inner,
                sums,
                signals,
                (|_| 0, familiarity),
                &mut margins,
                &mut probabilities,
            );
            probabilities
        };
        range.map(of_head).collect()
    }

    /// What the opinions of `head` add to the margin of `lane`, in units of 2⁻³².
    pub(super) fn opinions_sum(&self, head: usize, lane: usize, found: &[Vec<f32>]) -> i64 {
        let opinions = self.heads.get(head).map_or(&[][..], |head| &head.opinions);
        let parts = opinions.iter().zip(found).flat_map(|(opinion, found)| {
            let labels = found.iter().enumerate();
            labels.map(move |(label, &probability)| opinion.part(lane, label, probability))
        });
        parts.fold(0, i64::saturating_add)
    }

    /// The same, taken apart.
    pub(crate) fn opinion_parts(
        &self,
        head: usize,
        lane: usize,
        sums: &Sums,
        signals: &Signals,
    ) -> Vec<OpinionPart<'_>> {
        let found = self.opinions(head, sums, signals);
        let opinions = self.heads.get(head).map_or(&[][..], |head| &head.opinions);
        let mut parts = Vec::new();
        for (opinion, found) in opinions.iter().zip(&found) {
            for (label, &probability) in found.iter().enumerate() {
                parts.push(OpinionPart {
                    head: &opinion.head,
                    label: opinion.head.labels.get(label).map_or("", String::as_str),
                    probability,
                    part: opinion.part(lane, label, probability),
                });
            }
        }
        parts
    }
}

#[cfg(feature = "train")]
impl Model {
    /// The model of one head, with the heads of `others` as its opinions; `weights` are those of
    /// each of them in turn, see [`Opinion::weights`].
    pub(crate) fn with_opinions(self, others: Model, weights: Vec<Vec<Vec<f32>>>) -> Model {
        let mut joined = Model::join(vec![self, others]);
        let others = joined.heads.split_off(joined.heads.len().min(1));
        if let [head] = &mut joined.heads[..] {
            let pairs = others.into_iter().zip(weights);
            head.opinions = pairs
                .map(|(head, weights)| Opinion { head, weights })
                .collect();
        }
        joined
    }
}
