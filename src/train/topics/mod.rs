//! Topics from a taxonomy and labelled texts together: one head, and the stack that weighs it
//! against the terms.
//!
//! The head is trained on the labelled texts and on what the taxonomy holds: its examples, and its
//! terms, a few to a document (pseudo-documents), which cost the less the more labelled texts the
//! topic has. What the head and the terms found in a text say is then weighed by logistic
//! regression on held-out texts ([`Stack`]). So a taxonomy answers without any example, and with
//! many examples they decide.

mod curve;
mod figures;
mod stacking;

use std::collections::BTreeMap;

pub use curve::{CurveRow, TopicCurve, topic_curve};
pub use figures::{
    TopicEvaluation, TopicReport, confusion_of_topics, evaluate_topics, fit_thresholds,
};

use super::recipe::{Material, Said, train_material};
use super::{Example, TrainOptions};
use crate::model::stack::{even, learnt, logit};
use crate::model::{Model, Stack};
use crate::taxonomy::Taxonomy;
use crate::{Engine, Error, Result};

/// The task of a head that answers for topics; the engine finds it by this name.
pub const TASK: &str = "topic";

/// The labels of a text without a topic; a text without any label is one too.
pub const NONE: [&str; 2] = ["none", "-"];

/// Labelled texts of a topic with which its terms count half as much as without any. Chosen by
/// hand, not tuned.
const FADE: f32 = 20.0;
/// Labelled texts a topic from which on settings are chosen by cross-validation: on fewer it would
/// choose by chance. By hand.
const TUNED: usize = 20;

/// A text with the labels of its topics.
#[derive(Clone, Debug, PartialEq)]
pub struct TopicText {
    /// The text.
    pub text: String,
    /// Its topics, by id or by name; empty, or one of [`NONE`], for a text without a topic.
    pub labels: Vec<String>,
    /// How much an error on it costs; 1 where nothing speaks for more or less.
    pub weight: f32,
}

impl Default for TopicText {
    fn default() -> TopicText {
        TopicText {
            text: String::new(),
            labels: Vec::new(),
            weight: 1.0,
        }
    }
}

impl From<&Example> for TopicText {
    fn from(example: &Example) -> TopicText {
        TopicText {
            text: example.text.clone(),
            labels: vec![example.label.clone()],
            weight: example.weight,
        }
    }
}

impl TopicText {
    /// The indices of its topics in `taxonomy`, sorted, each once; empty for a text
    /// without a topic.
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
                        "label {label:?} is not the id or name of a topic ({}), nor \"none\"; \
                         rename it in the lines or the taxonomy, or leave those lines out",
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
/// terms and examples. `progress` gets the name of each step and how much of it is done, 0 to 1.
/// The task that `options` names is ignored.
///
/// `texts` may be empty: the head then knows the taxonomy alone, and counts as much as its terms. A
/// text of several topics trains each of them with an equal share of its weight (Tsoumakas and
/// Katakis 2007: copy-weight).
///
/// # Errors
/// If a label is not a topic, or there is only one topic to distinguish.
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
    let classes = Classes::new(taxonomy, &truth)?;
    // Borrowed by the material, so made before it.
    let documents = pseudo_documents(taxonomy);
    let (material, text_of) = material(texts, &truth, &classes, &documents);
    let mut options = TrainOptions {
        task: TASK.to_owned(),
        ..options.clone()
    };
    if texts.len() < TUNED * classes.labels.len() {
        options.settings = Some(options.settings.unwrap_or_default());
    }
    let (mut model, held_out) = train_material(&material, &options, progress)?;
    let stack = match texts.is_empty() {
        true => stacking::PRIOR,
        false => fitted_stack(taxonomy, texts, &truth, &classes, &text_of, &held_out)?,
    };
    for head in &mut model.heads {
        head.stack = Some(stack);
        for (name, value) in [
            ("stack_bias", stack.bias),
            ("stack_learnt", stack.learnt),
            ("stack_terms", stack.terms),
        ] {
            let settings = &mut head.provenance.settings;
            settings.insert(name.to_owned(), format!("{value:.4}"));
        }
    }
    Ok(model)
}

/// The classes of a head for topics, in the order of their labels, as a model holds them.
struct Classes {
    labels: Vec<String>,
    /// The class of each topic; the last one is that of texts without a topic.
    class_of: Vec<u16>,
    /// Labelled texts of each topic; the last number counts texts without a topic.
    examples: Vec<usize>,
}

