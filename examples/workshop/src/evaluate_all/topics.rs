//! The sections of topics: the shipped taxonomy on the sample, topic by topic, and curves from
//! terms alone to many examples.

use std::path::Path;
use std::time::Instant;

use hearken::taxonomy::Taxonomy;
use hearken::train::topics::{CurveRow, topic_curve};

use super::Context;
use super::page::{Page, share};
use super::sample::Labelled;
use super::sets::halves;
use crate::train_bundled::text_of;
use hearken_cli::failure::Failure;

/// The sets whose labels have a taxonomy of their own in `data/taxonomies`.
const CURVES: [&str; 3] = ["airline_reason", "banking77", "toutiao_subset"];
/// Labelled texts a topic.
const SIZES: [usize; 4] = [0, 5, 50, 500];

pub(crate) fn write(sample: &[Labelled], page: &mut Page) {
    page.section(
        "Topics of the sample",
        "The shipped taxonomy (`data/taxonomies/care.toml`) on the posts of the sample that are no \
         spam; a post has one topic there, its main one, so a second that is rightly named costs \
         precision. Recall: the share of a topic's posts for which it is named, and for which it \
         is named first.",
    );
    let posts: Vec<&Labelled> = sample.iter().filter(|post| !post.spam).collect();
    let mut topics: Vec<&str> = posts
        .iter()
        .filter_map(|post| post.topic.as_deref())
        .collect();
    topics.extend(
        posts
            .iter()
            .flat_map(|post| post.named.iter().map(String::as_str)),
    );
    topics.sort_unstable();
    topics.dedup();
    let mut rows = Vec::new();
    for topic in topics {
        let count =
            |wanted: &dyn Fn(&Labelled) -> bool| posts.iter().filter(|post| wanted(post)).count();
        let is = |post: &Labelled| post.topic.as_deref() == Some(topic);
        let named = |post: &Labelled| post.named.iter().any(|name| name == topic);
        let first = |post: &Labelled| post.named.first().is_some_and(|name| name == topic);
        let (all, given) = (count(&is), count(&named));
        let both = count(&|post| is(post) && named(post));
        rows.push(vec![
            topic.to_owned(),
            all.to_string(),
            given.to_string(),
            share(both, given),
            share(both, all),
            share(count(&|post| is(post) && first(post)), all),
        ]);
    }
    page.table(
        &[
            "topic",
            "posts",
            "named",
            "precision",
            "recall",
            "recall, first",
        ],
        &rows,
    );
}

/// From terms alone to hundreds of labelled texts a topic.
pub(crate) fn write_curves(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Topics from terms and from examples",
        "Term lists written from the sets' label names alone (`data/taxonomies/SET.toml`), then up \
         to so many labelled texts a topic, drawn with seed 1: accuracy / macro F1 of the best \
         topic on the valid half, with the taxonomy and from the same texts without it. The \
         constants of the combination were chosen on these halves, so the small sizes are \
         optimistic by a point or so.",
    );
    let mut rows = Vec::new();
    for set in CURVES {
        let taxonomy = format!("data/taxonomies/{set}.toml");
        let Some((learn, test)) = halves(context, set)? else {
            continue;
        };
        let taxonomy = Taxonomy::from_toml(&text_of(Path::new(&taxonomy))?)?;
        let started = Instant::now();
        let curve = topic_curve(&taxonomy, &learn, &test, &SIZES, 1)?;
        context.tell(&format!(
            "topics of {set}: {:.1} s",
            started.elapsed().as_secs_f64()
        ));
        rows.push(row(set, "terms alone", &curve.terms));
        rows.extend(
            curve
                .rows
                .iter()
                .map(|of| row(set, &of.size.to_string(), of)),
        );
    }
    page.table(
        &[
            "set",
            "labelled a topic",
            "labelled in all",
            "with taxonomy",
            "without",
        ],
        &rows,
    );
    Ok(())
}

fn row(set: &str, size: &str, of: &CurveRow) -> Vec<String> {
    let without = of.without_accuracy.zip(of.without_macro_f1);
    vec![
        set.to_owned(),
        size.to_owned(),
        of.texts.to_string(),
        format!("{:.3} / {:.3}", of.accuracy, of.macro_f1),
        without.map_or_else(
            || "–".to_owned(),
            |(accuracy, macro_f1)| format!("{accuracy:.3} / {macro_f1:.3}"),
        ),
    ]
}
