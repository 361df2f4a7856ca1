//! Opinions in training: what the shipped heads say of each text, as numbers beside its features.

use crate::engine::bundled;
use crate::model::Model;
use crate::model::opinion::lead;
use crate::{Engine, Result};

/// What the shipped heads say of texts.
#[derive(Debug, Default)]
pub(super) struct Opinions {
    /// The shipped heads; none without the feature `bundled-models`.
    heads: Model,
    /// Text by text, head by head, label by label: how far its probability is from an even chance.
    pub(super) values: Vec<f32>,
}

impl Opinions {
    /// What the shipped heads say of `texts`.
    ///
    /// # Errors
    /// If what is bundled can't be read.
    pub(super) fn read(texts: &[&str]) -> Result<Opinions> {
        let Some(heads) = bundled()?.into_iter().next() else {
            return Ok(Opinions::default());
        };
        let engine = Engine::new()?;
        let values = engine.map_batch(texts, |engine, scratch, text| {
            let mut values = Vec::new();
            for head in heads.heads() {
                let probabilities = engine.probabilities(&head.task, text, scratch);
                let leads = probabilities.iter();
                values.extend(leads.map(|&of| lead(of, probabilities.len())));
            }
            values
        });
        Ok(Opinions {
            values: values.concat(),
            heads,
        })
    }

    /// How many numbers a text has.
    pub(super) fn width(&self) -> usize {
        let heads = self.heads.heads().iter();
        heads.map(|head| head.labels.len()).sum()
    }

    /// `model`, which counts the opinions as `planes` weigh them: a lane's weights of all numbers.
    pub(super) fn add_to(self, model: Model, planes: &[Vec<f32>]) -> Model {
        let mut weights = Vec::new();
        let mut from = 0;
        for head in self.heads.heads() {
            let to = from + head.labels.len();
            let of_lane = |plane: &Vec<f32>| plane.get(from..to).unwrap_or_default().to_vec();
            weights.push(planes.iter().map(of_lane).collect());
            from = to;
        }
        model.with_opinions(self.heads, weights)
    }
}
