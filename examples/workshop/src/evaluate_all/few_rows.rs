//! The section of own heads from few rows: what drawn parts of the train halves reach, with what is
//! known beside the rows and without.

use std::path::Path;
use std::time::Instant;

use hearken::Engine;
use hearken::internals::Random;
use hearken::train::{Example, TrainOptions, evaluate, train};

use super::Context;
use super::page::Page;
use super::peers::lines;
use super::sets::halves;
use hearken_cli::failure::Failure;

/// The sets that are measured. Constants were chosen by what `CHOSEN` reach at 5 and 20 rows; the
/// others judge.
const SETS: [&str; 8] = [
    "airline_sentiment",
    "airline_reason",
    "banking77",
    "sms_spam",
    "cz_facebook_3class",
    "toutiao_subset",
    "bdci_car2018_topic",
    "disaster_tweets",
];
const CHOSEN: [&str; 5] = [
    "airline_sentiment",
    "airline_reason",
    "sms_spam",
    "cz_facebook_3class",
    "bdci_car2018_topic",
];
/// Sets whose train halves are among the texts of a shipped head: its opinion of them is no proof.
const KNOWN: [&str; 3] = ["banking77", "sms_spam", "toutiao_subset"];
/// Rows a label. With many labels the largest is as much as the whole set, and takes as long.
const SIZES: [usize; 4] = [5, 20, 50, 200];
/// Rows of all labels together from which on a size is left out.
const MOST_ROWS: usize = 3_000;
/// Draws of so many rows.
const DRAWS: u64 = 5;
/// What peers reach from the same draws; its first lines name the command.
const PEERS: &str = "data/peers_few.tsv";

/// At most `most` rows a label, drawn with `seed`. The script of the peers draws its own.
fn drawn(examples: &[Example], most: usize, seed: u64) -> Vec<Example> {
    let mut order: Vec<&Example> = examples.iter().collect();
    Random::new(seed).shuffle(&mut order);
    order.sort_by(|a, b| a.label.cmp(&b.label));
    let of_labels = order.chunk_by(|a, b| a.label == b.label);
    let rows = of_labels.flat_map(|of| of.iter().take(most));
    rows.map(|&row| row.clone()).collect()
}

/// The mean of `values` and their standard deviation.
fn mean_and_spread(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares = values.iter().map(|value| (value - mean).powi(2));
    (mean, (squares.sum::<f64>() / (count - 1.0).max(1.0)).sqrt())
}

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Own heads from few rows",
        "Macro F1 on the valid half of a head that is trained on so many rows a label of the train \
         half: mean ± standard deviation of five draws (seeds 1 to 5). `rows alone`: without what \
         the shipped heads say and without the names of the labels (`hearken train \
         --rows-alone`). SVC and LR: scikit-learn's LinearSVC and logistic regression on tf-idf \
         words, pairs and characters, five draws of their own (`benches/peers/few_rows.py`). A \
         star: texts of this set trained a shipped head, so that its opinion proves nothing there.",
    );
    let peers = if Path::new(PEERS).exists() {
        lines(PEERS)?
    } else {
        Vec::new()
    };
    let mut rows = Vec::new();
    for set in SETS {
        let Some((learn, test)) = halves(context, set)? else {
            continue;
        };
        for size in SIZES {
            if drawn(&learn, size, 1).len() > MOST_ROWS {
                continue;
            }
            let mut row = vec![
                format!("{set}{}", if KNOWN.contains(&set) { " *" } else { "" }),
                if CHOSEN.contains(&set) && size <= 20 {
                    "chose"
                } else {
                    "judges"
                }
                .to_owned(),
                size.to_string(),
            ];
            for priors in [true, false] {
                let started = Instant::now();
                let of_draw = |seed| reached(priors, &drawn(&learn, size, seed), &test);
                let found = (1..=DRAWS).map(of_draw).collect::<Result<Vec<_>, _>>()?;
                let (mean, spread) = mean_and_spread(&found);
                let seconds = started.elapsed().as_secs_f64();
                context.tell(&format!(
                    "{set}, {size} rows a label, priors {priors}: {mean:.4} ± {spread:.4}; \
                     {seconds:.1} s"
                ));
                row.push(format!("{mean:.3} ± {spread:.3}"));
            }
            let peer = peers
                .iter()
                .find(|of| of.first().is_some_and(|of| of == set) && of.get(1) == row.get(2));
            for at in [2, 3] {
                let of_peer = peer.and_then(|of| of.get(at)).cloned();
                row.push(of_peer.unwrap_or_else(|| "–".to_owned()));
            }
            rows.push(row);
        }
    }
    let header = [
        "set",
        "constants",
        "rows a label",
        "hearken",
        "rows alone",
        "SVC",
        "LR",
    ];
    page.table(&header, &rows);
    Ok(())
}

/// Macro F1 on `test` of a head trained on `learn`.
fn reached(priors: bool, learn: &[Example], test: &[Example]) -> Result<f64, Failure> {
    let options = TrainOptions {
        task: "own".to_owned(),
        priors,
        ..TrainOptions::default()
    };
    let model = train(learn, &options, &mut |_, _| {})?;
    let engine = Engine::builder()
        .without_bundled_models()
        .model(model)
        .build()?;
    Ok(evaluate(&engine, "own", test)?.macro_f1)
}
