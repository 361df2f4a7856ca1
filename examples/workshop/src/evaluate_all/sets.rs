//! The sections of the sets: a head trained and measured on each, beside its peers.

use std::time::Instant;

use hearken::Engine;
use hearken::train::{Evaluation, Example, TrainOptions, predict, train};

use super::mistakes::{self, Notes};
use super::page::{Page, four, three};
use super::{Context, peers, tables};
use crate::train_bundled::{lines, text_of};
use hearken_cli::failure::Failure;

/// What a head of one set reaches.
pub(crate) struct Own {
    set: String,
    learnt: usize,
    evaluation: Evaluation,
    /// The peers' macro F1, as the table has them.
    peers: Vec<String>,
    pub(crate) notes: Notes,
}

/// Trains on every set that peers were measured on and that is in the folder, and measures it.
pub(crate) fn measure(context: &Context<'_>) -> Result<Vec<Own>, Failure> {
    let mut all = Vec::new();
    for line in peers::lines(peers::TRAINED)? {
        let [set, peers @ ..] = line.as_slice() else {
            continue;
        };
        if let Some(halves) = halves(context, set)? {
            all.push(own(context, set, halves, peers.to_vec())?);
        }
    }
    Ok(all)
}

fn own(
    context: &Context<'_>,
    set: &str,
    (learn, test): Halves,
    peers: Vec<String>,
) -> Result<Own, Failure> {
    let started = Instant::now();
    let options = TrainOptions {
        task: set.to_owned(),
        ..TrainOptions::default()
    };
    let model = train(&learn, &options, &mut |_, _| {})?;
    let trained = started.elapsed().as_secs_f64();
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()?;
    let started = Instant::now();
    let predictions = predict(&engine, set, &test)?;
    let speed = test.len() as f64 / started.elapsed().as_secs_f64();
    let evaluation =
        Evaluation::from_predictions(set, engine.labels(set).unwrap_or_default(), &predictions);
    context.tell(&format!(
        "{set}: {:.4}, trained in {trained:.1} s, {speed:.0} posts/s",
        evaluation.macro_f1
    ));
    let notes = mistakes::note(&engine, &context.analyzer, set, set, &test, &predictions);
    Ok(Own {
        set: set.to_owned(),
        learnt: learn.len(),
        evaluation,
        peers,
        notes,
    })
}

/// The labelled texts of one half of a set.
pub(crate) fn examples(
    context: &Context<'_>,
    set: &str,
    half: &str,
) -> Result<Vec<Example>, Failure> {
    let path = context.folder.join(set).join(format!("{half}.jsonl"));
    Ok(lines(&text_of(&path)?, &path, "label")?
        .iter()
        .map(|line| line.example(set))
        .collect())
}

/// Whether a set is in the folder.
pub(crate) fn is_there(context: &Context<'_>, set: &str) -> bool {
    context.folder.join(set).join("train.jsonl").exists()
}

/// The train and the valid half of a set.
pub(crate) type Halves = (Vec<Example>, Vec<Example>);

/// Both halves of a set; none if the set is not in the folder.
pub(crate) fn halves(context: &Context<'_>, set: &str) -> Result<Option<Halves>, Failure> {
    if !is_there(context, set) {
        return Ok(None);
    }
    let learn = examples(context, set, "train")?;
    Ok(Some((learn, examples(context, set, "valid")?)))
}

