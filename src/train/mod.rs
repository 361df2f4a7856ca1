//! Training: from labelled texts to a model, and what a model reaches on other texts.
//!
#![doc = include_str!("../../docs/design/train.md")]

mod active;
mod calibrate;
mod corpus;
pub(crate) mod count;
mod decide;
pub mod documents;
pub(crate) mod estimate;
pub mod evaluate;
pub(crate) mod language;
mod names;
#[cfg(feature = "chinese")]
pub mod new_words;
mod opinion;
mod problem;
pub(crate) mod quantise;
mod recipe;
pub(crate) mod select;
mod settings;
pub mod topics;
mod tune;

pub use active::{Candidate, next_to_label};
pub use count::FeatureCounts;
pub use evaluate::{ClassReport, CoveragePoint, Evaluation, Prediction, ReliabilityBin};
pub use recipe::train;
pub use settings::Settings;
pub use topics::{
    TopicCurve, TopicText, confusion_of_topics, evaluate_topics, topic_curve, train_topics,
};

use crate::prevalence::Confusion;
use crate::{Engine, Error, Result};

/// A labelled text.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The text.
    pub text: String,
    /// Its label.
    pub label: String,
    /// Where it came from, for leave-one-domain-out figures; may be empty.
    pub domain: String,
    /// How much an error on it costs; 1 where nothing speaks for more or less.
    pub weight: f32,
}

impl Default for Example {
    fn default() -> Example {
        Example {
            text: String::new(),
            label: String::new(),
            domain: String::new(),
            weight: 1.0,
        }
    }
}

/// What training makes as large as it can.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Goal {
    /// The mean of the labels' F1: a rare label counts as much as a frequent one.
    #[default]
    MacroF1,
    /// The share of right answers: the most probable label is given.
    Accuracy,
}

impl Goal {
    /// Its name on the command line and in a model's header.
    pub fn name(self) -> &'static str {
        match self {
            Goal::MacroF1 => "macro-f1",
            Goal::Accuracy => "accuracy",
        }
    }
}

/// How to train one head.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// The name of the head.
    pub task: String,
    /// Where the data came from, for the model's header.
    pub data: String,
    /// The data's licence, for the model's header.
    pub licence: String,
    /// The languages of the data, BCP 47 (`zh` is Chinese in any script); empty if unknown.
    pub languages: Vec<String>,
    /// The seed of every draw.
    pub seed: u64,
    /// Most features that get a row: a bound on the size of the model.
    pub most_features: usize,
    /// Weights are rounded to whole multiples of 2⁻ⁿ, or of a coarser unit where large ones need
    /// it; at most 14. In a file a small multiple takes fewer bytes.
    pub finest: u32,
    /// Fixes what is otherwise chosen by cross-validation.
    pub settings: Option<Settings>,
    /// By what settings and decisions are chosen.
    pub goal: Goal,
    /// Whether the head counts what is known beside its rows: what the shipped heads say of a text
    /// (see [`crate::model::Opinion`]), and the names of its labels as weak evidence, which fades
    /// with rows. The model is larger by the shipped heads. 3,000 rows and more stand alone, and
    /// so do rows under settings that are given with [`Settings::opinions`] at 0. Topics have
    /// their own evidence and ignore this.
    pub priors: bool,
    /// Whether the header shall hold a learning curve: what an eighth, a quarter and half of the
    /// texts reach. It takes about as long as the calibration.
    pub curve: bool,
}

impl Default for TrainOptions {
    fn default() -> TrainOptions {
        TrainOptions {
            task: "task".into(),
            data: String::new(),
            licence: String::new(),
            languages: Vec::new(),
            seed: 1,
            most_features: 400_000,
            finest: 14,
            settings: None,
            goal: Goal::default(),
            priors: true,
            curve: false,
        }
    }
}

/// What the head `task` of `engine` reaches on `examples`.
///
/// # Errors
/// As [`predict`].
pub fn evaluate(engine: &Engine, task: &str, examples: &[Example]) -> Result<Evaluation> {
    let predictions = predict(engine, task, examples)?;
    Ok(Evaluation::from_predictions(
        task,
        engine.labels(task).unwrap_or_default(),
        &predictions,
    ))
}

/// What the head `task` of `engine` gives to each of `examples`, in their order.
///
/// # Errors
/// If the engine has no such head, or a label is not one of the head's.
pub fn predict(engine: &Engine, task: &str, examples: &[Example]) -> Result<Vec<Prediction>> {
    let labels = engine.labels(task).ok_or_else(|| {
        Error::training(format!(
            "there is no head {task:?}; there are {}",
            engine.tasks().collect::<Vec<_>>().join(", ")
        ))
    })?;
    let truth = examples
        .iter()
        .map(|example| {
            labels.iter().position(|label| *label == example.label).ok_or_else(|| {
                Error::training(format!(
                    "label {:?} is not one of the model's ({}); map it or leave those lines out",
                    example.label,
                    labels.join(", ")
                ))
            })
        })
        .collect::<Result<Vec<usize>>>()?;
    let items: Vec<(&Example, usize)> = examples.iter().zip(truth).collect();
    Ok(
        engine.map_batch(&items, |engine, scratch, &(example, truth)| {
            let probabilities = engine.probabilities(task, &example.text, scratch);
            let (given, probability) = engine.choose(task, probabilities).unwrap_or((0, 0.0));
            Prediction {
                truth,
                given,
                probability,
                of_truth: probabilities.get(truth).copied().unwrap_or(0.0),
            }
        }),
    )
}

/// The errors of a head with these labels, for [shares](crate::prevalence), from its predictions
/// for labelled texts that it was not trained on.
pub fn confusion(task: &str, labels: &[String], predictions: &[Prediction]) -> Confusion {
    // From predictions and not from the engine, so that one pass serves evaluation and confusion.
    let mut confusion = Confusion::one(task, labels);
    predictions
        .iter()
        .for_each(|found| confusion.add(found.truth, found.given, found.probability));
    confusion
}

/// Checks `examples` and gives their labels.
fn checked_labels(examples: &[Example]) -> Result<(Vec<String>, Vec<u16>)> {
    let (labels, truth) = documents::labels(examples);
    match labels.len() {
        0 => Err(Error::training(
            "there is nothing to train on: give labelled lines",
        )),
        1 => Err(Error::training(format!(
            "all lines have the label {:?}: training takes 2 to 200 labels",
            labels[0]
        ))),
        2..=200 => Ok((labels, truth)),
        many => Err(Error::training(format!(
            "{many} labels are too many: training takes 2 to 200; is it the right field?"
        ))),
    }
}
