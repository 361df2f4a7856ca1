//! What topics reach on labelled texts: the best topic against the label, and every label
//! at its threshold.

use serde::Serialize;

use super::TopicText;
use crate::model::calibration::largest;
use crate::prevalence::Confusion;
use crate::train::Evaluation;
use crate::{Engine, Result};

/// What the topics of an engine reach on labelled texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TopicEvaluation {
    /// The most probable topic against the label, on the texts that have exactly one topic. A text
    /// without evidence for any is given no topic, and is wrong.
    pub best: Evaluation,
    /// Share of those texts that were given a topic, 0 to 1.
    pub answered: f64,
    /// F1 over all pairs of a text and a topic, 0 to 1: a topic is named from its threshold on.
    pub micro_f1: f64,
    /// Mean of the topics' F1, over those that occur in truth or answer.
    pub macro_f1: f64,
    /// Share of texts whose topics are named exactly, 0 to 1.
    pub exact: f64,
    /// Each topic, in the order of the taxonomy.
    pub topics: Vec<TopicReport>,
}

/// What is reached on one topic.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TopicReport {
    /// The topic.
    pub id: String,
    /// The probability from which on it is named.
    pub threshold: f32,
    /// Share of the texts given the topic that have it.
    pub precision: f64,
    /// Share of the texts that have the topic that were given it.
    pub recall: f64,
    /// Harmonic mean of precision and recall.
    pub f1: f64,
    /// Texts that have the topic.
    pub support: u64,
}

/// What a topic was to be and was: texts with both, given it, having it.
#[derive(Clone, Copy, Debug, Default)]
struct Cells {
    both: u64,
    given: u64,
    support: u64,
}

impl Cells {
    fn add(&mut self, given: bool, is: bool) {
        self.both += u64::from(given && is);
        self.given += u64::from(given);
        self.support += u64::from(is);
    }

    fn f1(self) -> f64 {
        // 2PR / (P + R), in which the shares of the hits cancel.
        if self.both == 0 {
            0.0
        } else {
            2.0 * self.both as f64 / (self.given + self.support) as f64
        }
    }
}

