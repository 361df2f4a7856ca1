//! What each decision is worth for each label: the scores that undo the classifier's errors.

use super::confusion::{Cell, Confusion, Tally};
use super::interval::{self, Between, Sample, Spread};
use super::{Change, Doubt, Share};

/// Decisions that are added to each row of a confusion, in equal parts: the two of Agresti
/// and Coull (1998).
const PULL: f64 = 2.0;
/// Standard deviations beyond which confidence is said to differ from validation's: three, by
/// convention; chance alone passes it in one period of 370 at most.
const UNFAMILIAR: f64 = 3.0;
/// Posts that must be given the label, rightly in validation and in the period, for their
/// confidence to be compared. Chosen by hand, not tuned: the variance of fewer is itself not known.
const COMPARED: u64 = 10;

/// Takes the errors of a classifier out of what it decided. Made once from its [`Confusion`].
#[derive(Clone, Debug)]
pub struct Correction {
    /// One for all labels, or one for each.
    tables: Vec<Table>,
    several: bool,
}

/// A table of truths by decisions, and its inverse.
#[derive(Clone, Debug)]
struct Table {
    /// Labelled posts of each truth.
    posts: Vec<u64>,
    /// `rates[truth][decided]`; a row sums to 1.
    rates: Vec<Vec<f64>>,
    /// `scores[truth][decided]`: posts of that truth score 1 in the mean, others 0. None where
    /// truths can't be distinguished.
    scores: Option<Vec<Vec<f64>>>,
    /// Of each decision those that are right and those that are not.
    confidence: Vec<(Cell, Cell)>,
}

/// The place of a label: the table, and which of its truths it is.
struct Place<'a> {
    table: &'a Table,
    at: usize,
}

impl Correction {
    /// The correction for a classifier with this confusion.
    pub fn new(confusion: &Confusion) -> Correction {
        let tables = confusion
            .tables()
            .iter()
            .map(|table| Table::new(table))
            .collect();
        Correction {
            tables,
            several: confusion.is_several(),
        }
    }

    /// The share of the label of this index in `period`.
    ///
    /// `sampled_from` is the number of posts that those of the period were drawn from at random.
    /// `None`: every post was read, so there is no sampling error, only the classifier's, and the
    /// share is that of these very posts. `Some(u64::MAX)`: an endless source, so the share is the
    /// rate at which it sends posts with the label.
    ///
    /// An index out of range, and a period without posts, gives the interval from 0 to 1. Shares of
    /// several labels are estimated one by one: where each post has one label, they sum to 1 but
    /// for what is cut off at 0 and 1.
    pub fn share(&self, label: usize, period: &Tally, sampled_from: Option<u64>) -> Share {
        let (posts, given) = (period.posts(), period.given(label));
        let mut share = Share {
            posts,
            given,
            raw: if posts > 0 {
                given as f64 / posts as f64
            } else {
                0.0
            },
            share: None,
            low: 0.0,
            high: 1.0,
            doubts: Vec::new(),
        };
        let decided = self.decided(label, period);
        let scored = self.place(label).and_then(|place| {
            let mixture = place.table.mixture(&decided)?;
            let spread = place.spread(&mixture)?;
            Some((
                place.sample(&decided, posts, sampled_from)?,
                spread,
                place,
                mixture,
            ))
        });
        // A head that validation can't distinguish from chance still gives a number, of no worth:
        // the whole interval is the honest answer.
        let Some((sample, spread, place, mixture)) = scored.filter(|scored| scored.1.tells())
        else {
            share.doubts.push(Doubt::KnowsNothing);
            return share;
        };
        if let Some((found, Between { low, high })) = interval::share(&spread, &sample) {
            (share.share, share.low, share.high) = (Some(found), low, high);
        }
        if interval::is_impossible(&spread, &sample) {
            share.doubts.push(Doubt::Impossible);
        }
        let far = place.unfamiliarity(&mixture, &period.confidence(label), (share.low, share.high));
        if far.is_some_and(|far| far > UNFAMILIAR) {
            share.doubts.push(Doubt::Unfamiliar);
        }
        share
    }