pub(crate) fn write(all: &[Own], page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Own heads, trained and measured set by set",
        "Macro F1 beside the peers' on the same halves (`data/peers.tsv`, made by \
         `benches/peers/classify.py`: NB is the better of scikit-learn's MultinomialNB \
         and\nComplementNB, LR its logistic regression, SVC its LinearSVC on words, pairs and \
         characters, fT the best of three fastText settings).\nCalibration: expected calibration \
         error in 15 bins. Log loss: in nats.",
    );
    let mut rows = Vec::new();
    let mut sum = 0.0;
    for own in all {
        let found = &own.evaluation;
        let best = own
            .peers
            .iter()
            .filter_map(|peer| peer.parse::<f64>().ok())
            .fold(0.0, f64::max);
        sum += found.macro_f1 - best;
        let mut row = vec![
            own.set.clone(),
            found.classes.len().to_string(),
            format!("{} / {}", own.learnt, found.posts),
            format!("**{:.4}**", found.macro_f1),
        ];
        row.extend(own.peers.iter().cloned());
        row.extend([
            format!("{:+.4}", found.macro_f1 - best),
            four(found.accuracy),
            four(found.macro_recall),
            three(found.calibration_error),
            found.log_loss.map_or_else(String::new, three),
        ]);
        rows.push(row);
    }
    let header = [
        "set",
        "classes",
        "train / valid",
        "hearken",
        "NB",
        "LR",
        "SVC",
        "fT",
        "less the best peer",
        "accuracy",
        "macro recall",
        "calibration",
        "log loss",
    ];
    page.table(&header, &rows);
    page.paragraph(&format!(
        "Mean difference to the best peer of each set: {:+.4} over {} sets.",
        sum / all.len().max(1) as f64,
        all.len()
    ));
    let measured: Vec<(String, &Evaluation)> = all
        .iter()
        .map(|own| (own.set.clone(), &own.evaluation))
        .collect();
    own_measures(&measured, page);
    page.part(
        "Coverage against accuracy",
        "Accuracy when only the surest share of the posts is answered and the rest is left to \
         people; at the right, the probability from which on the surest half is answered.",
    );
    tables::coverage(&measured, page);
    page.part(
        "Each class",
        "F1, and in brackets the posts of the valid half.",
    );
    tables::classes(&measured, page);
    page.part(
        "Calibration",
        "How often the given label was right, by how probable it was said to be, in 15 bins; the \
         area of a point is its share of the posts. On the dashed line probabilities mean what \
         they say; below it they promise too much.",
    );
    tables::curves("own", &measured, page)
}

/// The measures by which some sets are known elsewhere.
fn own_measures(measured: &[(String, &Evaluation)], page: &mut Page) {
    let mut rows = Vec::new();
    for (set, evaluation) in measured {
        rows.extend(
            known_by(set, evaluation)
                .into_iter()
                .map(|(what, value)| vec![set.clone(), what, four(value)]),
        );
    }
    if rows.is_empty() {
        return;
    }
    page.part(
        "By the sets' own measures",
        "TweetEval's (Barbieri and others, EMNLP 2020) and CLINC150's (Larson and others, EMNLP \
         2019), on the valid halves; their papers report the test halves.",
    );
    page.table(&["set", "measure", "hearken"], &rows);
}

fn known_by(set: &str, evaluation: &Evaluation) -> Vec<(String, f64)> {
    let class = |label: &str| evaluation.classes.iter().find(|class| class.label == label);
    match set {
        "tweeteval_irony" => class("irony")
            .map(|class| ("F1 of `irony`".to_owned(), class.f1))
            .into_iter()
            .collect(),
        "tweeteval_sentiment" => vec![("macro recall".to_owned(), evaluation.macro_recall)],
        "tweeteval_emotion" | "tweeteval_offensive" | "tweeteval_hate" => {
            vec![("macro F1".to_owned(), evaluation.macro_f1)]
        }
        "clinc150" => {
            let outside = class("oos").map_or(0.0, |class| class.recall);
            vec![
                (
                    "accuracy in scope".to_owned(),
                    accuracy_without(evaluation, "oos"),
                ),
                ("recall of `oos`".to_owned(), outside),
            ]
        }
        _ => Vec::new(),
    }
}

/// The share given their label among the texts whose label is another than `left_out`.
fn accuracy_without(evaluation: &Evaluation, left_out: &str) -> f64 {
    let kept = evaluation
        .classes
        .iter()
        .enumerate()
        .filter(|(_, class)| class.label != left_out);
    let (mut right, mut all) = (0, 0);
    for (label, class) in kept {
        right += evaluation
            .confusion
            .get(label)
            .and_then(|row| row.get(label))
            .copied()
            .unwrap_or(0);
        all += class.support;
    }
    right as f64 / all.max(1) as f64
}
