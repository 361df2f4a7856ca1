//! Evidence: from terms found and a learnt head to the topics of a post.

use super::Taxonomy;
use crate::feature::lexicon::{Brief, Lexicon, List, TermHit};
use crate::model::stack::{self, odds};
use crate::model::{SCALE, Stack};
use crate::stats::power::{exp, ln, ln_of_usual};
use crate::stats::scale::whole;

// The constants below are chosen by hand, not tuned, and hold for heads without a stack and
// for terms alone. A `Stack`, which `train::topics` fits on labelled texts, takes the place
// of the prior and of the bounds and scales the terms. Thresholds, which teams do tune, stand
// in the taxonomy.

/// What the first term of strength 1, 2 and 3 adds to a topic's log-odds, in nats: over [`PRIOR`] a
/// hint alone gives 0.17, a term 0.5, a strong term 0.8.
const FIRST: [f64; 3] = [1.4, 3.0, 4.4];
/// How much each further term of the same topic counts: terms of one topic come together, so they
/// are less than independent evidence.
const FURTHER: f64 = 0.5;
/// The log-odds of a topic without any evidence, in nats: one post in twenty.
const PRIOR: f64 = -3.0;
/// The bounds of what a learnt head may add, in nats: alone it can name a topic (0.65), and it
/// leaves 0.48 where it contradicts a strong term.
const LEARNT: (f64, f64) = (-1.5, 3.6);
/// The share of a learnt head's log-odds that counts: it is surer of itself than posts unlike
/// its examples allow.
const SHARE: f64 = 0.8;
/// Tokens from which on a learnt head counts wholly: of a word or two it has seen too few to know.
const ENOUGH: f64 = 5.0;

/// The log-odds of the topics of one text and their parts, in units of 2⁻³²; reused between texts.
#[derive(Clone, Debug, Default)]
pub(crate) struct TopicEvidence {
    parts: Vec<TopicPart>,
    bases: Vec<i64>,
    sums: Vec<i64>,
    learnt: Vec<Option<Learnt>>,
    /// The logarithm of the odds of each of `learnt`, in nats.
    logits: Vec<f64>,
}

/// What a learnt head says of a topic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Learnt {
    /// The head's probability of the topic among its labels, 0 to 1.
    pub probability: f32,
    /// How probable the topic is in general, as the logarithm of the odds.
    pub general: f64,
    /// The log-odds of the topic by its plane alone, in nats.
    pub alone: f64,
}

/// What is the same for all topics of a learnt head.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Weighing<'a> {
    /// The log-odds of each label of the head if all are as probable, in nats.
    pub even: f64,
    /// How the head and the terms are weighed, where training has fitted it; else by the constants
    /// of this file.
    pub stack: Option<&'a Stack>,
}

/// A part of a topic's log-odds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TopicPart {
    /// The topic's index.
    pub topic: u16,
    /// The hit that is the evidence, by its index; `None` for the learnt head.
    pub hit: Option<u32>,
    /// What it adds, in units of 2⁻³².
    pub weight: i64,
}

fn fixed(value: f64) -> i64 {
    whole(value * SCALE as f64)
}

/// Log-odds below which no probability reaches `threshold`, in units of 2⁻³².
pub(crate) fn bar(threshold: f32) -> i64 {
    /// What the rounding of a probability to 32 bits can move, in nats, and more.
    const ROOM: f64 = 1e-3;
    // Nearer to 1 a rounded probability says little of its log-odds.
    let threshold = f64::from(threshold).clamp(0.0, 0.999);
    fixed(ln(threshold / (1.0 - threshold)) - ROOM)
}

impl Learnt {
    /// What it adds to the log-odds of its topic in a text of `tokens`, in nats; `logit` is the
    /// logarithm of the odds of its probability.
    fn weight(&self, logit: f64, weighing: Weighing<'_>, tokens: usize) -> f64 {
        if let Some(stack) = weighing.stack {
            return stack.learnt * stack::learnt(self.alone, logit, weighing.even);
        }
        // Against the general probability: a head trained on many posts of a topic must not name it
        // in every post.
        let odds = logit - self.general;
        (odds * SHARE).clamp(LEARNT.0, LEARNT.1) * (tokens as f64 / ENOUGH).min(1.0)
    }
}

