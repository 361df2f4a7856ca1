//! `hearken evaluate`: what a head reaches on labelled JSON lines.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use hearken::Engine;
use hearken::train::{Evaluation, confusion, predict};
use hearken::trend::share::Confusion;

use crate::failure::{Failure, Outcome};
use crate::labelled::LabelledOptions;
use crate::options::{OverlayOptions, Shared, read_model};
use crate::output::Output;
use crate::summary::{grouped, say, speed, table};
use crate::{evaluate_all, topics};

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
    #[arg(value_name = "TEST", required_unless_present = "all")]
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
    #[arg(long, conflicts_with = "all")]
    json: bool,
    /// Write what was taken for what to this file, for `hearken share`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["all", "fit_thresholds", "curve"])]
    confusion: Option<PathBuf>,
    /// Where --all writes the pictures of its page [default: docs/evaluation beside the page]
    #[arg(long, value_name = "DIR", requires = "all", conflicts_with_all = ["model", "bundled"])]
    pictures: Option<PathBuf>,
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
    /// Train and measure on every set in this folder, and the bundled heads, as a page
    /// of Markdown (EVALUATION.md)
    #[arg(long, value_name = "DIR", conflicts_with = "files")]
    all: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments, shared: &Shared) -> Result<Outcome, Failure> {
    if let Some(folder) = &arguments.head.all {
        return evaluate_all::run(folder, arguments.pictures.as_deref(), shared);
    }
    if let Some(taxonomy) = &arguments.topics.taxonomy {
        if arguments
            .head
            .bundled
            .as_deref()
            .is_some_and(|head| head != hearken::train::topics::TASK)
        {
            return Err(Failure::message(
                "--taxonomy goes with --bundled topic alone",
            ));
        }
        let model = arguments.head.model.as_ref().map(read_model).transpose()?;
        let (bundled, confusion) = (
            arguments.head.bundled.is_some(),
            arguments.confusion.as_deref(),
        );
        let from = topics::From {
            taxonomy,
            model,
            bundled,
            json: arguments.json,
            confusion,
        };
        return topics::run(
            &arguments.topics,
            from,
            &arguments.labelled,
            &arguments.files,
            shared,
        );
    }
    if arguments.head.model.is_none() && arguments.head.bundled.is_none() {
        return Err(Failure::message(
            "there is nothing to evaluate; give --model, --bundled, --taxonomy or --all",
        ));
    }
    let (engine, task) = match (&arguments.head.model, &arguments.head.bundled) {
        (Some(path), _) => {
            let model = read_model(path)?;
            let tasks: Vec<String> = model.tasks().map(str::to_owned).collect();
            let task = match (&arguments.task, tasks.as_slice()) {
                (Some(task), tasks) if tasks.contains(task) => task.clone(),
                (None, [task]) => task.clone(),
                (Some(task), tasks) => {
                    return Err(Failure::message(format!(
                        "{} has no head `{task}`; it has {}",
                        path.display(),
                        tasks.join(", ")
                    )));
                }
                (None, tasks) => {
                    return Err(Failure::message(format!(
                        "{} has {} heads ({}); choose one with --task",
                        path.display(),
                        tasks.len(),
                        tasks.join(", ")
                    )));
                }
            };
            (
                Engine::builder()
                    .without_bundled_models()
                    .model(model)
                    .build()?,
                task,
            )
        }
        (None, head) => (Engine::new()?, head.clone().unwrap_or_default()),
    };
    let engine = arguments.overlays.add_to(engine)?;
    let mut output = Output::open(shared.output.as_deref())?;
    let labelled = arguments.labelled.read(&arguments.files, shared.quiet)?;
    let started = Instant::now();
    let predictions = predict(&engine, &task, &labelled.examples)?;
    let labels = engine.labels(&task).unwrap_or_default();
    let evaluation = Evaluation::from_predictions(&task, labels, &predictions);
    let elapsed = started.elapsed();
    let text = match arguments.json {
        true => serde_json::to_string(&evaluation)
            .map(|json| json + "\n")
            .map_err(|error| {
                Failure::message(format!("the figures can't be written as JSON: {error}"))
            })?,
        false => report(&evaluation),
    };
    if let Some(path) = &arguments.confusion {
        write_confusion(path, &confusion(&task, labels, &predictions))?;
    }
    output.put(text.as_bytes())?;
    output.finish()?;
    say_speed(labelled.examples.len(), elapsed, shared.quiet);
    Ok(arguments.labelled.outcome(&[&labelled]))
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
    let labels: Vec<&str> = evaluation
        .classes
        .iter()
        .map(|class| class.label.as_str())
        .collect();
    if labels.len() <= TABLE_CLASSES {
        // Long names stand once, in the rows; the columns then have their numbers.
        let numbered = labels
            .iter()
            .map(|label| label.chars().count() + 2)
            .sum::<usize>()
            > TABLE_WIDTH;
        let numbers: Vec<String> = (1..=labels.len())
            .map(|number| number.to_string())
            .collect();
        let mut header = vec!["is \\ given"];
        match numbered {
            true => header.extend(numbers.iter().map(String::as_str)),
            false => header.extend(&labels),
        }
        let name = |label: &str, number: &str| {
            if numbered {
                format!("{number} {label}")
            } else {
                label.to_owned()
            }
        };
        let cell = |count: &u64| {
            if *count == 0 {
                "·".to_owned()
            } else {
                grouped(*count)
            }
        };
        let rows =
            labels
                .iter()
                .zip(&numbers)
                .zip(&evaluation.confusion)
                .map(|((label, number), row)| {
                    std::iter::once(name(label, number))
                        .chain(row.iter().map(cell))
                        .collect()
                });
        let right: Vec<usize> = (1..header.len()).collect();
        return table(&header, rows.collect(), &right);
    }
    let mut cells: Vec<(u64, usize, usize)> = Vec::new();
    for (is, row) in evaluation.confusion.iter().enumerate() {
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
