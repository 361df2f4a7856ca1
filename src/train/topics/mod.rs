//! Topics from a taxonomy and labelled texts together: one head, and the stack that weighs it
//! against the terms.
//!
//! The head is trained on the labelled texts and on what the taxonomy holds: its examples, and its
//! terms, a few to a document (pseudo-documents), which cost the less the more labelled texts the
//! topic has. What the head and the terms found in a text say is then weighed by logistic
//! regression on held-out texts ([`Stack`](crate::model::Stack)). So a taxonomy answers without any
//! example, and with many examples they decide.

mod curve;
mod figures;
mod stacking;

use std::collections::BTreeMap;

pub use curve::{CurveRow, TopicCurve, topic_curve};
pub use figures::{
    TopicEvaluation, TopicReport, confusion_of_topics, evaluate_topics, fit_thresholds,
};

use super::recipe::{Material, train_material};
use super::{Example, TrainOptions};
use crate::model::Model;
use crate::taxonomy::Taxonomy;
use crate::{Engine, Error, Result};

/// The task of a head that answers for topics; the engine finds it by this name.
pub const TASK: &str = "topic";

/// The labels of a text that is of none of the topics, besides a text without any label.
pub const NONE: [&str; 2] = ["none", "-"];

/// Labelled texts of a topic with which its terms count half as much as without any.
const FADE: f32 = 20.0;
/// Labelled texts a topic from which on settings are chosen by cross-validation: on fewer it would
/// choose by chance.
const TUNED: usize = 20;

/// A text with the labels of its topics.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicText {
    /// The text.
    pub text: String,
    /// What its topics are called, by id or by name; empty, or one of [`NONE`]: none of these.
    pub labels: Vec<String>,
}

impl From<&Example> for TopicText {
    fn from(example: &Example) -> TopicText {
        TopicText {
            text: example.text.clone(),
            labels: vec![example.label.clone()],
        }
    }
}

impl TopicText {
    /// The indices of its topics in `taxonomy`, sorted, each once; empty for none of these.
    ///
    /// # Errors
    /// Names a label that is neither an id nor a name of a topic, nor one of [`NONE`].
    pub fn topics(&self, taxonomy: &Taxonomy) -> Result<Vec<usize>> {
        let mut topics = Vec::with_capacity(self.labels.len());
        for label in &self.labels {
            match taxonomy.index_of_label(label) {
                Some(topic) => topics.push(topic),
                None if NONE.contains(&label.as_str()) => {}
                None => {
                    let ids: Vec<&str> = taxonomy
                        .topics
                        .iter()
                        .map(|topic| topic.id.as_str())
                        .collect();
                    return Err(Error::training(format!(
                        "label {label:?} is neither id nor name of a topic ({}), nor none; name a topic so or leave \
                         those lines out",
                        ids.join(", ")
                    )));
                }
            }
        }
        topics.sort_unstable();
        topics.dedup();
        Ok(topics)
    }
}

