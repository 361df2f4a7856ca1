//! Curves: what topics reach with more and more labelled texts, with and without a taxonomy.

use serde::Serialize;

use super::{TopicText, evaluate_topics, train_topics};
use crate::stats::random::Random;
use crate::taxonomy::Taxonomy;
use crate::train::{Example, TrainOptions, evaluate, train};
use crate::{Engine, Result};

/// What topics reach with more and more labelled texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct TopicCurve {
    /// The taxonomy's terms as they are found in the texts, and nothing learnt.
    pub terms: CurveRow,
    /// A row for each number of texts a topic.
    pub rows: Vec<CurveRow>,
}

/// One point of a curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CurveRow {
    /// Most labelled texts of each topic that were drawn.
    pub size: usize,
    /// Labelled texts in all.
    pub texts: usize,
    /// Share of texts whose best topic is their label, from texts and taxonomy, 0 to 1.
    pub accuracy: f64,
    /// Mean of the topics' F1, from texts and taxonomy.
    pub macro_f1: f64,
    /// Share of texts that were given any topic.
    pub answered: f64,
    /// The same accuracy from the labelled texts alone; none where there are too few to train on.
    pub without_accuracy: Option<f64>,
    /// The same macro F1 from the labelled texts alone.
    pub without_macro_f1: Option<f64>,
}

/// Draws up to each of `sizes` texts of every topic from `learn` (the larger draws hold the smaller
/// ones), trains on them with and without `taxonomy`, and measures on `test`. Each text has one
/// label. The same `seed` draws the same texts.
///
/// # Errors
/// If a label is not a topic, or training fails.
pub fn topic_curve(
    taxonomy: &Taxonomy,
    learn: &[Example],
    test: &[Example],
    sizes: &[usize],
    seed: u64,
) -> Result<TopicCurve> {
    let wanted: Vec<TopicText> = test.iter().map(TopicText::from).collect();
    let builder = || {
        Engine::builder()
            .without_bundled_models()
            .taxonomy(taxonomy.clone())
    };
    let measured = |engine: &Engine, size, texts| -> Result<CurveRow> {
        let found = evaluate_topics(engine, &wanted)?;
        Ok(CurveRow {
            size,
            texts,
            accuracy: found.best.accuracy,
            macro_f1: found.best.macro_f1,
            answered: found.answered,
            ..CurveRow::default()
        })
    };
    let mut order: Vec<usize> = (0..learn.len()).collect();
    Random::new(seed).shuffle(&mut order);
    let options = TrainOptions {
        seed,
        ..TrainOptions::default()
    };
    let mut rows = Vec::with_capacity(sizes.len());
    for &size in sizes {
        let (examples, topics) = sample(taxonomy, learn, &order, size)?;
        let texts: Vec<TopicText> = examples.iter().map(TopicText::from).collect();
        let model = train_topics(taxonomy, &texts, &options, &mut |_, _| {})?;
        let mut row = measured(&builder().model(model).build()?, size, texts.len())?;
        if topics > 1 {
            let (accuracy, macro_f1) = without_taxonomy(&examples, test, &options)?;
            row.without_accuracy = Some(accuracy);
            row.without_macro_f1 = Some(macro_f1);
        }
        rows.push(row);
    }
    Ok(TopicCurve {
        terms: measured(&builder().build()?, 0, 0)?,
        rows,
    })
}

/// The first texts of each topic in `order`, at most `size` of each, and how many topics have
/// any. One order for all sizes: the larger draws hold the smaller ones, so a curve does not
/// jump by luck.
fn sample(
    taxonomy: &Taxonomy,
    learn: &[Example],
    order: &[usize],
    size: usize,
) -> Result<(Vec<Example>, usize)> {
    let none = taxonomy.topics.len();
    let mut counts = vec![0usize; none + 1];
    let mut examples: Vec<Example> = Vec::new();
    for &at in order {
        let topics = TopicText::from(&learn[at]).topics(taxonomy)?;
        let topic = topics.first().copied().unwrap_or(none);
        if counts[topic] < size {
            counts[topic] += 1;
            examples.push(learn[at].clone());
        }
    }
    let topics = counts.iter().filter(|&&count| count > 0).count();
    Ok((examples, topics))
}

/// Accuracy and macro F1 on `test` of a plain head that was trained on `examples` alone.
fn without_taxonomy(
    examples: &[Example],
    test: &[Example],
    options: &TrainOptions,
) -> Result<(f64, f64)> {
    let model = train(examples, options, &mut |_, _| {})?;
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()?;
    let labels = engine.labels(&options.task).unwrap_or_default();
    // A label that was never drawn is never given, so its texts are wrong.
    let known: Vec<Example> = test
        .iter()
        .filter(|example| labels.contains(&example.label))
        .cloned()
        .collect();
    let found = evaluate(&engine, &options.task, &known)?;
    let share = known.len() as f64 / test.len().max(1) as f64;
    Ok((found.accuracy * share, found.macro_f1))
}