impl TopicEvidence {
    /// Gathers what the terms among `hits` of a text of `tokens` say, and what a learnt head says
    /// of each topic that it knows.
    pub(crate) fn gather(
        &mut self,
        taxonomy: &Taxonomy,
        lexicon: &Lexicon,
        hits: &[TermHit],
        tokens: usize,
        weighing: Weighing<'_>,
        learnt: impl Fn(usize) -> Option<Learnt>,
    ) {
        self.parts.clear();
        self.learnt.clear();
        self.learnt.extend((0..taxonomy.topics.len()).map(learnt));
        let probability = |learnt: &Option<Learnt>| learnt.map_or(0.5, |learnt| learnt.probability);
        self.logits.clear();
        self.logits
            .extend(self.learnt.iter().map(|learnt| odds(probability(learnt))));
        // A loop by itself, without a branch, so that it becomes one over vectors: the logarithms
        // cost more than all the rest.
        for logit in &mut self.logits {
            *logit = ln_of_usual(*logit);
        }
        // A head without a stack changes nothing of what a topic has before any evidence.
        let prior = fixed(PRIOR);
        let base = weighing.stack.map_or(prior, |stack| fixed(stack.bias));
        let bases = self.learnt.iter();
        let bases = bases.map(|learnt| if learnt.is_some() { base } else { prior });
        self.bases.clear();
        self.bases.extend(bases);
        self.sums.clone_from(&self.bases);
        self.add_terms(lexicon, hits, weighing.stack);
        // Without a word there is nothing that a learnt head could know.
        if tokens > 0 {
            self.add_learnt(tokens, weighing);
        }
    }

    /// Adds what the head says.
    fn add_learnt(&mut self, tokens: usize, weighing: Weighing<'_>) {
        let learnt = self.learnt.iter().zip(&self.logits);
        for ((topic, (learnt, logit)), sum) in learnt.enumerate().zip(&mut self.sums) {
            if let Some(learnt) = learnt {
                let weight = fixed(learnt.weight(*logit, weighing, tokens));
                *sum += weight;
                self.parts.push(TopicPart {
                    topic: topic as u16,
                    hit: None,
                    weight,
                });
            }
        }
    }

    /// Adds the terms among `hits`, each multiplied by what terms count for its topic.
    fn add_terms(&mut self, lexicon: &Lexicon, hits: &[TermHit], stack: Option<&Stack>) {
        // The strongest hit of each topic counts whole, each further term in part; a repeated
        // term counts once.
        for strength in (1..=3i8).rev() {
            for (index, hit) in hits.iter().enumerate() {
                let Some(Brief {
                    list: List::Topic(topic),
                    strength: stated,
                    ..
                }) = lexicon.brief(hit.term)
                else {
                    continue;
                };
                if stated != strength || hits[..index].iter().any(|before| before.term == hit.term)
                {
                    continue;
                }
                let first = !self.parts.iter().any(|part| part.topic == topic);
                let weight = FIRST[strength as usize - 1] * if first { 1.0 } else { FURTHER };
                let is_learnt = self
                    .learnt
                    .get(usize::from(topic))
                    .is_some_and(Option::is_some);
                let terms = stack.filter(|_| is_learnt).map_or(1.0, |stack| stack.terms);
                self.add(TopicPart {
                    topic,
                    hit: Some(index as u32),
                    weight: fixed(weight * terms),
                });
            }
        }
    }

    fn add(&mut self, part: TopicPart) {
        if let Some(sum) = self.sums.get_mut(usize::from(part.topic)) {
            *sum += part.weight;
            self.parts.push(part);
        }
    }

    /// The log-odds of `topic` before any evidence, in units of 2⁻³².
    pub(crate) fn base(&self, topic: usize) -> i64 {
        self.bases.get(topic).copied().unwrap_or(fixed(PRIOR))
    }

    /// The log-odds of `topic`, in units of 2⁻³²: its [base](TopicEvidence::base) and its parts.
    pub(crate) fn log_odds(&self, topic: usize) -> i64 {
        self.sums.get(topic).copied().unwrap_or(fixed(PRIOR))
    }

    /// The probability of `topic`, 0 to 1.
    pub(crate) fn probability(&self, topic: usize) -> f32 {
        (1.0 / (1.0 + exp(-(self.log_odds(topic) as f64) / SCALE as f64))) as f32
    }

    /// Whether the log-odds of `topic` are below `bar`, that of its threshold by [`bar`].
    ///
    /// Most topics of most posts are, and need no probability: an exponential costs more than the
    /// comparison.
    #[inline]
    pub(crate) fn is_below(&self, topic: usize, bar: i64) -> bool {
        self.log_odds(topic) < bar
    }

    /// The parts of `topic`.
    pub(crate) fn parts(&self, topic: usize) -> impl Iterator<Item = &TopicPart> {
        self.parts
            .iter()
            .filter(move |part| usize::from(part.topic) == topic)
    }

    /// How many topics there are.
    pub(crate) fn topics(&self) -> usize {
        self.sums.len()
    }
}
