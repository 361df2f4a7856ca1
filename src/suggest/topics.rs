//! What the topics of entries add: a post about one is answered by its entry more probably.

use super::Faq;
use crate::{Engine, Scratch};

/// What is added to the margin of an entry for a post that is certainly about a topic of it. Chosen
/// on the train half of banking77 (`docs/measured/suggest.md`).
const WEIGHT: f32 = 0.2;

/// The topics of each entry, by their places in the taxonomy; nothing if no entry has any.
#[derive(Clone, Debug, Default)]
pub(super) struct Topics(Vec<Vec<usize>>);

impl Topics {
    pub(super) fn new(engine: &Engine, faq: &Faq) -> Topics {
        let of = |ids: &[String]| -> Vec<usize> {
            let places = ids.iter().filter_map(|id| engine.taxonomy().index_of(id));
            places.collect()
        };
        let entries = faq.entries().iter();
        let topics: Vec<Vec<usize>> = entries.map(|entry| of(&entry.topics)).collect();
        match topics.iter().all(Vec::is_empty) {
            true => Topics::default(),
            false => Topics(topics),
        }
    }

    /// What is added to the margin of each entry for a text; nothing if no entry has a topic.
    pub(super) fn priors(&self, engine: &Engine, text: &str, scratch: &mut Scratch) -> Vec<f32> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let found = engine.topic_probabilities(text, scratch);
        let best = |topics: &Vec<usize>| {
            let found = topics.iter().filter_map(|&topic| found.get(topic));
            found.copied().reduce(f32::max)
        };
        let priors: Vec<Option<f32>> = self.0.iter().map(best).collect();
        let known: Vec<f32> = priors.iter().copied().flatten().collect();
        // An entry without a topic is neither helped nor hindered.
        let mean = known.iter().sum::<f32>() / known.len().max(1) as f32;
        let priors = priors.into_iter();
        priors.map(|prior| WEIGHT * prior.unwrap_or(mean)).collect()
    }
}

/// Adds what the topics say to the margins of entries.
pub(super) fn add(margins: &mut [f64], priors: &[f32]) {
    for (margin, &prior) in margins.iter_mut().zip(priors) {
        *margin += f64::from(prior);
    }
}
