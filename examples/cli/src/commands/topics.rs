//! What the topics of a taxonomy reach on labelled lines: figures, thresholds and curves.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hearken::Engine;
use hearken::model::Model;
use hearken::taxonomy::Taxonomy;
use hearken::train::topics::{TopicEvaluation, TopicText, fit_thresholds};
use hearken::train::{TopicCurve, confusion_of_topics, evaluate_topics, topic_curve};

use super::evaluate::{confusion_table, say_speed, write_confusion};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::labelled::LabelledOptions;
use hearken_cli::options::{Shared, read_taxonomy};
use hearken_cli::output::Output;
use hearken_cli::summary::{grouped, table};
use serde::Serialize;

/// What to evaluate of a taxonomy.
#[derive(clap::Args)]
pub(crate) struct TopicOptions {
    /// Evaluate the topics of this taxonomy (TOML): its terms alone, or with --model or --bundled
    /// topic. A label is a topic's id or name, none, or an array of them
    #[arg(long, value_name = "FILE", conflicts_with = "task")]
    pub(crate) taxonomy: Option<PathBuf>,
    /// Print the thresholds under which each topic's F1 is largest on these lines, as TOML for the
    /// taxonomy; measure them on other lines
    #[arg(long, requires = "taxonomy")]
    fit_thresholds: bool,
    /// Train on more and more lines of this file, with and without the taxonomy, and say
    /// what each reaches
    #[arg(long, value_name = "TRAIN", requires = "taxonomy", conflicts_with_all = ["fit_thresholds", "model", "bundled"])]
    curve: Option<PathBuf>,
    /// How many lines of each topic the curve is measured with
    #[arg(
        long,
        value_name = "N,N",
        value_delimiter = ',',
        default_value = "0,5,50,500",
        requires = "curve"
    )]
    sizes: Vec<usize>,
    /// The seed of the curve's draws
    #[arg(long, value_name = "N", default_value_t = 1, requires = "curve")]
    seed: u64,
}

/// What answers for the topics.
pub(crate) struct From<'a> {
    pub(crate) taxonomy: &'a Path,
    pub(crate) model: Option<Model>,
    pub(crate) bundled: bool,
    pub(crate) json: bool,
    /// Where to write what was taken for what.
    pub(crate) confusion: Option<&'a Path>,
}

pub(crate) fn run(
    arguments: &TopicOptions,
    from: From<'_>,
    labelled: &LabelledOptions,
    files: &[PathBuf],
    shared: &Shared,
) -> Result<Outcome, Failure> {
    if from.confusion.is_some() && from.model.is_none() && !from.bundled {
        // `hearken share` would decide with the bundled head as well.
        return Err(Failure::message(
            "--confusion takes the model that will decide; add --model or --bundled topic",
        ));
    }
    let taxonomy = read_taxonomy(from.taxonomy)?;
    let mut output = Output::open(shared.output.as_deref())?;
    if let Some(path) = &arguments.curve {
        let learn = labelled.read(std::slice::from_ref(path), shared.quiet)?;
        let test = labelled.read(files, shared.quiet)?;
        let (learnt, tested) = (&learn.examples, &test.examples);
        let curve = topic_curve(&taxonomy, learnt, tested, &arguments.sizes, arguments.seed)?;
        put(&curve, from.json, curve_table, &mut output)?;
        output.finish()?;
        return Ok(labelled.outcome(&[&learn, &test]));
    }
    let test = labelled.read_topics(files, shared.quiet)?;
    let engine = from.engine(&taxonomy)?;
    let started = Instant::now();
    match arguments.fit_thresholds {
        true => {
            let fitted = fit_thresholds(&engine, &test.examples)?;
            let toml = |fitted: &Vec<_>| thresholds_toml(&taxonomy, fitted);
            put(&fitted, from.json, toml, &mut output)?;
        }
        false => evaluate(&from, &engine, &test.examples, &mut output)?,
    }
    let elapsed = started.elapsed();
    output.finish()?;
    say_speed(test.examples.len(), elapsed, shared.quiet);
    Ok(labelled.outcome(&[&test]))
}

