//! The section of the pool: what the sentiment head gains from texts of other sets that a teacher
//! labelled, and what it would gain without that teacher.

use std::time::Instant;

use hearken::Engine;
use hearken::train::Example;

use super::Context;
use super::bundled::forced;
use super::page::Page;
use crate::train_bundled::{Head, Source, read, train_examples, train_head};
use hearken_cli::failure::Failure;

/// The labels of the pool.
const POOL: &str = "data/labels/sentiment_pool.tsv";

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Sentiment from a pool",
        "The sentiment head trained three times with the same settings: without the texts that \
         the teacher labelled (`data/labels/sentiment_pool.tsv`, multilingual-e5-small with a \
         linear head); with them, but labelled by the head that was trained without them; and as \
         it is shipped. Accuracy, where only the labels that occur in a set may be given. Unseen: \
         no text of the set, nor of its other half, trained any of them.",
    );
    let Some(head) = context
        .recipe
        .head
        .iter()
        .find(|head| head.task == "sentiment")
    else {
        return Ok(());
    };
    if !context.trains(head, page) {
        return Ok(());
    }
    let of_pool = |source: &&Source| source.given.as_deref() == Some(POOL);
    let mut without = head.clone();
    without.source.retain(|source| !of_pool(&source));
    let started = Instant::now();
    let (plain, _) = train_head(&without, context.folder, &[], None, &mut |_, _| {})?;
    let plain = engine(plain)?;
    let mut examples = Vec::new();
    for source in &head.source {
        let found = read(source, context.folder)?;
        if of_pool(&source) {
            examples.extend(labelled_by(&plain, head, &found, source));
        } else {
            examples.extend(found);
        }
    }
    let own = engine(train_examples(
        head,
        &examples,
        Default::default(),
        None,
        &mut |_, _| {},
    )?)?;
    context.tell(&format!(
        "sentiment with and without a pool, trained in {:.1} s",
        started.elapsed().as_secs_f64()
    ));
    let mut rows = Vec::new();
    for check in &context.recipe.check {
        if check.task != "sentiment" || !context.has(&check.source) {
            continue;
        }
        let examples = read(&check.source, context.folder)?;
        let set = check.source.file.split('/').next().unwrap_or_default();
        let mut row = vec![
            set.to_owned(),
            if check.seen { "seen" } else { "unseen" }.to_owned(),
        ];
        for engine in [&plain, &own, &context.engine] {
            let found = forced(engine, "sentiment", &examples);
            row.push(format!("{:.4}", found.accuracy));
        }
        rows.push(row);
    }
    let header = [
        "set",
        "in training",
        "without a pool",
        "pool, labelled by itself",
        "pool, labelled by the teacher",
    ];
    page.table(&header, &rows);
    Ok(())
}

fn engine(model: hearken::model::Model) -> Result<Engine, Failure> {
    let builder = Engine::builder().without_bundled_models();
    Ok(builder.model(model).build()?)
}

/// The texts of a source with the labels that `engine` gives, and its certainty as their weight.
fn labelled_by(
    engine: &Engine,
    head: &Head,
    examples: &[Example],
    source: &Source,
) -> Vec<Example> {
    let labels = engine.labels(&head.task).unwrap_or_default();
    engine.map_batch(examples, |engine, scratch, example| {
        let probabilities = engine.probabilities(&head.task, &example.text, scratch);
        let best = hearken::internals::largest(probabilities).unwrap_or((0, 0.0));
        Example {
            label: labels[best.0].clone(),
            weight: source.weight * best.1,
            ..example.clone()
        }
    })
}
