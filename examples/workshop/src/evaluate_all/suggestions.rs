//! The section of suggested answers: which entry of a FAQ fits a question, by how many questions
//! the entries have.

use std::time::Instant;

use hearken::internals::Random;
use hearken::suggest::{Entry, Faq, Settings, Suggester};
use hearken::train::Example;

use super::Context;
use super::page::Page;
use super::sets::halves;
use super::{accepted, small_faqs};
use hearken_cli::failure::Failure;

/// Questions an entry; the last stands for all of them.
const SIZES: [usize; 6] = [1, 3, 5, 10, 20, usize::MAX];
/// Draws of so many questions; the figures are their means.
const DRAWS: u64 = 5;
/// What others reach on the same halves: top-1 and in the top 3 at each of [`SIZES`], as the issue
/// that asked for suggestions states them.
const PEERS: [[&str; 2]; 6] = [
    [".27 / .45", ".32 / .51"],
    [".39 / .59", ".50 / .72"],
    [".46 / .67", ".61 / .80"],
    [".54 / .76", ".70 / .86"],
    [".63 / .83", ".80 / .92"],
    [".79 / .92", ".92 / .97"],
];
/// The precision at which shares of answered questions are compared.
const PRECISION: f64 = 0.95;
/// The label of questions that no entry answers.
pub(super) const NONE: &str = "oos";

/// What one suggester reaches.
#[derive(Clone, Copy, Default)]
pub(super) struct Reached {
    pub(super) first: f64,
    pub(super) among_three: f64,
    /// The share answered at [`PRECISION`].
    answered: f64,
    /// How far probabilities of first suggestions are from the shares that are right.
    error: f64,
}

pub(crate) fn write(context: &Context<'_>, page: &mut Page) -> Result<(), Failure> {
    page.section(
        "Suggested answers",
        "A label of a set is an entry of a FAQ, its questions are texts of the train half, drawn \
         so many an entry: right entry first / among the first three on the valid half, means of \
         five draws (seeds 1 to 5; all questions: one). `answered`: the largest share of questions \
         that can be answered by their first suggestion with 95 % of the answers right, most \
         probable first; those of clinc150 that no entry answers (`oos`) are wrong whatever is \
         suggested. Calibration error: in ten bins of probability, of first suggestions. Peers: \
         top-1 / top 3 of BM25 and of a linear support vector machine, rounded, from \
         the issue.",
    );
    let mut rows = Vec::new();
    for (set, sizes) in [("banking77", &SIZES[..]), ("clinc150", &[20][..])] {
        let Some((learn, test)) = halves(context, set)? else {
            continue;
        };
        for &size in sizes {
            let started = Instant::now();
            let draws = if size == usize::MAX { 1 } else { DRAWS };
            let mut sum = Reached::default();
            for seed in 1..=draws {
                let faq = drawn(&learn, size, seed)?;
                let reached = measure(context, faq, &test)?;
                sum.first += reached.first / draws as f64;
                sum.among_three += reached.among_three / draws as f64;
                sum.answered += reached.answered / draws as f64;
                sum.error += reached.error / draws as f64;
            }
            context.tell(&format!(
                "suggestions of {set}, {}: {:.3} / {:.3}, answered {:.3}, error {:.3}; {:.1} s",
                named(size),
                sum.first,
                sum.among_three,
                sum.answered,
                sum.error,
                started.elapsed().as_secs_f64()
            ));
            let peers = match set {
                "banking77" => SIZES.iter().position(|&of| of == size),
                _ => None,
            };
            let peers = peers.map_or(["–", "–"], |at| PEERS[at]);
            rows.push(vec![
                set.to_owned(),
                named(size),
                format!("{:.3} / {:.3}", sum.first, sum.among_three),
                peers[0].to_owned(),
                peers[1].to_owned(),
                format!("{:.3}", sum.answered),
                format!("{:.3}", sum.error),
            ]);
        }
    }
    let header = [
        "set",
        "questions an entry",
        "hearken",
        "BM25",
        "linear SVM",
        "answered at 95 %",
        "calibration error",
    ];
    page.table(&header, &rows);
    small_faqs::write(context, page)?;
    accepted::write(context, page)
}

/// A size as it is shown.
fn named(size: usize) -> String {
    match size {
        usize::MAX => "all".to_owned(),
        size => size.to_string(),
    }
}

/// A FAQ of at most `most` texts a label, drawn with `seed`.
pub(super) fn drawn(examples: &[Example], most: usize, seed: u64) -> Result<Faq, Failure> {
    let mut order: Vec<&Example> = examples.iter().filter(|of| of.label != NONE).collect();
    Random::new(seed).shuffle(&mut order);
    order.sort_by(|a, b| a.label.cmp(&b.label));
    let entries = order.chunk_by(|a, b| a.label == b.label).enumerate();
    let entry = |(at, of): (usize, &[&Example])| Entry {
        // Labels may hold signs that ids may not.
        id: at.to_string(),
        answer: of[0].label.clone(),
        questions: of.iter().take(most).map(|of| of.text.clone()).collect(),
        ..Entry::default()
    };
    Ok(Faq::new(entries.map(entry).collect())?)
}

pub(super) fn measure(
    context: &Context<'_>,
    faq: Faq,
    test: &[Example],
) -> Result<Reached, Failure> {
    let everything = Settings {
        threshold: 0.0,
        ..Settings::default()
    };
    let suggester = Suggester::new(&context.engine, faq, everything)?;
    // For each text: the rank of its entry, and the probability of the first.
    let found = context.engine.map_batch(test, |_, scratch, of| {
        let suggestions = suggester.suggest(&of.text, scratch);
        let rank = suggestions
            .iter()
            .position(|one| one.entry.answer == of.label);
        let probability = suggestions.first().map_or(0.0, |first| first.probability);
        (rank, f64::from(probability))
    });
    let share = |count: usize, of: usize| count as f64 / of.max(1) as f64;
    let asked = test.iter().filter(|of| of.label != NONE).count();
    let first = found.iter().filter(|of| of.0 == Some(0)).count();
    let three = found.iter().filter(|of| of.0.is_some()).count();
    let mut order = found.clone();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let (mut right, mut answered) = (0, 0);
    for (at, of) in order.iter().enumerate() {
        right += usize::from(of.0 == Some(0));
        if share(right, at + 1) >= PRECISION {
            answered = at + 1;
        }
    }
    let mut bins = [(0.0, 0.0); 10];
    for (rank, probability) in &found {
        let bin = &mut bins[((probability * 10.0) as usize).min(9)];
        bin.0 += probability;
        bin.1 += f64::from(u8::from(*rank == Some(0)));
    }
    let error: f64 = bins.iter().map(|bin| (bin.0 - bin.1).abs()).sum();
    Ok(Reached {
        first: share(first, asked),
        among_three: share(three, asked),
        answered: share(answered, found.len()),
        error: error / found.len().max(1) as f64,
    })
}