impl Classes {
    fn new(taxonomy: &Taxonomy, truth: &[Vec<usize>]) -> Result<Classes> {
        let none = taxonomy.topics.len();
        let mut examples = vec![0usize; none + 1];
        for topics in truth {
            topics.iter().for_each(|&topic| examples[topic] += 1);
            examples[none] += usize::from(topics.is_empty());
        }
        let ids = taxonomy.topics.iter().enumerate();
        let mut classes: BTreeMap<&str, usize> = ids
            .map(|(index, topic)| (topic.id.as_str(), index))
            .collect();
        // A class of its own only if texts have it: without any it could not be calibrated.
        if examples[none] > 0 && classes.insert(NONE[0], none).is_some() {
            return Err(Error::training(
                "a topic is named \"none\", which is also the label of texts without a topic; \
                 rename the topic",
            ));
        }
        if classes.len() < 2 {
            return Err(Error::training(
                "there is only one topic: training needs 2 to 200 topics, or texts without a topic \
                 as well",
            ));
        }
        let mut class_of = vec![0u16; none + 1];
        for (class, &index) in (0u16..).zip(classes.values()) {
            class_of[index] = class;
        }
        Ok(Classes {
            labels: classes.keys().map(|label| (*label).to_owned()).collect(),
            class_of,
            examples,
        })
    }

    /// The index that stands for "no topic".
    fn none(&self) -> usize {
        self.class_of.len() - 1
    }
}

/// What the head is trained on: the labelled texts, which folds hold out, then the taxonomy's
/// documents. With it, for each held-out row, the text that it is a copy of.
fn material<'a>(
    texts: &'a [TopicText],
    truth: &[Vec<usize>],
    classes: &Classes,
    documents: &'a [(usize, String, bool)],
) -> (Material<'a>, Vec<usize>) {
    let none = classes.none();
    let mut material = Material {
        labels: classes.labels.clone(),
        ..Material::default()
    };
    let mut text_of: Vec<usize> = Vec::new();
    for (index, (text, topics)) in texts.iter().zip(truth).enumerate() {
        let topics = match topics.is_empty() {
            true => std::slice::from_ref(&none),
            false => topics,
        };
        let topics: Vec<u16> = topics
            .iter()
            .map(|&topic| classes.class_of[topic])
            .collect();
        material.push(&text.text, &topics, text.weight);
        text_of.extend(topics.iter().map(|_| index));
    }
    material.held = material.texts.len();
    for (topic, text, is_example) in documents {
        // Terms lead where examples are few and must not outweigh them where they are many.
        let fading = FADE / (FADE + classes.examples[*topic] as f32);
        let weight = if *is_example { 1.0 } else { fading };
        material.push(text, &[classes.class_of[*topic]], weight);
    }
    if material.held == 0 {
        // Without labelled texts the head is calibrated on the terms themselves.
        material.held = material.texts.len();
    }
    (material, text_of)
}

/// The stack fitted to what the head gives to held-out texts and to what the terms in them give.
fn fitted_stack(
    taxonomy: &Taxonomy,
    texts: &[TopicText],
    truth: &[Vec<usize>],
    classes: &Classes,
    text_of: &[usize],
    held_out: &[Said],
) -> Result<Stack> {
    let engine = Engine::builder()
        .without_bundled_models()
        .taxonomy(taxonomy.clone())
        .build()?;
    let terms = engine.map_batch(texts, |engine, scratch, text| {
        engine.term_evidence(&text.text, scratch)
    });
    let mut pairs = Vec::new();
    let mut last = None;
    for (&text, said) in text_of.iter().zip(held_out) {
        // A text of several topics has several rows; counted more than once, it would weigh more
        // than others. The first row stands for it.
        if last.replace(text) == Some(text) {
            continue;
        }
        for (topic, &evidence) in terms[text].iter().enumerate().take(classes.none()) {
            let class = usize::from(classes.class_of[topic]);
            let (Some(&probability), Some(&alone)) =
                (said.probabilities.get(class), said.alone.get(class))
            else {
                continue;
            };
            pairs.push(stacking::Pair {
                learnt: learnt(alone, logit(probability), even(classes.labels.len())),
                terms: evidence,
                member: truth[text].binary_search(&topic).is_ok(),
                weight: f64::from(texts[text].weight),
            });
        }
    }
    Ok(stacking::fit(&pairs))
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
            // A term of the lowest strength is a hint: it occurs in texts of other topics too, and
            // a document of it would teach what is not so.
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