    /// How the share of the label of this index has changed between two periods, each with what it
    /// was sampled from (see [`Correction::share`]). To ask whether the rate behind the posts has
    /// changed, give `Some(u64::MAX)` for both.
    ///
    /// False positives that both periods have in equal measure fall out, so this is surer than
    /// two shares are.
    pub fn change(
        &self,
        label: usize,
        (before, before_from): (&Tally, Option<u64>),
        (after, after_from): (&Tally, Option<u64>),
    ) -> Change {
        let (one, two) = (self.decided(label, before), self.decided(label, after));
        let found = self.place(label).and_then(|place| {
            let both: Vec<u64> = one
                .iter()
                .zip(&two)
                .map(|(one, two)| one.saturating_add(*two))
                .collect();
            // One mixture of the other labels for both periods: their false positives are then the
            // same and fall out of the difference.
            let spread = place.spread(&place.table.mixture(&both)?)?;
            let known = place.of_others(&place.table.mixture(&one)?, &place.table.mixture(&two)?);
            let before = place.sample(&one, before.posts(), before_from)?;
            let after = place.sample(&two, after.posts(), after_from)?;
            interval::change(&spread, &before, &after, known)
        });
        match found {
            Some((change, Between { low, high })) => Change {
                change: Some(change),
                low,
                high,
            },
            None => Change {
                change: None,
                low: -1.0,
                high: 1.0,
            },
        }
    }

    fn place(&self, label: usize) -> Option<Place<'_>> {
        let (table, at) = if self.several { (label, 1) } else { (0, label) };
        self.tables
            .get(table)
            .filter(|table| at < table.posts.len())
            .map(|table| Place { table, at })
    }

    /// How often each decision of the label's table was taken.
    fn decided(&self, label: usize, period: &Tally) -> Vec<u64> {
        match self.several {
            true => vec![
                period.posts().saturating_sub(period.given(label)),
                period.given(label),
            ],
            false => (0..self.tables.first().map_or(0, |table| table.posts.len()))
                .map(|at| period.given(at))
                .collect(),
        }
    }
}

impl Table {
    fn new(cells: &[Vec<Cell>]) -> Table {
        let sides = cells.len();
        let posts: Vec<u64> = cells
            .iter()
            .map(|row| row.iter().map(Cell::count).sum())
            .collect();
        let rates: Vec<Vec<f64>> = cells
            .iter()
            .zip(&posts)
            .map(|(row, &posts)| {
                // Pulled towards an even row: of few validated posts a rate of 0 or 1 would claim
                // to be certain, and the interval would be too narrow.
                let rate = |cell: &Cell| {
                    (cell.count() as f64 + PULL / sides as f64) / (posts as f64 + PULL)
                };
                row.iter().map(rate).collect()
            })
            .collect();
        let confidence = (0..sides).map(|decided| {
            let (mut right, mut wrong) = (Cell::default(), Cell::default());
            for (truth, row) in cells.iter().enumerate() {
                let Some(cell) = row.get(decided) else {
                    continue;
                };
                if truth == decided {
                    right.merge(cell)
                } else {
                    wrong.merge(cell)
                }
            }
            (right, wrong)
        });
        Table {
            confidence: confidence.collect(),
            scores: inverse(&rates),
            posts,
            rates,
        }
    }

    /// The share of each truth among posts so decided: the mean scores, cut off at 0; without
    /// posts, the shares of validation.
    fn mixture(&self, decided: &[u64]) -> Option<Vec<f64>> {
        let total: u64 = decided
            .iter()
            .fold(0, |sum, &count| sum.saturating_add(count));
        let mut shares: Vec<f64> = match total {
            0 => self.posts.iter().map(|&posts| posts as f64).collect(),
            // Scores can be below 0 by chance, and a share can't.
            _ => self
                .scores
                .as_ref()?
                .iter()
                .map(|scores| mean(scores, decided, 0.0).max(0.0))
                .collect(),
        };
        let whole: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= whole);
        (whole > 0.0).then_some(shares)
    }
}

