//! Evidence: from terms found and a learnt head to the topics of a post.

use super::Taxonomy;
use crate::feature::lexicon::{Lexicon, List, TermHit};
use crate::model::SCALE;

/// What the first term of strength 1, 2 and 3 adds to a topic's log-odds: alone a hint is no topic, a strong term is.
const FIRST: [f64; 3] = [1.4, 3.0, 4.4];
/// How much each further term of the same topic counts.
const FURTHER: f64 = 0.5;
/// The log-odds of a topic that nothing speaks for.
const PRIOR: f64 = -3.0;
/// The bounds of what a learnt head may add, in nats.
const LEARNT: (f64, f64) = (-1.5, 3.6);
/// How much of a learnt head's log-odds counts: it is surer of itself than posts unlike its examples allow.
const SHARE: f64 = 0.8;
/// Tokens from which on a learnt head counts wholly: of a word or two it has seen too few to know.
const ENOUGH: f64 = 5.0;

/// The log-odds of the topics of one text and their parts, in units of 2⁻³²; reused between texts.
#[derive(Clone, Debug, Default)]
pub struct TopicEvidence {
    parts: Vec<TopicPart>,
    sums: Vec<i64>,
}

/// A part of a topic's log-odds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopicPart {
    /// The topic's index.
    pub topic: u16,
    /// The hit that spoke, by its index; none for the learnt head.
    pub hit: Option<u32>,
    /// What it adds, in units of 2⁻³².
    pub weight: i64,
}

fn fixed(value: f64) -> i64 {
    (value * SCALE as f64).round() as i64
}

/// The log-odds of a topic before any evidence, in units of 2⁻³².
pub fn prior() -> i64 {
    fixed(PRIOR)
}

impl TopicEvidence {
    /// Gathers what the terms among `hits` of a text of `tokens` say, and what a learnt head says: for each topic its
    /// probability and how probable it is in general.
    pub fn gather(
        &mut self,
        taxonomy: &Taxonomy,
        lexicon: &Lexicon,
        hits: &[TermHit],
        tokens: usize,
        learnt: impl Fn(usize) -> Option<(f32, f32)>,
    ) {
        self.parts.clear();
        self.sums.clear();
        self.sums.resize(taxonomy.topics.len(), fixed(PRIOR));
        // The strongest hit of each topic counts whole, each further term in part; a repeated term counts once.
        for strength in (1..=3i8).rev() {
            for (index, hit) in hits.iter().enumerate() {
                let Some(term) = lexicon.term(hit.term) else { continue };
                let List::Topic(topic) = term.list else { continue };
                if term.strength != strength || hits[..index].iter().any(|before| before.term == hit.term) {
                    continue;
                }
                let first = !self.parts.iter().any(|part| part.topic == topic);
                let weight = FIRST[strength as usize - 1] * if first { 1.0 } else { FURTHER };
                self.add(TopicPart { topic, hit: Some(index as u32), weight: fixed(weight) });
            }
        }
        for topic in 0..taxonomy.topics.len() {
            if let Some((probability, general)) = learnt(topic) {
                let odds = |p: f32| f64::from(p.clamp(1e-4, 0.9999) / (1.0 - p.clamp(1e-4, 0.9999))).ln();
                let weight = ((odds(probability) - odds(general)) * SHARE).clamp(LEARNT.0, LEARNT.1)
                    * (tokens as f64 / ENOUGH).min(1.0);
                self.add(TopicPart { topic: topic as u16, hit: None, weight: fixed(weight) });
            }
        }
    }

    fn add(&mut self, part: TopicPart) {
        if let Some(sum) = self.sums.get_mut(usize::from(part.topic)) {
            *sum += part.weight;
            self.parts.push(part);
        }
    }

    /// The log-odds of `topic`, in units of 2⁻³²: [`prior`] and its parts.
    pub fn log_odds(&self, topic: usize) -> i64 {
        self.sums.get(topic).copied().unwrap_or(fixed(PRIOR))
    }

    /// The probability of `topic`, 0 to 1.
    pub fn probability(&self, topic: usize) -> f32 {
        (1.0 / (1.0 + (-(self.log_odds(topic) as f64) / SCALE as f64).exp())) as f32
    }

    /// The parts of `topic`.
    pub fn parts(&self, topic: usize) -> impl Iterator<Item = &TopicPart> {
        self.parts.iter().filter(move |part| usize::from(part.topic) == topic)
    }

    /// How many topics there are.
    pub fn topics(&self) -> usize {
        self.sums.len()
    }
}
