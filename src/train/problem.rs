//! The problem of one training: labelled texts over columns, and planes fitted to parts of them.

use std::collections::BTreeMap;

use super::calibrate::{self, HeldOut, Lanes};
use super::corpus::{Corpus, Scales, Vocabulary};
use super::decide::NONE_LABELS;
use super::estimate::{Fit, Matrix, Plane, fit};
use super::settings::Settings;
use super::{Evaluation, Goal};
use crate::feature::Block;
use crate::feature::signal::Signals;
use crate::model::{Calibration, SCALE, SignalModel};
use crate::stats::random::Random;
use crate::{Result, parallel};

/// Most passes over the data of one fit: a bound on time. Chosen by hand, not tuned; most fits stop
/// earlier, when no text moves the plane any more.
const PASSES: usize = 30;
/// Held-out texts of a label below which its sigmoid is not fitted separately. Chosen by hand for
/// taxonomies; of heads of few rows it was measured too (`docs/measured/learn.md`).
pub(super) const FEW: usize = 30;

/// Labelled texts as rows, and how they are to be fitted. Rows and columns are those of `corpus`.
pub(super) struct Problem<'a> {
    pub(super) corpus: &'a Corpus,
    pub(super) signals: &'a [Signals],
    pub(super) truth: &'a [u16],
    /// The other labels of each row's text.
    pub(super) others: &'a [Vec<u16>],
    pub(super) labels: &'a [String],
    /// What an error on each row costs.
    pub(super) weights: &'a [f32],
    pub(super) most_features: usize,
    /// The rows from this one on are never held out.
    pub(super) held: usize,
    /// Labels of fewer held-out texts share a sigmoid.
    pub(super) few: usize,
    pub(super) seed: u64,
    pub(super) goal: Goal,
}

/// What was fitted: a plane a lane, and the Gaussians of the dense signals if they count.
pub(super) struct Fitted {
    pub(super) planes: Vec<Plane>,
    pub(super) signals: Option<SignalModel>,
}

