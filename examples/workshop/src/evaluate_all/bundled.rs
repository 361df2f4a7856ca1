//! The sections of the bundled heads: what they reach on sets that trained them, and on sets
//! that did not.

use hearken::Engine;
use hearken::internals::largest;
use hearken::train::{Evaluation, Example, Prediction, predict};

use super::mistakes::{self, Notes};
use super::page::{Page, four, three};
use super::{Context, tables};
use crate::train_bundled::read_lines;
use hearken_cli::failure::Failure;

/// What a bundled head reaches on one set.
pub(crate) struct Measured {
    task: String,
    set: String,
    seen: bool,
    labels: Vec<String>,
    evaluation: Evaluation,
    forced: Evaluation,
    /// What was said of each post, and the language that its set says it has.
    predictions: Vec<(Prediction, String)>,
    pub(crate) notes: Notes,
}

/// Measures the bundled heads on the recipe's checks whose files are in the folder.
pub(crate) fn measure(context: &Context<'_>) -> Result<Vec<Measured>, Failure> {
    let engine = &context.engine;
    let mut all = Vec::new();
    for check in &context.recipe.check {
        if !context.folder.join(&check.source.file).exists() {
            continue;
        }
        let lines = read_lines(&check.source, context.folder)?;
        let examples: Vec<Example> = lines
            .iter()
            .map(|line| line.example(&check.source.file))
            .collect();
        let set = check
            .source
            .file
            .split('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        let predictions = predict(engine, &check.task, &examples)?;
        let labels = engine.labels(&check.task).unwrap_or_default().to_vec();
        let evaluation = Evaluation::from_predictions(&check.task, &labels, &predictions);
        context.tell(&format!(
            "{} on {set}: {:.4}",
            check.task, evaluation.macro_f1
        ));
        all.push(Measured {
            notes: mistakes::note(
                engine,
                &context.analyzer,
                &check.task,
                &set,
                &examples,
                &predictions,
            ),
            forced: forced(engine, &check.task, &examples),
            predictions: predictions
                .into_iter()
                .zip(lines.into_iter().map(|line| line.language))
                .collect(),
            task: check.task.clone(),
            set,
            seen: check.seen,
            labels,
            evaluation,
        });
    }
    Ok(all)
}

/// The figures when only labels that occur in `examples` may be given.
pub(crate) fn forced(engine: &Engine, task: &str, examples: &[Example]) -> Evaluation {
    let labels = engine.labels(task).unwrap_or_default();
    let occurs: Vec<bool> = labels
        .iter()
        .map(|label| examples.iter().any(|example| example.label == *label))
        .collect();
    let answers = engine.map_batch(examples, |engine, scratch, example| {
        let probabilities = engine.probabilities(task, &example.text, scratch);
        let kept: Vec<f32> = probabilities
            .iter()
            .zip(&occurs)
            .map(|(&probability, &occurs)| if occurs { probability } else { -1.0 })
            .collect();
        let truth = labels
            .iter()
            .position(|label| *label == example.label)
            .unwrap_or(usize::MAX);
        let (label, probability) = largest(&kept).unwrap_or((0, 0.0));
        (truth, label, probability.max(0.0))
    });
    Evaluation::new(task, labels, &answers)
}

pub(crate) fn write(all: &[Measured], page: &mut Page) -> Result<(), Failure> {
    page.section(
        "The bundled heads",
        "“Seen”: the set's train half trained the head (`data/models/bundled.toml`); the others \
         are sets that it never saw. “Forced”: macro F1 when only the labels that occur in the set \
         may be given.",
    );
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|one| {
            let found = &one.evaluation;
            vec![
                format!("{}, {}", one.task, one.set),
                if one.seen { "train half" } else { "no" }.to_owned(),
                found.posts.to_string(),
                four(found.accuracy),
                four(found.macro_f1),
                four(one.forced.macro_f1),
                four(found.macro_recall),
                three(found.calibration_error),
                found.log_loss.map_or_else(String::new, three),
            ]
        })
        .collect();
    let header = [
        "head, set",
        "seen",
        "posts",
        "accuracy",
        "macro F1",
        "forced",
        "macro recall",
        "calibration",
        "log loss",
    ];
    page.table(&header, &rows);
    let measured: Vec<(String, &Evaluation)> = all
        .iter()
        .map(|one| (format!("{}, {}", one.task, one.set), &one.evaluation))
        .collect();
    page.part("Coverage against accuracy", "");
    tables::coverage(&measured, page);
    page.part("Each class", "");
    tables::classes(&measured, page);
    by_language(all, page);
    page.part("Calibration", "");
    tables::curves("bundled", &measured, page)
}

/// The posts of all sets of a head together, by the language that their sets say they have.
fn by_language(all: &[Measured], page: &mut Page) {
    page.part(
        "Each language",
        "All sets of a head together, by the language that the sets say their posts have.",
    );
    let mut tasks: Vec<(&str, &[String])> = Vec::new();
    for one in all {
        if !tasks.iter().any(|(task, _)| *task == one.task) {
            tasks.push((&one.task, &one.labels));
        }
    }
    let mut rows = Vec::new();
    for (task, labels) in tasks {
        let of_task = || {
            all.iter()
                .filter(|one| one.task == task)
                .flat_map(|one| &one.predictions)
        };
        let mut languages: Vec<&str> = of_task().map(|(_, language)| language.as_str()).collect();
        languages.sort_unstable();
        languages.dedup();
        for language in languages {
            let chosen: Vec<Prediction> = of_task()
                .filter(|(_, of)| of == language)
                .map(|(prediction, _)| *prediction)
                .collect();
            let found = Evaluation::from_predictions(task, labels, &chosen);
            let classes = found.classes.iter().filter(|class| class.support > 0);
            let classes: Vec<String> = classes
                .map(|class| format!("{} {:.3}", class.label, class.f1))
                .collect();
            rows.push(vec![
                format!(
                    "{task}, {}",
                    if language.is_empty() {
                        "not said"
                    } else {
                        language
                    }
                ),
                found.posts.to_string(),
                four(found.accuracy),
                four(found.macro_f1),
                three(found.calibration_error),
                found.log_loss.map_or_else(String::new, three),
                classes.join(", "),
            ]);
        }
    }
    page.table(
        &[
            "head, language",
            "posts",
            "accuracy",
            "macro F1",
            "calibration",
            "log loss",
            "each label's F1",
        ],
        &rows,
    );
}
