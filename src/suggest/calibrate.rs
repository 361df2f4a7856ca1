//! From margins to probabilities: what held-out questions of a FAQ teach of its own suggestions.

use super::machine::{self, Plane};
use super::topics;
use crate::stats::logistic::{self, Case, Prior};

/// How many parts the questions of each entry are dealt into; each part is judged by planes of the
/// others. An entry with at most as many questions has each of them left out by itself. By hand: a
/// bound on time.
const FOLDS: usize = 5;
/// The share of posts that no entry answers, as calibration supposes it: by hand. Of customers'
/// posts more have no ready answer; those that reach suggestions were chosen.
const UNANSWERED: f64 = 0.1;
/// What a text of the background counts beside a question that was judged, so that the smaller a
/// FAQ, the more posts have nothing to do with it. Of 0.03, 0.1, 0.2, 0.3 and 1 on small FAQs of
/// two sets (`docs/measured/suggest.md`): with more, fewer unrelated posts get a suggestion, but a
/// shop's FAQ, which the background is about as well, gives none to posts that repeat a question.
const UNRELATED: f64 = 0.2;
/// How far down a ranking calibration looks: as far as suggestions go.
pub(super) const RANKS: usize = 3;
/// What a calibration is before any question was held out: the bias, the weight of the lead and
/// that of the margin. By hand: a lead of 0.2 at a margin of 0.5 is as good as a coin.
const PRIOR: Prior = Prior {
    numbers: [-2.0, 6.0, 1.5],
    // As much as some dozens of held-out questions say.
    certainty: [2.0, 0.5, 0.5],
};

/// A candidate among the entries: its lead over the best other one, and its margin beyond that of a
/// text that shares nothing with the FAQ. For an entry with more questions than the others of its
/// language leads over them whatever the text says, and in a small FAQ by much.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Candidate {
    pub(super) entry: usize,
    inputs: [f64; 2],
}

/// A question that was left out, and the entries in the order in which they would be suggested.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Judged {
    /// The question.
    pub(super) question: usize,
    /// The entries that come first, best first; as many as are suggested at most.
    pub(super) ranking: Vec<Candidate>,
}

/// The bias and the weights of a candidate's inputs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Calibration([f64; 3]);

impl Calibration {
    /// The probability that a candidate is the right one, 0 to 1.
    pub(super) fn probability(&self, candidate: &Candidate) -> f32 {
        let [bias, lead, margin] = self.0;
        let sum = bias + lead * candidate.inputs[0] + margin * candidate.inputs[1];
        (1.0 / (1.0 + libm::exp(-sum))) as f32
    }
}

/// The best `most` of the entries by their margins, best first, the first of equals; `nothing` has
/// the margins of a text that shares nothing with the FAQ, `may` says which are asked for.
pub(super) fn ranked(
    margins: &[f64],
    nothing: &[f32],
    most: usize,
    may: impl Fn(usize) -> bool,
) -> Vec<Candidate> {
    let mut order: Vec<usize> = (0..margins.len()).filter(|&entry| may(entry)).collect();
    order.sort_by(|&a, &b| margins[b].total_cmp(&margins[a]));
    let first = order.first().map(|&entry| margins[entry]);
    // A FAQ of one entry leads over nothing, that is over a margin of −1.
    let second = order.get(1).map_or(-1.0, |&entry| margins[entry]);
    order.truncate(most);
    let candidate = |(rank, entry): (usize, usize)| {
        let other = match rank {
            0 => second,
            _ => first.unwrap_or(-1.0),
        };
        let margin = margins[entry];
        let nothing = nothing.get(entry).copied().unwrap_or(0.0);
        Candidate {
            entry,
            inputs: [margin - other, margin - f64::from(nothing)],
        }
    };
    order.into_iter().enumerate().map(candidate).collect()
}

