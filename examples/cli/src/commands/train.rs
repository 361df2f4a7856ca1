//! `hearken train`: a custom head from labelled JSON lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use hearken::Engine;
use hearken::model::Model;
use hearken::taxonomy::Taxonomy;
use hearken::train::{
    Example, Goal, TopicText, TrainOptions, evaluate_topics, next_to_label, train, train_topics,
};

use super::{evaluate, topics};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::labelled::LabelledOptions;
use hearken_cli::options::{Shared, language, read_taxonomy};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::summary::{grouped, say, table};

/// The name of the learning curve in a model's header.
const CURVE: &str = "held_out_curve";
/// Classes that the summary names.
const SHOWN_CLASSES: usize = 20;

/// Trains a custom head from labelled JSON lines, with 2 to 200 classes
///
/// The model is one file. `hearken triage --model FILE` answers with it, `hearken evaluate --model
/// FILE` says how good it is. The same lines and the same --seed give the same bytes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken train --task reason mails.jsonl -o reason.model
  hearken train --task stars --text-field review.body --label-field review.stars --valid test.jsonl train.jsonl.gz \\
    --data 'reviews of 2025' --licence 'CC BY 4.0' -o stars.model
  hearken train --taxonomy reasons.toml mails.jsonl -o topic.model
  hearken train --task reason few.jsonl -o reason.model --suggest 20 --unlabelled mails.jsonl > next.jsonl")]
pub(crate) struct Arguments {
    /// Files of labelled texts, plain, .gz or .zst; - is standard input
    #[arg(value_name = "TRAIN", required = true)]
    files: Vec<PathBuf>,
    /// The name of the head, as answers show it
    #[arg(long, value_name = "NAME", required_unless_present = "taxonomy")]
    task: Option<String>,
    /// Train the head `topic` of this taxonomy (TOML): labels are its topics' ids or names, none,
    /// or arrays of them, and its terms and examples are learnt from as well. Triage with the same
    /// --taxonomy uses it
    #[arg(long, value_name = "FILE", conflicts_with = "task")]
    taxonomy: Option<PathBuf>,
    #[command(flatten)]
    labelled: LabelledOptions,
    /// Labelled texts to evaluate the model on when it is trained; can be given several times
    #[arg(long, value_name = "FILE")]
    valid: Vec<PathBuf>,
    /// Where the data came from, for the model's header
    #[arg(long, value_name = "TEXT", default_value = "")]
    data: String,
    /// The licence of the data, for the model's header
    #[arg(long, value_name = "TEXT", default_value = "")]
    licence: String,
    /// The languages of the data, by their codes (zh is Chinese in any script): a head named
    /// `topic` gives no topic to posts in other languages [default: not known]
    #[arg(long, value_name = "CODE,CODE", value_delimiter = ',')]
    languages: Vec<String>,
    /// The seed of every draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// What training makes as large as it can: macro-f1 counts every class the same, accuracy every
    /// text; of few texts in many classes the latter answers more of them rightly
    #[arg(long, value_enum, value_name = "FIGURE", default_value_t = Optimise::MacroF1)]
    optimise: Optimise,
    /// Say what an eighth, a quarter and half of the texts reach, and what more would give
    #[arg(long)]
    curve: bool,
    /// Learn from the rows alone: without the shipped heads' opinions of each text, which help most
    /// where rows are few and make the model some 6 MB larger, and without the names of the labels
    #[arg(long, conflicts_with = "taxonomy")]
    rows_alone: bool,
    /// Name N texts of --unlabelled that are worth labelling next, as JSON lines on standard
    /// output: those that the head is least sure of, spread over its labels
    #[arg(
        long,
        value_name = "N",
        requires = "unlabelled",
        conflicts_with_all = ["taxonomy", "valid"]
    )]
    suggest: Option<usize>,
    /// Texts without labels for --suggest; can be given several times
    #[arg(long, value_name = "FILE", requires = "suggest")]
    unlabelled: Vec<PathBuf>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Optimise {
    MacroF1,
    Accuracy,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let options = arguments.options()?;
    if let Some(path) = &arguments.taxonomy {
        return topics_of(path, arguments, &options, shared);
    }
    if arguments.suggest.is_some() && shared.output.is_none() {
        return Err(Failure::message(
            "--suggest writes to standard output; name the file of the model with -o",
        ));
    }
    let mut output = Output::open_binary(shared.output.as_deref(), "NAME.model")?;
    let labelled = &arguments.labelled;
    let learn = labelled.read(&arguments.files, shared.quiet)?;
    let classes = classes(&learn.examples);
    let valid = match arguments.valid.is_empty() {
        true => None,
        false => Some(labelled.read(&arguments.valid, shared.quiet)?),
    };
    // Said before the long work, not after it.
    if let Some(valid) = &valid {
        check_labels(&classes, &valid.examples)?;
    }
    let started = Instant::now();
    let progress = Progress::shares(!shared.quiet);
    let model = train(&learn.examples, &options, &mut |what, share| {
        progress.set_share(share, what)
    })?;
    progress.finish();
    output.put(&model.to_bytes())?;
    output.finish()?;
    if !shared.quiet {
        summarise(class_rows(learn.examples.len(), &classes), &model, started);
    }
    if let Some(valid) = &valid {
        measure(&options.task, model, &valid.examples, shared.quiet)?;
    } else if let Some(count) = arguments.suggest {
        let texts = labelled.read_texts(&arguments.unlabelled, shared.quiet)?;
        suggest(&options.task, model, &texts.examples, count)?;
    }
    let read: Vec<_> = std::iter::once(&learn).chain(valid.as_ref()).collect();
    Ok(labelled.outcome(&read))
}