/// What the topics of `engine` reach on `texts`.
///
/// # Errors
/// If a label is not a topic of the engine's taxonomy.
pub fn evaluate_topics(engine: &Engine, texts: &[TopicText]) -> Result<TopicEvaluation> {
    let (truth, found) = scored(engine, texts)?;
    let (best, answered) = best_topics(engine, &truth, &found);
    let (cells, exact) = named(engine, &truth, &found);
    let mut all = Cells::default();
    cells.iter().for_each(|topic| {
        all.both += topic.both;
        all.given += topic.given;
        all.support += topic.support;
    });
    let occurring: Vec<f64> = cells
        .iter()
        .filter(|topic| topic.given + topic.support > 0)
        .map(|topic| topic.f1())
        .collect();
    let topics = engine.taxonomy().topics.iter().zip(cells);
    Ok(TopicEvaluation {
        answered,
        best,
        micro_f1: all.f1(),
        macro_f1: occurring.iter().sum::<f64>() / occurring.len().max(1) as f64,
        exact: share(exact, texts.len() as u64),
        topics: topics
            .map(|(topic, cells)| TopicReport {
                id: topic.id.clone(),
                threshold: topic.threshold(),
                precision: share(cells.both, cells.given),
                recall: share(cells.both, cells.support),
                f1: cells.f1(),
                support: cells.support,
            })
            .collect(),
    })
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// The most probable topic of each text against its label, on the texts of exactly one topic, and
/// the share of those that were given a topic.
fn best_topics(engine: &Engine, truth: &[Vec<usize>], found: &[Vec<f32>]) -> (Evaluation, f64) {
    let topics = &engine.taxonomy().topics;
    let count = topics.len();
    // One more class stands for no topic, which a text without evidence for any is given.
    let mut labels: Vec<String> = topics.iter().map(|topic| topic.id.clone()).collect();
    labels.push("(no topic)".to_owned());
    let answers: Vec<(usize, usize, f32)> = truth
        .iter()
        .zip(found)
        // Of a text with several topics each of them would be right as the best one.
        .filter(|(truth, _)| truth.len() == 1)
        .map(|(truth, found)| {
            let (topic, probability) = best(found).unwrap_or((count, 0.0));
            (truth[0], topic, probability)
        })
        .collect();
    let answered = answers.iter().filter(|answer| answer.1 < count).count();
    let mut best = Evaluation::new(super::TASK, &labels, &answers);
    // "No topic" is not a class: neither its zero F1 nor its name belongs to the mean.
    let occurring: Vec<f64> = (0..count)
        .filter(|&topic| {
            answers
                .iter()
                .any(|answer| answer.0 == topic || answer.1 == topic)
        })
        .map(|topic| best.classes[topic].f1)
        .collect();
    best.macro_f1 = occurring.iter().sum::<f64>() / occurring.len().max(1) as f64;
    // Where each text was given a topic, the additional class is an empty row: left out.
    if answered == answers.len() {
        best.classes.truncate(count);
        best.confusion.truncate(count);
        best.confusion
            .iter_mut()
            .for_each(|row| row.truncate(count));
    }
    (best, share(answered as u64, answers.len() as u64))
}

/// How each topic was named at its threshold, and how many texts were given exactly their topics.
fn named(engine: &Engine, truth: &[Vec<usize>], found: &[Vec<f32>]) -> (Vec<Cells>, u64) {
    let topics = &engine.taxonomy().topics;
    let mut cells = vec![Cells::default(); topics.len()];
    let mut exact = 0u64;
    for (truth, found) in truth.iter().zip(found) {
        let mut same = true;
        for (topic, cells) in cells.iter_mut().enumerate() {
            let given = found
                .get(topic)
                .is_some_and(|&probability| probability >= topics[topic].threshold());
            let is = truth.binary_search(&topic).is_ok();
            cells.add(given, is);
            same &= given == is;
        }
        exact += u64::from(same);
    }
    (cells, exact)
}

/// The errors of the topics of `engine`, each at its threshold, for [shares](crate::prevalence),
/// from texts that no model was trained on.
///
/// # Errors
/// If a label is not a topic of the engine's taxonomy.
pub fn confusion_of_topics(engine: &Engine, texts: &[TopicText]) -> Result<Confusion> {
    let (truth, found) = scored(engine, texts)?;
    let topics = &engine.taxonomy().topics;
    let ids: Vec<&str> = topics.iter().map(|topic| topic.id.as_str()).collect();
    let mut confusion = Confusion::several(super::TASK, &ids);
    for (truth, found) in truth.iter().zip(&found) {
        for (index, (topic, &probability)) in topics.iter().zip(found).enumerate() {
            let is = truth.binary_search(&index).is_ok();
            confusion.add_of(index, is, probability >= topic.threshold(), probability);
        }
    }
    Ok(confusion)
}

/// Texts that must have a topic for its threshold to be fitted. Chosen by hand, not tuned: fewer
/// would fit one lucky probability.
const ENOUGH: u64 = 5;

/// For each topic of `engine` the threshold under which its F1 on `texts` is largest, with two
/// decimals; none for a topic that fewer than five texts have. Of equal thresholds the one nearest
/// to the topic's present one is taken.
///
/// Thresholds are chosen on these texts: what they reach has to be measured on others.
///
/// # Errors
/// If a label is not a topic of the engine's taxonomy.
pub fn fit_thresholds(engine: &Engine, texts: &[TopicText]) -> Result<Vec<Option<f32>>> {
    let (truth, found) = scored(engine, texts)?;
    let fitted = engine
        .taxonomy()
        .topics
        .iter()
        .enumerate()
        .map(|(topic, stated)| {
            let pairs: Vec<(f32, bool)> = truth
                .iter()
                .zip(&found)
                .map(|(truth, found)| {
                    (
                        found.get(topic).copied().unwrap_or_default(),
                        truth.binary_search(&topic).is_ok(),
                    )
                })
                .collect();
            if (pairs.iter().filter(|pair| pair.1).count() as u64) < ENOUGH {
                return None;
            }
            let f1 = |hundredths: i32| {
                let mut cells = Cells::default();
                let threshold = hundredths as f32 / 100.0;
                pairs
                    .iter()
                    .for_each(|&(probability, is)| cells.add(probability >= threshold, is));
                cells.f1()
            };
            let present = (stated.threshold() * 100.0).round() as i32;
            let mut best = (f1(present.clamp(1, 99)), present.clamp(1, 99));
            for hundredths in 1..100 {
                let reached = f1(hundredths);
                // F1 is flat in many places: of equals the nearest to the present one, so that a
                // taxonomy does not change without a reason.
                let nearer = (hundredths - present).abs() < (best.1 - present).abs();
                if reached > best.0 + 1e-12 || (reached > best.0 - 1e-12 && nearer) {
                    best = (reached, hundredths);
                }
            }
            Some(best.1 as f32 / 100.0)
        });
    Ok(fitted.collect())
}

/// The indices of the topics that a text has, and the probability of each topic.
type Scored = (Vec<Vec<usize>>, Vec<Vec<f32>>);

fn scored(engine: &Engine, texts: &[TopicText]) -> Result<Scored> {
    let truth = texts
        .iter()
        .map(|text| text.topics(engine.taxonomy()))
        .collect::<Result<Vec<_>>>()?;
    let found = engine.map_batch(texts, |engine, scratch, text| {
        engine.topic_probabilities(&text.text, scratch).to_vec()
    });
    Ok((truth, found))
}

/// The most probable topic, the first of equals; none where all are equal, for then there is no
/// evidence for any.
fn best(probabilities: &[f32]) -> Option<(usize, f32)> {
    let (topic, most) = largest(probabilities)?;
    let alike =
        probabilities.len() > 1 && probabilities.iter().all(|&probability| probability == most);
    (!alike).then_some((topic, most))
}
