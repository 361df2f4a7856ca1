//! What an engine decides, in the same way as its confusion was counted.

use super::Confusion;
use crate::{Engine, Error, Result, Scratch};

impl Confusion {
    /// Checks that `engine` has the labels that this confusion was counted with.
    ///
    /// # Errors
    /// If it has other labels; [`Error::is_settings`] holds. Another model with the same labels
    /// is not noticed.
    pub fn check(&self, engine: &Engine) -> Result<()> {
        let task = self.task();
        let same = match self.is_several() {
            true => engine
                .taxonomy()
                .topics
                .iter()
                .map(|topic| topic.id.as_str())
                .eq(self.labels()),
            false => engine
                .labels(task)
                .is_some_and(|labels| labels == self.labels()),
        };
        if same {
            return Ok(());
        }
        Err(Error::settings(
            match (self.is_several(), engine.labels(task)) {
                (true, _) => {
                    "the confusion is of other topics than the taxonomy's; evaluate again \
                 with this taxonomy"
                        .to_owned()
                }
                (false, None) => format!(
                    "the confusion is of the head {task:?}, which the engine does not have; add \
                 its model"
                ),
                (false, Some(_)) => format!(
                    "the confusion is of another head {task:?}, with other labels; evaluate again"
                ),
            },
        ))
    }

    /// The labels that `engine` gives to `text`, each with its probability: topics from their
    /// thresholds on, or the one label of a head. For [`Tally::add`](super::Tally::add).
    pub fn decide(&self, engine: &Engine, text: &str, scratch: &mut Scratch) -> Vec<(usize, f32)> {
        if self.is_several() {
            let topics = &engine.taxonomy().topics;
            let found = engine
                .topic_probabilities(text, scratch)
                .iter()
                .zip(topics)
                .enumerate();
            let named =
                found.filter(|(_, (probability, topic))| **probability >= topic.threshold());
            return named
                .map(|(index, (probability, _))| (index, *probability))
                .collect();
        }
        // The label that is chosen, not the most probable one: decisions are weighed, and the
        // errors were counted for these decisions.
        let probabilities = engine.probabilities(self.task(), text, scratch);
        engine
            .choose(self.task(), probabilities)
            .into_iter()
            .collect()
    }
}