impl Arguments {
    fn options(&self) -> Result<TrainOptions, Failure> {
        let task = self.task.as_deref().unwrap_or(hearken::train::topics::TASK);
        if task.trim().is_empty() {
            return Err(Failure::message("--task is empty; give the head a name"));
        }
        let mut languages: Vec<String> = Vec::new();
        for code in &self.languages {
            let code = language(code, "--languages")?;
            if !languages.iter().any(|other| other == code) {
                languages.push(code.to_owned());
            }
        }
        Ok(TrainOptions {
            task: task.trim().to_owned(),
            data: self.data.clone(),
            licence: self.licence.clone(),
            languages,
            seed: self.seed,
            goal: match self.optimise {
                Optimise::MacroF1 => Goal::MacroF1,
                Optimise::Accuracy => Goal::Accuracy,
            },
            curve: self.curve,
            priors: !self.rows_alone,
            ..TrainOptions::default()
        })
    }
}

/// How many texts each class has.
fn classes(examples: &[Example]) -> BTreeMap<&str, u64> {
    let mut classes = BTreeMap::new();
    for example in examples {
        *classes.entry(example.label.as_str()).or_default() += 1;
    }
    classes
}

/// Refuses labels that no training line has.
fn check_labels(classes: &BTreeMap<&str, u64>, valid: &[Example]) -> Result<(), Failure> {
    let unknown = valid
        .iter()
        .map(|example| example.label.as_str())
        .filter(|label| !classes.contains_key(label))
        .min();
    match unknown {
        Some(label) => Err(Failure::message(format!(
            "the label `{label}` of --valid is not in any training line; remove its lines, or add \
             some to the training file"
        ))),
        None => Ok(()),
    }
}

/// The classes for the closing summary, the first of them by name.
fn class_rows(texts: usize, classes: &BTreeMap<&str, u64>) -> Vec<Vec<String>> {
    let row = |name: &str, count: u64| vec![name.to_owned(), grouped(count)];
    let mut rows = vec![
        row("posts", texts as u64),
        row("classes", classes.len() as u64),
    ];
    let shown = classes.iter().take(SHOWN_CLASSES);
    rows.extend(shown.map(|(label, count)| row(&format!("  {label}"), *count)));
    if classes.len() > SHOWN_CLASSES {
        let more = format!("  and {} more", classes.len() - SHOWN_CLASSES);
        rows.push(vec![more, String::new()]);
    }
    rows
}

