//! `hearken train`: a head of one's own from labelled JSON lines.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use hearken::Engine;
use hearken::model::Model;
use hearken::train::{TrainOptions, evaluate_topics, train, train_topics};

use super::{evaluate, topics};
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::labelled::LabelledOptions;
use hearken_cli::options::{Shared, language, read_taxonomy};
use hearken_cli::output::Output;
use hearken_cli::progress::Progress;
use hearken_cli::summary::{grouped, say, table};

/// Trains a head of your own from labelled JSON lines, with 2 to 200 classes
///
/// The model is one file. `hearken triage --model FILE` answers with it, `hearken evaluate --model
/// FILE` says how good it is. The same lines and the same --seed give the same bytes.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken train --task reason mails.jsonl -o reason.model
  hearken train --task stars --text-field review.body --label-field review.stars --valid test.jsonl train.jsonl.gz \\
    --data 'reviews of 2025' --licence 'CC BY 4.0' -o stars.model
  hearken train --taxonomy reasons.toml mails.jsonl -o topic.model")]
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
    /// `topic` keeps silent on posts in others [default: not known]
    #[arg(long, value_name = "CODE,CODE", value_delimiter = ',')]
    languages: Vec<String>,
    /// The seed of every draw
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    let task = arguments
        .task
        .as_deref()
        .unwrap_or(hearken::train::topics::TASK)
        .trim();
    if task.is_empty() {
        return Err(Failure::message("--task is empty; give the head a name"));
    }
    let mut languages: Vec<String> = Vec::new();
    for code in &arguments.languages {
        let code = language(code, "--languages")?;
        if !languages.iter().any(|other| other == code) {
            languages.push(code.to_owned());
        }
    }
    let options = TrainOptions {
        task: task.to_owned(),
        data: arguments.data.clone(),
        licence: arguments.licence.clone(),
        languages,
        seed: arguments.seed,
        ..TrainOptions::default()
    };
    if let Some(path) = &arguments.taxonomy {
        return topics_of(path, arguments, &options, shared);
    }
    let mut output = Output::open_binary(shared.output.as_deref(), "NAME.model")?;
    let examples = arguments.labelled.read(&arguments.files, shared.quiet)?;
    let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
    for example in &examples.examples {
        *classes.entry(&example.label).or_default() += 1;
    }
    let valid = match arguments.valid.is_empty() {
        true => None,
        false => Some(arguments.labelled.read(&arguments.valid, shared.quiet)?),
    };
    // Said before the long work, not after it.
    let unknown: BTreeSet<&str> = valid
        .iter()
        .flat_map(|valid| &valid.examples)
        .map(|example| example.label.as_str())
        .collect();
    if let Some(label) = unknown.iter().find(|label| !classes.contains_key(**label)) {
        return Err(Failure::message(format!(
            "the label `{label}` of --valid is in no training line; take its lines out, or train with some"
        )));
    }

    let started = Instant::now();
    let progress = Progress::shares(!shared.quiet);
    let model = train(&examples.examples, &options, &mut |what, share| {
        progress.set_share(share, what)
    })?;
    progress.finish();
    let bytes = model.to_bytes();
    output.put(&bytes)?;
    output.finish()?;
    if !shared.quiet {
        let mut rows = vec![
            vec!["posts".to_owned(), grouped(examples.examples.len() as u64)],
            vec!["classes".to_owned(), grouped(classes.len() as u64)],
        ];
        for (label, count) in classes.iter().take(20) {
            rows.push(vec![format!("  {label}"), grouped(*count)]);
        }
        if classes.len() > 20 {
            rows.push(vec![
                format!("  and {} more", classes.len() - 20),
                String::new(),
            ]);
        }
        summarise(rows, &model, bytes.len(), started);
    }

    if let Some(valid) = &valid {
        let engine = Engine::builder()
            .without_bundled_models()
            .model(model)
            .build()?;
        let started = Instant::now();
        let evaluation = hearken::train::evaluate(&engine, task, &valid.examples)?;
        let elapsed = started.elapsed();
        let mut report = Output::open(None)?;
        report.put(evaluate::report(&evaluation).as_bytes())?;
        report.finish()?;
        evaluate::say_speed(valid.examples.len(), elapsed, shared.quiet);
    }
    Ok(arguments.labelled.outcome(
        &[Some(&examples), valid.as_ref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
    ))
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
    let learn = arguments
        .labelled
        .read_topics(&arguments.files, shared.quiet)?;
    let valid = match arguments.valid.is_empty() {
        true => None,
        false => Some(
            arguments
                .labelled
                .read_topics(&arguments.valid, shared.quiet)?,
        ),
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
    let bytes = model.to_bytes();
    output.put(&bytes)?;
    output.finish()?;
    if !shared.quiet {
        let rows = vec![
            vec!["posts".to_owned(), grouped(learn.examples.len() as u64)],
            vec!["topics".to_owned(), grouped(taxonomy.topics.len() as u64)],
        ];
        summarise(rows, &model, bytes.len(), started);
    }
    if let Some(valid) = &valid {
        let engine = Engine::builder()
            .without_bundled_models()
            .taxonomy(taxonomy)
            .model(model)
            .build()?;
        let found = evaluate_topics(&engine, &valid.examples)?;
        let mut report = Output::open(None)?;
        report.put(topics::report(&found, valid.examples.len()).as_bytes())?;
        report.finish()?;
    }
    Ok(arguments.labelled.outcome(
        &[Some(&learn), valid.as_ref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
    ))
}

/// Says what was trained: `rows`, what training chose, and what it cost.
fn summarise(mut rows: Vec<Vec<String>>, model: &Model, bytes: usize, started: Instant) {
    if let Some(head) = model.heads().first() {
        rows.extend(chosen(&head.provenance.settings));
    }
    rows.push(vec!["bytes".to_owned(), grouped(bytes as u64)]);
    rows.push(vec![
        "seconds".to_owned(),
        format!("{:.1}", started.elapsed().as_secs_f64()),
    ]);
    say(&table(&[], rows, &[1]));
}

/// What training chose, in the order of the recipe, under names that say what it is; what has no
/// such name comes last.
fn chosen(settings: &BTreeMap<String, String>) -> Vec<Vec<String>> {
    const NAMES: [(&str, &str); 19] = [
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
        ("folds", "folds"),
        ("held_out_macro_f1", "held-out macro F1"),
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
        .filter(|(key, _)| !NAMES.iter().any(|(name, _)| name == key));
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
