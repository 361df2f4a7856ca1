//! The section of leave-one-domain-out: what a bundled head reaches on a set when none of it
//! was trained on.

use std::path::PathBuf;
use std::time::Instant;

use hearken::Engine;
use hearken::model::Model;
use hearken::train::{Evaluation, Example, Settings};

use super::Context;
use super::bundled::forced;
use super::page::Page;
use crate::train_bundled::{Head, Source, read, train_head};
use hearken_cli::failure::Failure;
use hearken_cli::options::read_model;

/// The heads that are trained again without each of their sets.
const TASKS: [&str; 2] = ["sentiment", "spam"];
/// The bundled model as a file: the settings of its heads stand in it.
const MODEL: &str = "data/models/bundled.model";

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Leave one domain out",
        "The bundled sentiment and spam heads, trained again with the same settings but without \
         one of their sets, on that set's valid half: what to expect on posts of a kind that no \
         set holds. Macro F1 and accuracy where only the labels that occur in the set may be \
         given.",
    );
    let model = read_model(&PathBuf::from(MODEL))?;
    let mut rows = Vec::new();
    for task in TASKS {
        let Some(head) = context.recipe.head.iter().find(|head| head.task == task) else {
            continue;
        };
        let missing = head.source.iter().find(|source| !context.has(source));
        if let Some(source) = missing {
            page.paragraph(&format!(
                "`{task}` was not trained again: `{}` is not among the sets.",
                source.file
            ));
            continue;
        }
        let settings = settings(&model, task);
        for source in head.source.iter().filter(|source| labels(source) > 1) {
            let Some(valid) = valid_half(source).filter(|valid| context.has(valid)) else {
                continue;
            };
            rows.push(left_out(context, head, source, &valid, settings)?);
        }
    }
    let header = [
        "head, set",
        "posts",
        "with it",
        "without it",
        "less",
        "accuracy with it",
        "without it",
    ];
    page.table(&header, &rows);
    Ok(())
}

/// A row of the table: `head` with and without `source`, on `valid`.
fn left_out(
    context: &Context<'_>,
    head: &Head,
    source: &Source,
    valid: &Source,
    settings: Option<Settings>,
) -> Result<Vec<String>, Failure> {
    let started = Instant::now();
    let (without, _) = train_head(
        head,
        context.folder,
        std::slice::from_ref(&source.file),
        settings,
        &mut |_, _| {},
    )?;
    let seconds = started.elapsed().as_secs_f64();
    let engine = Engine::builder()
        .without_bundled_models()
        .model(without)
        .build()?;
    let examples: Vec<Example> = read(valid, context.folder)?;
    let [with, without]: [Evaluation; 2] =
        [&context.engine, &engine].map(|engine| forced(engine, &head.task, &examples));
    let set = source.file.split('/').next().unwrap_or_default();
    context.tell(&format!(
        "{} without {set}: {:.4}, trained in {seconds:.1} s",
        head.task, without.macro_f1
    ));
    Ok(vec![
        format!("{}, {set}", head.task),
        with.posts.to_string(),
        format!("{:.4}", with.macro_f1),
        format!("{:.4}", without.macro_f1),
        format!("{:+.4}", without.macro_f1 - with.macro_f1),
        format!("{:.4}", with.accuracy),
        format!("{:.4}", without.accuracy),
    ])
}

/// The settings that were chosen for a bundled head: choosing them again without each set would
/// take hours, and change two things at once.
fn settings(model: &Model, task: &str) -> Option<Settings> {
    Settings::from_provenance(
        &model
            .heads()
            .iter()
            .find(|head| head.task == task)?
            .provenance,
    )
}

/// Different labels that a source gives.
fn labels(source: &Source) -> usize {
    let mut labels: Vec<&String> = source.labels.values().collect();
    labels.sort_unstable();
    labels.dedup();
    labels.len()
}

/// The valid half of the set whose train half is `source`.
fn valid_half(source: &Source) -> Option<Source> {
    let set = source.file.strip_suffix("/train.jsonl")?;
    let mut valid = source.clone();
    valid.file = format!("{set}/valid.jsonl");
    valid.most = None;
    Some(valid)
}