/// Says on standard output what a head reaches on texts that it was not trained on.
fn measure(task: &str, model: Model, valid: &[Example], quiet: bool) -> Result<(), Failure> {
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()?;
    let started = Instant::now();
    let evaluation = hearken::train::evaluate(&engine, task, valid)?;
    let elapsed = started.elapsed();
    let mut report = Output::standard();
    report.put(evaluate::report(&evaluation).as_bytes())?;
    report.finish()?;
    evaluate::say_speed(valid.len(), elapsed, quiet);
    Ok(())
}

/// Names the texts that are worth labelling next: the text, the label that the head gives and its
/// probability.
fn suggest(task: &str, model: Model, texts: &[String], count: usize) -> Result<(), Failure> {
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()?;
    let labels = engine.labels(task).unwrap_or_default();
    let borrowed: Vec<&str> = texts.iter().map(String::as_str).collect();
    let mut lines = Output::standard();
    for candidate in next_to_label(&engine, task, &borrowed, count)? {
        let line = serde_json::json!({
            "text": borrowed.get(candidate.index),
            "given": labels.get(candidate.given),
            // Three digits, as a person reads it.
            "probability": (f64::from(candidate.probability) * 1000.0).round() / 1000.0,
        });
        lines.put(format!("{line}\n").as_bytes())?;
    }
    lines.finish()
}

/// Trains the head of a taxonomy's topics.
fn topics_of(
    path: &Path,
    arguments: &Arguments,
    options: &TrainOptions,
    shared: &Shared,
) -> Result<Outcome, Failure> {
    let taxonomy = read_taxonomy(path)?;
    let mut output = Output::open_binary(shared.output.as_deref(), "topic.model")?;
    let labelled = &arguments.labelled;
    let learn = labelled.read_topics(&arguments.files, shared.quiet)?;
    let valid = match arguments.valid.is_empty() {
        true => None,
        false => Some(labelled.read_topics(&arguments.valid, shared.quiet)?),
    };
    // Said before the long work, not after it.
    for text in valid.iter().flat_map(|valid| &valid.examples) {
        text.topics(&taxonomy)?;
    }
    let started = Instant::now();
    let progress = Progress::shares(!shared.quiet);
    let model = train_topics(&taxonomy, &learn.examples, options, &mut |what, share| {
        progress.set_share(share, what)
    })?;
    progress.finish();
    output.put(&model.to_bytes())?;
    output.finish()?;
    if !shared.quiet {
        let row = |name: &str, count: usize| vec![name.to_owned(), grouped(count as u64)];
        let (posts, topics) = (learn.examples.len(), taxonomy.topics.len());
        let rows = vec![row("posts", posts), row("topics", topics)];
        summarise(rows, &model, started);
    }
    if let Some(valid) = &valid {
        measure_topics(taxonomy, model, &valid.examples)?;
    }
    let read: Vec<_> = std::iter::once(&learn).chain(valid.as_ref()).collect();
    Ok(labelled.outcome(&read))
}

/// Says on standard output what topics reach on texts that they were not trained on.
fn measure_topics(taxonomy: Taxonomy, model: Model, valid: &[TopicText]) -> Result<(), Failure> {
    let engine = Engine::builder()
        .without_bundled_models()
        .taxonomy(taxonomy)
        .model(model)
        .build()?;
    let found = evaluate_topics(&engine, valid)?;
    let mut report = Output::standard();
    report.put(topics::report(&found, valid.len()).as_bytes())?;
    report.finish()
}