impl<'a> Place<'a> {
    fn scores(&self) -> Option<&'a [f64]> {
        self.table.scores.as_ref()?.get(self.at).map(Vec::as_slice)
    }

    fn sample(&self, decided: &[u64], posts: u64, sampled_from: Option<u64>) -> Option<Sample> {
        let scores = self.scores()?;
        Some(Sample {
            posts: posts as f64,
            mean: mean(scores, decided, 0.0),
            // As the rates are pulled, so are the decisions of the period: both sides of the
            // difference (Agresti and Caffo 2000).
            pulled: mean(scores, decided, PULL / decided.len() as f64),
            sampling: Sample::sampling(posts, sampled_from),
        })
    }

    /// The variance of the score of a post of this truth.
    fn variance(&self, truth: usize) -> f64 {
        let (Some(scores), Some(rates)) = (self.scores(), self.table.rates.get(truth)) else {
            return f64::INFINITY;
        };
        let (mean, square) = scores
            .iter()
            .zip(rates)
            .fold((0.0, 0.0), |(mean, square), (score, rate)| {
                (mean + rate * score, square + rate * score * score)
            });
        (square - mean * mean).max(0.0)
    }

    /// The variance of the mean score of this truth's posts in validation.
    fn known(&self, truth: usize) -> f64 {
        self.variance(truth)
            / self
                .table
                .posts
                .get(truth)
                .map_or(1.0, |&posts| posts.max(1) as f64)
    }

    /// The other truths, each with its part of them in `mixture`.
    fn others(&self, mixture: &[f64]) -> Vec<(usize, f64)> {
        let others = || {
            mixture
                .iter()
                .enumerate()
                .filter(|(truth, _)| *truth != self.at)
        };
        let whole: f64 = others().map(|(_, share)| share).sum();
        let even = 1.0 / (mixture.len() as f64 - 1.0);
        others()
            .map(|(truth, share)| (truth, if whole > 0.0 { share / whole } else { even }))
            .collect()
    }

    /// How the scores vary among posts mixed so; none if validation had no posts with the label,
    /// or none without.
    fn spread(&self, mixture: &[f64]) -> Option<Spread> {
        let own = *self.table.posts.get(self.at)?;
        if own == 0 || self.table.posts.iter().sum::<u64>() == own {
            return None;
        }
        let others = self.others(mixture);
        Some(Spread {
            hit: self.variance(self.at),
            miss: others
                .iter()
                .map(|&(truth, part)| part * self.variance(truth))
                .sum(),
            of_hit: self.known(self.at),
            of_miss: others
                .iter()
                .map(|&(truth, part)| part * part * self.known(truth))
                .sum(),
        })
    }

    /// What the other truths add to the variance of a change, beyond making room for
    /// the label's own.
    fn of_others(&self, before: &[f64], after: &[f64]) -> f64 {
        let share = |mixture: &[f64], truth: usize| mixture.get(truth).copied().unwrap_or_default();
        let own = share(after, self.at) - share(before, self.at);
        let mixed: Vec<f64> = before
            .iter()
            .zip(after)
            .map(|(one, two)| (one + two) / 2.0)
            .collect();
        let terms = self.others(&mixed).into_iter().map(|(truth, part)| {
            let beyond = share(after, truth) - share(before, truth) + own * part;
            beyond * beyond * self.known(truth)
        });
        terms.sum()
    }

    /// By how many standard deviations the mean confidence of those `found` lies outside what it
    /// would be at the shares in `between`; none where there are too few to compare.
    fn unfamiliarity(&self, mixture: &[f64], found: &Cell, between: (f64, f64)) -> Option<f64> {
        let (right, wrong) = self.table.confidence.get(self.at)?;
        if right.count() < COMPARED || found.count() < COMPARED {
            return None;
        }
        let given = |truth: usize| self.table.rates.get(truth)?.get(self.at).copied();
        let sensitivity = given(self.at)?;
        let false_ones: f64 = self
            .others(mixture)
            .iter()
            .filter_map(|&(truth, part)| Some(part * given(truth)?))
            .sum();
        let far = |share: f64| {
            // Those given the label are a mixture of right ones and false ones, and the true share
            // decides how much of each: only a confidence that no share explains is strange.
            let (of_right, of_wrong) = (share * sensitivity, (1.0 - share) * false_ones);
            // Validation saw no false one, so nothing is known of their confidence.
            let part = if wrong.count() == 0 {
                1.0
            } else {
                of_right / (of_right + of_wrong)
            };
            let mean = part * right.mean() + (1.0 - part) * wrong.mean();
            let of = |cell: &Cell, part: f64| {
                let around = cell.variance() + (cell.mean() - mean).powi(2);
                part * around / found.count() as f64
                    + part * part * cell.variance() / cell.count().max(1) as f64
            };
            (
                found.mean() - mean,
                (of(right, part) + of(wrong, 1.0 - part)).sqrt().max(1e-6),
            )
        };
        let (low, high) = (far(between.0), far(between.1));
        // Of opposite signs: some share in the interval explains the confidence.
        let inside = low.0 * high.0 <= 0.0;
        Some(if inside {
            0.0
        } else {
            (low.0.abs() / low.1).min(high.0.abs() / high.1)
        })
    }
}