impl Problem<'_> {
    pub(super) fn lanes(&self) -> usize {
        if self.labels.len() == 2 {
            1
        } else {
            self.labels.len()
        }
    }

    /// One lane stands for the second of two labels: a plane between two classes says it all.
    fn label_of_lane(&self, lane: usize) -> u16 {
        if self.lanes() == 1 { 1 } else { lane as u16 }
    }

    /// Whether the text of `row` has `label`.
    fn has(&self, row: u32, label: u16) -> bool {
        let row = row as usize;
        let others = self.others.get(row);
        self.truth[row] == label || others.is_some_and(|others| others.contains(&label))
    }

    pub(super) fn all_rows(&self) -> Vec<u32> {
        (0..self.corpus.rows() as u32).collect()
    }

    /// The texts that are like those to come; see `Material::held`.
    pub(super) fn held_rows(&self) -> Vec<u32> {
        (0..self.held as u32).collect()
    }

    /// Features a text has on average.
    pub(super) fn features_per_row(&self) -> usize {
        self.corpus.cells() / self.corpus.rows().max(1) + 1
    }

    /// What the texts `rows` know.
    pub(super) fn vocabulary(&self, rows: &[u32], settings: Settings) -> Vocabulary {
        let mut scales = Scales {
            pairs: settings.pairs,
            negated: settings.negated,
            blocks: [1.0; 3],
            opinions: settings.opinions,
        };
        scales.blocks[Block::Characters as usize] = settings.characters;
        scales.blocks[Block::Terms as usize] = settings.terms;
        // The setting is what tuning chose, the other a bound that the caller sets on
        // the model's size.
        let most = settings.features.min(self.most_features);
        self.corpus.vocabulary(
            rows,
            self.truth,
            self.labels.len(),
            (settings.fewest, most),
            scales,
        )
    }

    /// Fits a plane a lane to the texts `rows`, whose values are the rows of `matrix`.
    pub(super) fn fit(&self, rows: &[u32], matrix: &Matrix, settings: Settings) -> Result<Fitted> {
        let lanes: Vec<usize> = (0..self.lanes()).collect();
        let weights: Vec<f32> = rows.iter().map(|&row| self.weights[row as usize]).collect();
        let truth: Vec<u16> = rows.iter().map(|&row| self.truth[row as usize]).collect();
        let planes = parallel::map(
            &lanes,
            || (),
            |(), &lane| {
                let label = self.label_of_lane(lane);
                let member: Vec<bool> = rows.iter().map(|&row| self.has(row, label)).collect();
                // A seed a lane, so that the lanes don't visit the texts in one order.
                let how = Fit {
                    cost: settings.cost,
                    stretch: settings.stretch,
                    smoothing: f64::from(settings.smoothing),
                    naive_bayes: settings.naive_bayes,
                    balance: settings.balance,
                    passes: PASSES,
                    seed: self.seed ^ (lane as u64 + 1).wrapping_mul(0x5851_f42d_4c95_7f2d),
                };
                fit(matrix, &member, &weights, how)
            },
        )
        .into_iter()
        .collect::<Result<Vec<Plane>>>()?;
        let signals = if settings.signals > 0.0 {
            let signals: Vec<&Signals> = rows
                .iter()
                .map(|&row| &self.signals[row as usize])
                .collect();
            Some(calibrate::gaussians(
                &signals,
                &truth,
                self.lanes(),
                f64::from(settings.signals),
            )?)
        } else {
            None
        };
        Ok(Fitted { planes, signals })
    }

    /// Which fold each of `rows` is held out in. Labels are dealt out evenly, and texts with the
    /// same features stay together: a fold that was fitted to a copy of the text that it judges
    /// would make every setting look better than it is.
    fn folds(&self, rows: &[u32], folds: usize, round: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        // Shuffled, then sorted by label without losing that order: each fold gets its share of
        // every label, also of one with a handful of texts.
        Random::new(self.seed.wrapping_add(round)).shuffle(&mut order);
        order.sort_by_key(|&at| self.truth[rows[at] as usize]);
        let mut fold = vec![0; rows.len()];
        let mut dealt: BTreeMap<&[u32], usize> = BTreeMap::new();
        let mut turn = 0;
        for &at in &order {
            let columns = self.corpus.columns(rows[at]);
            // Texts without any column are alike in that only, so they are dealt out.
            fold[at] = match dealt.get(columns) {
                Some(&same) if !columns.is_empty() => same,
                _ => turn % folds,
            };
            if fold[at] == turn % folds {
                turn += 1;
            }
            dealt.insert(columns, fold[at]);
        }
        fold
    }

    /// The margins of each of `rows`, by planes that were fitted without it.
    ///
    /// Each `round` divides them into other folds.
    pub(super) fn held_out(
        &self,
        rows: &[u32],
        settings: Settings,
        folds: usize,
        round: u64,
    ) -> Result<Vec<HeldOut>> {
        self.held_out_from(rows, settings, folds, round, 1)
    }

    /// The same, by planes that were fitted to one in `nth` of the texts.
    pub(super) fn held_out_from(
        &self,
        rows: &[u32],
        settings: Settings,
        folds: usize,
        round: u64,
        nth: usize,
    ) -> Result<Vec<HeldOut>> {
        let fold = self.folds(rows, folds, round);
        let numbers: Vec<usize> = (0..folds).collect();
        let of_folds = parallel::map(
            &numbers,
            || (),
            |(), &held| {
                let part = |inside: bool| -> Vec<u32> {
                    rows.iter()
                        .zip(&fold)
                        .filter(|pair| (*pair.1 == held) == inside)
                        .map(|pair| *pair.0)
                        .collect()
                };
                let (mut rest, judged) = (part(false), part(true));
                if nth > 1 {
                    // Sorted by label, so that each keeps its share, also one of few texts.
                    Random::new(self.seed).shuffle(&mut rest);
                    rest.sort_by_key(|&row| self.truth[row as usize]);
                    rest = rest.into_iter().step_by(nth).collect();
                    rest.sort_unstable();
                }
                // A taxonomy's terms train every fold and are judged by none: they are not posts.
                rest.extend(self.held as u32..self.corpus.rows() as u32);
                // Counted and weighed by the fold itself, so that its held-out texts are as
                // unfamiliar to it as posts will be.
                let vocabulary = self.vocabulary(&rest, settings);
                let fitted = self.fit(&rest, &self.corpus.matrix(&rest, &vocabulary), settings)?;
                let matrix = self.corpus.matrix(&judged, &vocabulary);
                let margins = judged.iter().enumerate().map(|(at, &row)| {
                    let signals = |lane| {
                        fitted
                            .signals
                            .as_ref()
                            .map_or(0, |model| model.sum(lane, &self.signals[row as usize]))
                    };
                    let margin = |(lane, plane): (usize, &Plane)| {
                        f64::from(plane.margin(&matrix, at)) + signals(lane) as f64 / SCALE as f64
                    };
                    HeldOut {
                        margins: fitted.planes.iter().enumerate().map(margin).collect(),
                        familiarity: self.corpus.familiarity(row, &vocabulary),
                        truth: usize::from(self.truth[row as usize]),
                        others: self.others.get(row as usize).cloned().unwrap_or_default(),
                    }
                });
                Ok(margins.collect::<Vec<_>>())
            },
        );
        let of_folds = of_folds
            .into_iter()
            .map(|judged| judged.map(Vec::into_iter));
        let mut of_folds = of_folds.collect::<Result<Vec<std::vec::IntoIter<HeldOut>>>>()?;
        Ok(fold
            .iter()
            .filter_map(|&fold| of_folds[fold].next())
            .collect())
    }

    pub(super) fn meaning(&self) -> Lanes {
        let labels = (0..self.lanes()).map(|lane| usize::from(self.label_of_lane(lane)));
        let none = self
            .labels
            .iter()
            .position(|label| NONE_LABELS.contains(&label.as_str()));
        Lanes {
            of: labels.collect(),
            labels: self.labels.len(),
            none,
            few: self.few,
            plain: self.goal == Goal::Accuracy,
        }
    }

    /// The figure that is the goal on held-out texts, for the comparison of settings.
    pub(super) fn compared(&self, held_out: &[HeldOut]) -> f64 {
        // By sigmoids alone, to save time: the whole calibration is fitted only where it stays.
        let evaluation = self.score(held_out, &calibrate::sigmoids(held_out, &self.meaning()));
        match self.goal {
            Goal::MacroF1 => evaluation.macro_f1,
            Goal::Accuracy => evaluation.accuracy,
        }
    }

    pub(super) fn score(&self, held_out: &[HeldOut], calibration: &Calibration) -> Evaluation {
        let mut probabilities = Vec::new();
        let answers: Vec<(usize, usize, f32)> = held_out
            .iter()
            .map(|text| {
                calibration.probabilities(&text.margins, text.familiarity, &mut probabilities);
                let (label, probability) = calibration.choose(&probabilities).unwrap_or((0, 0.0));
                (text.truth, label, probability)
            })
            .collect();
        Evaluation::new("", self.labels, &answers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::documents::Document;

    #[test]
    fn folds_deal_every_label_out_evenly() {
        let truth: Vec<u16> = (0..100).map(|at| u16::from(at % 10 == 0)).collect();
        let documents = vec![Document::default(); 100];
        let (corpus, labels) = (Corpus::new(&documents, &[]), ["a", "b"].map(String::from));
        let problem = Problem {
            corpus: &corpus,
            signals: &[],
            truth: &truth,
            others: &[],
            labels: &labels,
            weights: &[],
            most_features: 1,
            held: 100,
            few: 0,
            seed: 8,
            goal: crate::train::Goal::MacroF1,
        };
        let folds = problem.folds(&problem.all_rows(), 5, 0);
        for fold in 0..5 {
            let of = |label: u16| {
                folds
                    .iter()
                    .zip(&truth)
                    .filter(|pair| *pair.0 == fold && *pair.1 == label)
                    .count()
            };
            assert_eq!((of(0), of(1)), (18, 2));
        }
        assert_ne!(problem.folds(&problem.all_rows(), 5, 1), folds);
        let other = Problem { seed: 9, ..problem };
        assert_ne!(other.folds(&other.all_rows(), 5, 0), folds);
    }
}