/// Says what was trained: `rows`, what training chose, and what it cost.
fn summarise(mut rows: Vec<Vec<String>>, model: &Model, started: Instant) {
    if let Some(head) = model.heads().first() {
        let settings = &head.provenance.settings;
        rows.extend(chosen(settings));
        rows.extend(
            settings
                .get(CURVE)
                .map_or_else(Vec::new, |points| curve(points)),
        );
    }
    let bytes = model.to_bytes().len();
    rows.push(vec!["bytes".to_owned(), grouped(bytes as u64)]);
    rows.push(vec![
        "seconds".to_owned(),
        format!("{:.1}", started.elapsed().as_secs_f64()),
    ]);
    say(&table(&[], rows, &[1]));
}

/// The points of the learning curve, and what twice as many texts would give.
fn curve(points: &str) -> Vec<Vec<String>> {
    let points: Vec<(u64, f64)> = points
        .split(", ")
        .filter_map(|point| point.split_once(' '))
        .filter_map(|(texts, figure)| Some((texts.parse().ok()?, figure.parse().ok()?)))
        .collect();
    let mut rows: Vec<Vec<String>> = points
        .iter()
        .map(|(texts, figure)| {
            let name = format!("held out, of {} texts", grouped(*texts));
            vec![name, format!("{figure:.4}")]
        })
        .collect();
    if let [.., (_, first), (_, half), (_, all)] = points[..] {
        // Each doubling gives a part of what the one before it gave; as large a part once more.
        let (before, last) = (half - first, all - half);
        let shrinks = if before > 0.0 {
            (last / before).clamp(0.0, 1.0)
        } else {
            1.0
        };
        let more = (last * shrinks).max(0.0);
        rows.push(vec![
            "twice as many, about".to_owned(),
            format!("{more:+.4}"),
        ]);
    }
    rows
}

/// What training chose, in the order of the recipe, under names that say what it is; what has no
/// such name comes last.
fn chosen(settings: &BTreeMap<String, String>) -> Vec<Vec<String>> {
    const NAMES: [(&str, &str); 22] = [
        ("features", "features"),
        ("cost", "cost of an error"),
        ("stretch", "stretch by naive Bayes"),
        ("smoothing", "smoothing of naive Bayes"),
        ("naive_bayes", "share of naive Bayes"),
        ("balance", "balance of rare classes"),
        ("pairs", "weight of pairs of words"),
        ("negated", "weight of negated words"),
        ("characters", "weight of characters"),
        ("terms", "weight of listed terms"),
        ("fewest", "fewest texts of a feature"),
        ("most_features", "most features"),
        ("signals", "weight of dense signals"),
        ("opinions", "weight of shipped heads' opinions"),
        ("folds", "folds"),
        ("optimise", "made as large as it can be"),
        ("held_out_macro_f1", "held-out macro F1"),
        ("held_out_accuracy", "held-out accuracy"),
        ("stack_bias", "log-odds of a topic before evidence"),
        ("stack_learnt", "weight of what was learnt"),
        ("stack_terms", "weight of the taxonomy's terms"),
        ("seed", "seed"),
    ];
    let named = NAMES
        .iter()
        .filter_map(|&(key, name)| Some((name, shown(key, settings.get(key)?))));
    let other = settings
        .iter()
        .filter(|(key, _)| *key != CURVE && !NAMES.iter().any(|(name, _)| name == key));
    let rows = named.chain(other.map(|(key, value)| (key.as_str(), value.clone())));
    rows.map(|(name, value)| vec![name.to_owned(), value])
        .collect()
}

/// A number without the noise of its last digits; the number of features in groups.
fn shown(key: &str, value: &str) -> String {
    match (key, value.parse::<u64>(), value.parse::<f64>()) {
        ("features", Ok(features), _) => grouped(features),
        (_, Err(_), Ok(float)) if value.len() > 6 => format!("{float:.4}"),
        _ => value.to_owned(),
    }
}