/// The mean score of these decisions, each counted `more` times more; 0 without any.
fn mean(scores: &[f64], decided: &[u64], more: f64) -> f64 {
    let (sum, count) =
        scores
            .iter()
            .zip(decided)
            .fold((0.0, 0.0), |(sum, total), (score, &count)| {
                let count = count as f64 + more;
                (sum + score * count, total + count)
            });
    if count > 0.0 { sum / count } else { 0.0 }
}

/// Rows `s` with `rates · s = 1` for their own truth and 0 for others: the inverse, turned over, by
/// Gauss and Jordan's elimination with row pivots; none where a pivot is all but 0.
fn inverse(rates: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    // Below this pivot two truths are decided alike and no score separates them; by hand, far above
    // the rounding of a table of 1000 labels and far below the rates of any head of use.
    const MIN_PIVOT: f64 = 1e-6;
    let sides = rates.len();
    let unit = |at: usize| (0..sides).map(move |other| if other == at { 1.0 } else { 0.0 });
    let mut rows: Vec<Vec<f64>> = rates
        .iter()
        .enumerate()
        .map(|(at, row)| row.iter().copied().chain(unit(at)).collect())
        .collect();
    for at in 0..sides {
        let size = |row: &[f64]| row.get(at).map_or(0.0, |value| value.abs());
        let pivot =
            (at..sides).max_by(|&one, &two| size(&rows[one]).total_cmp(&size(&rows[two])))?;
        rows.swap(at, pivot);
        if size(&rows[at]) < MIN_PIVOT {
            return None;
        }
        let scale = 1.0 / rows[at][at];
        rows[at].iter_mut().for_each(|value| *value *= scale);
        let pivot = rows[at].clone();
        for (_, row) in rows
            .iter_mut()
            .enumerate()
            .filter(|(other, _)| *other != at)
        {
            let factor = row[at];
            row.iter_mut()
                .zip(&pivot)
                .for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    // Column `label` of the inverse holds the scores of the decisions for that label.
    Some(
        (0..sides)
            .map(|label| rows.iter().map(|row| row[sides + label]).collect())
            .collect(),
    )
}