impl From<'_> {
    fn engine(&self, taxonomy: &Taxonomy) -> Result<Engine, Failure> {
        let mut builder = Engine::builder().taxonomy(taxonomy.clone());
        if !self.bundled {
            builder = builder.without_bundled_models();
        }
        if let Some(model) = &self.model {
            builder = builder.model(model.clone());
        }
        Ok(builder.build()?)
    }
}

/// Writes the figures, and what was taken for what where it was asked for.
fn evaluate(
    from: &From<'_>,
    engine: &Engine,
    examples: &[TopicText],
    output: &mut Output,
) -> Result<(), Failure> {
    if let Some(path) = from.confusion {
        write_confusion(path, &confusion_of_topics(engine, examples)?)?;
    }
    let found = evaluate_topics(engine, examples)?;
    let report = |found: &TopicEvaluation| report(found, examples.len());
    put(&found, from.json, report, output)
}

/// Writes `value` as a line of JSON, or as people read it.
fn put<T: Serialize>(
    value: &T,
    json: bool,
    shown: impl Fn(&T) -> String,
    output: &mut Output,
) -> Result<(), Failure> {
    match json {
        true => output.put_json(value),
        false => output.put(shown(value).as_bytes()),
    }
}

/// The figures as tables.
pub(crate) fn report(found: &TopicEvaluation, texts: usize) -> String {
    let figure = |value: f64| format!("{value:.4}");
    let best = &found.best;
    let rows = [
        ("posts", grouped(texts as u64)),
        ("posts of one topic", grouped(best.posts as u64)),
        (
            "  given a topic",
            format!("{:.1} %", 100.0 * found.answered),
        ),
        ("  accuracy of the best topic", figure(best.accuracy)),
        ("  macro F1 of the best topic", figure(best.macro_f1)),
        ("at the thresholds: micro F1", figure(found.micro_f1)),
        ("  macro F1", figure(found.macro_f1)),
        ("  all topics right", figure(found.exact)),
    ];
    let rows = rows.map(|(name, value)| vec![name.to_owned(), value]);
    let mut text = table(&[], rows.to_vec(), &[1]);
    let topics = found.topics.iter().map(|topic| {
        vec![
            topic.id.clone(),
            format!("{:.2}", topic.threshold),
            figure(topic.precision),
            figure(topic.recall),
            figure(topic.f1),
            grouped(topic.support),
        ]
    });
    let header = ["topic", "threshold", "precision", "recall", "F1", "posts"];
    text.push('\n');
    text.push_str(&table(&header, topics.collect(), &[1, 2, 3, 4, 5]));
    if best.posts > 0 {
        text.push('\n');
        text.push_str(&confusion_table(best));
    }
    text
}

/// Thresholds as lines to paste beneath the topics' ids; a topic that is too rare is named
/// in a comment.
pub(crate) fn thresholds_toml(taxonomy: &Taxonomy, thresholds: &[Option<f32>]) -> String {
    let mut text = String::new();
    for (topic, threshold) in taxonomy.topics.iter().zip(thresholds) {
        let _ = match threshold {
            Some(threshold) => writeln!(text, "# {}\nthreshold = {threshold:.2}", topic.id),
            None => writeln!(text, "# {}: too few lines have it", topic.id),
        };
    }
    text
}

/// The points of a curve as a table.
pub(crate) fn curve_table(curve: &TopicCurve) -> String {
    let figure = |value: f64| format!("{value:.4}");
    let maybe = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), figure);
    let mut rows = vec![vec![
        "terms alone".to_owned(),
        "0".to_owned(),
        figure(curve.terms.accuracy),
        figure(curve.terms.macro_f1),
        format!("{:.3}", curve.terms.answered),
        maybe(None),
        maybe(None),
    ]];
    for row in &curve.rows {
        rows.push(vec![
            format!("{} a topic", row.size),
            grouped(row.texts as u64),
            figure(row.accuracy),
            figure(row.macro_f1),
            format!("{:.3}", row.answered),
            maybe(row.without_accuracy),
            maybe(row.without_macro_f1),
        ]);
    }
    table(
        &[
            "labelled",
            "posts",
            "accuracy",
            "macro F1",
            "answered",
            "accuracy without",
            "macro F1 without taxonomy",
        ],
        rows,
        &[1, 2, 3, 4, 5, 6],
    )
}
