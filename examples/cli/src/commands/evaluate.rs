//! `hearken evaluate`: what a head reaches on labelled JSON lines.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hearken::Engine;
use hearken::model::Model;
use hearken::prevalence::Confusion;
use hearken::train::{Evaluation, confusion, predict};

use super::topics;
use hearken_cli::failure::{Failure, Outcome};
use hearken_cli::labelled::LabelledOptions;
use hearken_cli::options::{OverlayOptions, Shared, read_model};
use hearken_cli::output::Output;
use hearken_cli::summary::{grouped, say, speed, table};

/// Classes up to which the confusion is shown as a table; above, its largest cells are listed.
const TABLE_CLASSES: usize = 20;
/// Columns that the names of the classes may take above that table.
const TABLE_WIDTH: usize = 90;

/// Says what a head reaches on labelled JSON lines: accuracy, macro F1, macro recall, calibration
/// error, accuracy where only the surest posts are answered, each class, and which classes are
/// taken for which
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  hearken evaluate --model reason.model test.jsonl
  hearken evaluate --bundled spam --label-field is_spam test.jsonl.zst --json
  hearken evaluate --taxonomy reasons.toml --model topic.model test.jsonl
  hearken evaluate --taxonomy reasons.toml --curve train.jsonl test.jsonl
  hearken evaluate --model reason.model --confusion reason.json valid.jsonl")]
pub(crate) struct Arguments {
    /// Files of labelled texts, plain, .gz or .zst; - is standard input
    #[arg(value_name = "TEST", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    head: Head,
    #[command(flatten)]
    topics: topics::TopicOptions,
    /// The head to evaluate, where the model has several
    #[arg(long, value_name = "NAME", conflicts_with = "bundled")]
    task: Option<String>,
    #[command(flatten)]
    overlays: OverlayOptions,
    #[command(flatten)]
    labelled: LabelledOptions,
    /// Print one line of JSON instead of tables
    #[arg(long)]
    json: bool,
    /// Write what was taken for what to this file, for `hearken share`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fit_thresholds", "curve"])]
    confusion: Option<PathBuf>,
}

#[derive(clap::Args)]
#[group(multiple = false)]
struct Head {
    /// The model that `hearken train` made
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
    /// A head that comes with hearken: spam, sentiment, topic, urgency
    #[arg(long, value_name = "HEAD")]
    bundled: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    if let Some(taxonomy) = &arguments.topics.taxonomy {
        let from = arguments.topics_from(taxonomy)?;
        let labelled = &arguments.labelled;
        return topics::run(&arguments.topics, from, labelled, &arguments.files, shared);
    }
    let (engine, task) = arguments.head()?;
    let engine = arguments.overlays.add_to(engine)?;
    let mut output = Output::open(shared.output.as_deref())?;
    let labelled = arguments.labelled.read(&arguments.files, shared.quiet)?;
    let started = Instant::now();
    let predictions = predict(&engine, &task, &labelled.examples)?;
    let labels = engine.labels(&task).unwrap_or_default();
    let evaluation = Evaluation::from_predictions(&task, labels, &predictions);
    let elapsed = started.elapsed();
    if let Some(path) = &arguments.confusion {
        write_confusion(path, &confusion(&task, labels, &predictions))?;
    }
    match arguments.json {
        true => output.put_json(&evaluation)?,
        false => output.put(report(&evaluation).as_bytes())?,
    }
    output.finish()?;
    say_speed(labelled.examples.len(), elapsed, shared.quiet);
    Ok(arguments.labelled.outcome(&[&labelled]))
}

impl Arguments {
    /// What answers for the topics of a taxonomy.
    fn topics_from<'a>(&'a self, taxonomy: &'a Path) -> Result<topics::From<'a>, Failure> {
        let bundled = self.head.bundled.as_deref();
        if bundled.is_some_and(|head| head != hearken::train::topics::TASK) {
            return Err(Failure::message(
                "--taxonomy goes with --bundled topic alone",
            ));
        }
        Ok(topics::From {
            taxonomy,
            model: self.head.model.as_ref().map(read_model).transpose()?,
            bundled: bundled.is_some(),
            json: self.json,
            confusion: self.confusion.as_deref(),
        })
    }

    /// The head to evaluate, and its engine.
    fn head(&self) -> Result<(Engine, String), Failure> {
        match (&self.head.model, &self.head.bundled) {
            (Some(path), _) => {
                let model = read_model(path)?;
                let task = self.task_of(&model, path)?;
                let builder = Engine::builder().without_bundled_models();
                Ok((builder.model(model).build()?, task))
            }
            (None, Some(head)) => Ok((Engine::new()?, head.clone())),
            (None, None) => Err(Failure::message(
                "there is nothing to evaluate; give --model, --bundled or --taxonomy",
            )),
        }
    }

    /// The head of a model that was asked for, or its only one.
    fn task_of(&self, model: &Model, path: &Path) -> Result<String, Failure> {
        let path = path.display();
        let tasks: Vec<&str> = model.tasks().collect();
        let known = tasks.join(", ");
        match (&self.task, tasks.as_slice()) {
            (Some(task), tasks) if tasks.contains(&task.as_str()) => Ok(task.clone()),
            (None, [task]) => Ok((*task).to_owned()),
            (Some(task), _) => Err(Failure::message(format!(
                "{path} has no head `{task}`; known: {known}"
            ))),
            (None, tasks) => Err(Failure::message(format!(
                "{path} has {} heads ({known}); choose one with --task",
                tasks.len()
            ))),
        }
    }
}