/// Trains a head named [`TASK`] for the topics of `taxonomy` on `texts` and on the taxonomy's own
/// terms and examples; `progress` is told what is being done and how much of it, 0 to 1. The task
/// that `options` names is not looked at.
///
/// `texts` may be empty: the head then knows the taxonomy alone, and counts as much as its terms. A
/// text of several topics trains each of them with an equal share of its weight (Tsoumakas and
/// Katakis 2007: copy-weight).
///
/// # Errors
/// If a label is no topic, or there is only one topic to tell.
pub fn train_topics(
    taxonomy: &Taxonomy,
    texts: &[TopicText],
    options: &TrainOptions,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<Model> {
    let truth = texts
        .iter()
        .map(|text| text.topics(taxonomy))
        .collect::<Result<Vec<_>>>()?;
    // Classes in the order of their labels, as a model holds them; the last index stands for
    // none of these.
    let none = taxonomy.topics.len();
    let mut examples = vec![0usize; none + 1];
    for topics in &truth {
        topics.iter().for_each(|&topic| examples[topic] += 1);
        examples[none] += usize::from(topics.is_empty());
    }
    let mut classes: BTreeMap<&str, usize> = taxonomy
        .topics
        .iter()
        .enumerate()
        .map(|(index, topic)| (topic.id.as_str(), index))
        .collect();
    if examples[none] > 0 && classes.insert(NONE[0], none).is_some() {
        return Err(Error::training(
            "a topic is named \"none\", and texts are of no topic; rename the topic",
        ));
    }
    if classes.len() < 2 {
        return Err(Error::training(
            "there is one topic only: training takes 2 to 200, or texts that are of none",
        ));
    }
    let mut class_of = vec![0u16; none + 1];
    for (class, &index) in (0u16..).zip(classes.values()) {
        class_of[index] = class;
    }

    // Borrowed by the material, so made before it.
    let documents = pseudo_documents(taxonomy);
    let mut material = Material {
        labels: classes.keys().map(|label| (*label).to_owned()).collect(),
        ..Material::default()
    };
    let mut rows: Vec<usize> = Vec::new();
    for (index, (text, topics)) in texts.iter().zip(&truth).enumerate() {
        let share = 1.0 / topics.len().max(1) as f32;
        for &topic in if topics.is_empty() {
            std::slice::from_ref(&none)
        } else {
            topics
        } {
            material.push(&text.text, class_of[topic], share);
            rows.push(index);
        }
    }
    material.held = material.texts.len();
    for (topic, text, is_example) in &documents {
        let fading = FADE / (FADE + examples[*topic] as f32);
        material.push(
            text,
            class_of[*topic],
            if *is_example { 1.0 } else { fading },
        );
    }
    if material.held == 0 {
        // Without labelled texts the terms themselves are what it is calibrated on.
        material.held = material.texts.len();
    }

    let mut options = TrainOptions {
        task: TASK.to_owned(),
        ..options.clone()
    };
    if texts.len() < TUNED * classes.len() {
        options.settings = Some(options.settings.unwrap_or_default());
    }
    let (mut model, held_out) = train_material(&material, &options, progress)?;
    let stack = match texts.is_empty() {
        true => stacking::PRIOR,
        false => {
            let engine = Engine::builder()
                .without_bundled_models()
                .taxonomy(taxonomy.clone())
                .build()?;
            let terms = engine.map_batch(texts, |engine, scratch, text| {
                engine.term_evidence(&text.text, scratch)
            });
            let mut pairs = Vec::new();
            let mut last = None;
            for (&text, probabilities) in rows.iter().zip(&held_out) {
                // Of the copies of a text of several topics the first speaks.
                if last.replace(text) == Some(text) {
                    continue;
                }
                for topic in 0..none {
                    let probability = probabilities
                        .get(usize::from(class_of[topic]))
                        .copied()
                        .unwrap_or_default();
                    pairs.push(stacking::Pair {
                        learnt: stacking::learnt(probability, classes.len()),
                        terms: terms[text][topic],
                        member: truth[text].binary_search(&topic).is_ok(),
                    });
                }
            }
            stacking::fit(&pairs)
        }
    };
    for head in &mut model.heads {
        head.stack = Some(stack);
        for (name, value) in [
            ("stack_bias", stack.bias),
            ("stack_learnt", stack.learnt),
            ("stack_terms", stack.terms),
        ] {
            head.provenance
                .settings
                .insert(name.to_owned(), format!("{value:.4}"));
        }
    }
    Ok(model)
}

/// What a taxonomy gives to learn from: topic, text, and whether it is an example, which is a text
/// like those to come.
fn pseudo_documents(taxonomy: &Taxonomy) -> Vec<(usize, String, bool)> {
    let mut documents = Vec::new();
    for (index, topic) in taxonomy.topics.iter().enumerate() {
        for (_, name) in &topic.names {
            documents.push((index, name.replace('_', " "), false));
        }
        for (_, text, strength) in &topic.terms {
            // A hint alone is no text of the topic.
            if *strength > 1 {
                documents.push((index, text.replace('*', ""), false));
            }
        }
        documents.extend(
            topic
                .examples
                .iter()
                .map(|(_, text)| (index, text.clone(), true)),
        );
    }
    documents
}