/// The calibration of a FAQ, and the questions that were left out for it, in their order.
/// `priors` has what topics add to each question's margins, `background` the rankings of texts that
/// no entry answers.
pub(super) fn calibrate(
    kernels: &[Vec<f32>],
    priors: &[Vec<f32>],
    entry_of: &[u32],
    entries: usize,
    competes: impl Fn(u32, u32) -> bool + Sync + Send + Copy,
    background: &[Vec<Candidate>],
) -> (Calibration, Vec<Judged>) {
    // The place of each question within its entry, and how many questions the entry has.
    let mut counts = vec![0usize; entries];
    let place = |&entry: &u32| {
        let count = &mut counts[entry as usize];
        *count += 1;
        *count - 1
    };
    let places: Vec<usize> = entry_of.iter().map(place).collect();
    // The only question of an entry stays: without it nothing of the entry would be known.
    let is_held = |question: usize, fold: usize| {
        counts[entry_of[question] as usize] > 1 && places[question] % FOLDS == fold
    };
    let is_strange = |question: usize, fold: usize| entry_of[question] as usize % FOLDS == fold;
    let mut known = judge(kernels, priors, entry_of, entries, competes, is_held);
    known.sort_by_key(|judged| judged.question);
    // Questions whose whole entry is left out: what is asked for is not in the FAQ.
    let strange = match entries {
        1 => Vec::new(),
        _ => judge(kernels, priors, entry_of, entries, competes, is_strange),
    };
    let share = UNANSWERED / (1.0 - UNANSWERED) * known.len() as f64;
    let weight = share / strange.len().max(1) as f64;
    let cases = |of: &[Judged], weight: f64| -> Vec<Case> {
        let case = |judged: &Judged| {
            let entry = entry_of[judged.question] as usize;
            let case = move |candidate: &Candidate| Case {
                inputs: candidate.inputs,
                member: candidate.entry == entry,
                weight,
            };
            judged.ranking.iter().map(case).collect::<Vec<_>>()
        };
        of.iter().flat_map(case).collect()
    };
    let mut all = cases(&known, 1.0);
    all.extend(cases(&strange, weight));
    // Where few questions can be judged, nothing would stand against what the background says.
    let judged = (known.len() + 1) as f64 / (entry_of.len() + 1) as f64;
    let unrelated = background.iter().flatten().map(|candidate| Case {
        inputs: candidate.inputs,
        member: false,
        weight: UNRELATED * judged,
    });
    all.extend(unrelated);
    (Calibration(logistic::fit(&all, &PRIOR)), known)
}

/// Each question that is left out of a fold, judged by the planes of that fold.
fn judge(
    kernels: &[Vec<f32>],
    priors: &[Vec<f32>],
    entry_of: &[u32],
    entries: usize,
    competes: impl Fn(u32, u32) -> bool + Sync + Send + Copy,
    is_out: impl Fn(usize, usize) -> bool,
) -> Vec<Judged> {
    let mut judged = Vec::new();
    for fold in 0..FOLDS {
        let questions = 0..entry_of.len();
        let (out, rows): (Vec<usize>, Vec<usize>) = questions.partition(|&at| is_out(at, fold));
        if out.is_empty() || rows.is_empty() {
            continue;
        }
        let rows: Vec<u32> = rows.into_iter().map(|row| row as u32).collect();
        let planes = machine::fit(kernels, entry_of, &rows, entries, competes);
        let nothing: Vec<f32> = planes.iter().map(|plane| plane.nothing).collect();
        judged.extend(out.into_iter().map(|question| {
            let margin = |plane: &Plane| f64::from(plane.margins[question]);
            let mut margins: Vec<f64> = planes.iter().map(margin).collect();
            if let Some(priors) = priors.get(question) {
                topics::add(&mut margins, priors);
            }
            let own = entry_of[question];
            // An entry that is left out as a whole has the least margin there is.
            Judged {
                question,
                ranking: ranked(&margins, &nothing, RANKS, |entry| {
                    competes(own, entry as u32)
                }),
            }
        }));
    }
    judged
}