/// Writes what was taken for what.
pub(crate) fn write_confusion(path: &Path, confusion: &Confusion) -> Result<(), Failure> {
    let mut output = Output::open(Some(path))?;
    output.put((confusion.to_json()? + "\n").as_bytes())?;
    output.finish()
}

/// Says the speed on standard error: figures stay the same from run to run, this one does not.
pub(crate) fn say_speed(posts: usize, elapsed: Duration, quiet: bool) {
    if !quiet {
        let seconds = elapsed.as_secs_f64();
        say(&format!(
            "{} posts in {seconds:.2} s, {} a second\n",
            grouped(posts as u64),
            speed(posts as u64, elapsed)
        ));
    }
}

/// The figures as tables.
pub(crate) fn report(evaluation: &Evaluation) -> String {
    let figure = |value: f64| format!("{value:.4}");
    let mut rows = vec![
        vec!["head".to_owned(), evaluation.task.clone()],
        vec!["posts".to_owned(), grouped(evaluation.posts as u64)],
        vec!["accuracy".to_owned(), figure(evaluation.accuracy)],
        vec!["macro F1".to_owned(), figure(evaluation.macro_f1)],
        vec!["macro recall".to_owned(), figure(evaluation.macro_recall)],
        vec![
            "calibration error".to_owned(),
            figure(evaluation.calibration_error),
        ],
    ];
    rows.extend(
        evaluation
            .log_loss
            .map(|loss| vec!["log loss".to_owned(), figure(loss)]),
    );
    let mut text = table(&[], rows, &[1]);
    text.push('\n');
    text.push_str(&coverage(evaluation));
    let classes = evaluation.classes.iter().map(|class| {
        vec![
            class.label.clone(),
            figure(class.precision),
            figure(class.recall),
            figure(class.f1),
            grouped(class.support),
        ]
    });
    text.push('\n');
    text.push_str(&table(
        &["class", "precision", "recall", "F1", "posts"],
        classes.collect(),
        &[1, 2, 3, 4],
    ));
    text.push('\n');
    text.push_str(&confusion_table(evaluation));
    text
}

/// What is reached when only the surest posts are answered.
fn coverage(evaluation: &Evaluation) -> String {
    let rows = evaluation.coverage.iter().map(|point| {
        vec![
            format!("{:.0} %", point.share * 100.0),
            format!("{:.3}", point.threshold),
            format!("{:.4}", point.accuracy),
        ]
    });
    table(
        &["surest answered", "from probability", "accuracy"],
        rows.collect(),
        &[0, 1, 2],
    )
}

/// Which class is taken for which: a table, or its largest cells where there are many classes.
pub(crate) fn confusion_table(evaluation: &Evaluation) -> String {
    let classes = evaluation.classes.iter();
    let labels: Vec<&str> = classes.map(|class| class.label.as_str()).collect();
    match labels.len() <= TABLE_CLASSES {
        true => whole_confusion(&labels, &evaluation.confusion),
        false => largest_confusions(&labels, &evaluation.confusion),
    }
}

fn whole_confusion(labels: &[&str], confusion: &[Vec<u64>]) -> String {
    // Long names stand once, in the rows; the columns then have their numbers.
    let width: usize = labels.iter().map(|label| label.chars().count() + 2).sum();
    let numbered = width > TABLE_WIDTH;
    let numbers: Vec<String> = (1..=labels.len())
        .map(|number| number.to_string())
        .collect();
    let mut header = vec!["is \\ given"];
    match numbered {
        true => header.extend(numbers.iter().map(String::as_str)),
        false => header.extend(labels),
    }
    let name = |label: &str, number: &str| match numbered {
        true => format!("{number} {label}"),
        false => label.to_owned(),
    };
    let cell = |count: &u64| match count {
        0 => "·".to_owned(),
        count => grouped(*count),
    };
    let rows = labels.iter().zip(&numbers).zip(confusion);
    let rows = rows.map(|((label, number), row)| {
        let name = std::iter::once(name(label, number));
        name.chain(row.iter().map(cell)).collect()
    });
    let right: Vec<usize> = (1..header.len()).collect();
    table(&header, rows.collect(), &right)
}

fn largest_confusions(labels: &[&str], confusion: &[Vec<u64>]) -> String {
    let mut cells: Vec<(u64, usize, usize)> = Vec::new();
    for (is, row) in confusion.iter().enumerate() {
        for (given, count) in row.iter().enumerate() {
            if is != given && *count > 0 {
                cells.push((*count, is, given));
            }
        }
    }
    cells.sort_by_key(|&(count, is, given)| (std::cmp::Reverse(count), is, given));
    let name = |index: usize| labels.get(index).copied().unwrap_or_default().to_owned();
    let rows = cells
        .iter()
        .take(TABLE_CLASSES)
        .map(|&(count, is, given)| vec![name(is), name(given), grouped(count)]);
    table(&["is", "given", "posts"], rows.collect(), &[2])
}
