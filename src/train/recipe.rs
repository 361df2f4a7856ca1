//! The recipe: from labelled texts to a head, one for every task.
//!
//! Count, select (χ²), stretch by naive Bayes' log-count ratios, fit one plane a label, choose the
//! settings by seeded cross-validation, calibrate on held-out folds, fit all again on everything,
//! round to 16 bits.

use std::collections::BTreeMap;

use super::calibrate::{HeldOut, Lanes};
use super::corpus::{Corpus, Scales, Vocabulary};
use super::count::Counts;
use super::decide::NONE_LABELS;
use super::documents::documents;
use super::estimate::{Fit, Matrix, Plane, fit};
use super::select::{Selected, select};
use super::tune::tune;
use super::{Evaluation, Example, TrainOptions, calibrate, checked_labels};
use crate::feature::signal::Signals;
use crate::feature::{Analyzer, Block};
use crate::model::{
    Calibration, ENERGY_UNIT, Head, LARGEST_WEIGHT, Model, Provenance, SCALE, SignalModel, key,
};
use crate::stats::random::Random;
use crate::{Result, parallel};

/// What training may choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How much an error costs: large fits the data closely.
    pub cost: f32,
    /// How much naive Bayes' log-count ratios stretch the features: 0 a plain linear support vector
    /// machine, 1 NB-SVM.
    pub stretch: f32,
    /// What is added to each count before the ratio of naive Bayes (Laplace's smoothing is 1).
    pub smoothing: f32,
    /// How far naive Bayes' own weights are mixed in: 0 not at all, 1 as much as those
    /// that were fitted.
    pub naive_bayes: f32,
    /// How far rare labels are weighed up: 0 not at all, 1 to the same weight.
    pub balance: f32,
    /// How much a pair of words counts beside a word; 0 leaves pairs out.
    pub pairs: f32,
    /// How much a negated word counts beside a word; 0 leaves them out.
    pub negated: f32,
    /// How much the block of characters counts beside the block of words; 0 leaves characters out.
    pub characters: f32,
    /// How much the block of listed terms and signals counts beside the block of words; 0
    /// leaves it out.
    pub terms: f32,
    /// How much the dense signals' Gaussian naive Bayes counts.
    pub signals: f32,
    /// Texts that must have a feature.
    pub fewest: u32,
    /// Most features that get a row, those of the largest χ².
    pub features: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            cost: 0.2,
            stretch: 0.5,
            smoothing: 1.0,
            naive_bayes: 0.0,
            balance: 0.0,
            pairs: 0.7,
            negated: 0.0,
            characters: 0.85,
            terms: 0.35,
            signals: 0.0,
            fewest: 2,
            features: 400_000,
        }
    }
}

impl Settings {
    /// Their names and values, as a model's header holds them.
    fn named(&self) -> [(&'static str, String); 12] {
        [
            ("cost", self.cost.to_string()),
            ("stretch", self.stretch.to_string()),
            ("smoothing", self.smoothing.to_string()),
            ("naive_bayes", self.naive_bayes.to_string()),
            ("balance", self.balance.to_string()),
            ("pairs", self.pairs.to_string()),
            ("negated", self.negated.to_string()),
            ("characters", self.characters.to_string()),
            ("terms", self.terms.to_string()),
            ("signals", self.signals.to_string()),
            ("fewest", self.fewest.to_string()),
            ("most_features", self.features.to_string()),
        ]
    }

    /// The settings that a head was trained with, from its header; `None` where it doesn't
    /// name them all.
    pub fn of(provenance: &Provenance) -> Option<Settings> {
        let number = |name: &str| provenance.settings.get(name)?.parse::<f32>().ok();
        let whole = |name: &str| provenance.settings.get(name)?.parse::<usize>().ok();
        Some(Settings {
            cost: number("cost")?,
            stretch: number("stretch")?,
            smoothing: number("smoothing")?,
            naive_bayes: number("naive_bayes")?,
            balance: number("balance")?,
            pairs: number("pairs")?,
            negated: number("negated")?,
            characters: number("characters")?,
            terms: number("terms")?,
            signals: number("signals")?,
            fewest: whole("fewest")? as u32,
            features: whole("most_features")?,
        })
    }
}

/// Most passes over the data of one fit.
const PASSES: usize = 30;
/// Held-out texts of a label below which its sigmoid is not fitted for itself, where
/// a taxonomy trains.
const FEW: usize = 30;

/// Trains one head on `examples`; `progress` is told what is being done and how much of it, 0 to 1.
///
/// # Errors
/// If there are no examples, fewer than 2 labels or more than 200.
pub fn train(
    examples: &[Example],
    options: &TrainOptions,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<Model> {
    let (labels, truth) = checked_labels(examples)?;
    let weight = |example: &Example| {
        options
            .domain_weights
            .get(&example.domain)
            .copied()
            .unwrap_or(1.0)
    };
    let material = Material {
        texts: examples
            .iter()
            .map(|example| example.text.as_str())
            .collect(),
        weights: examples.iter().map(weight).collect(),
        labels,
        truth,
        held: examples.len(),
    };
    Ok(train_material(&material, options, progress)?.0)
}

/// What a head is trained on.
#[derive(Clone, Debug, Default)]
pub(super) struct Material<'a> {
    pub(super) labels: Vec<String>,
    pub(super) texts: Vec<&'a str>,
    /// The index of each text's label.
    pub(super) truth: Vec<u16>,
    /// What an error on each text costs.
    pub(super) weights: Vec<f32>,
    /// The texts before this index are like those to come: folds hold them out, and settings and
    /// calibration are chosen on them. Those from it on (a taxonomy's terms) only ever train.
    pub(super) held: usize,
}

impl<'a> Material<'a> {
    pub(super) fn push(&mut self, text: &'a str, class: u16, weight: f32) {
        self.texts.push(text);
        self.truth.push(class);
        self.weights.push(weight);
    }
}

/// Trains one head; gives it with the probabilities of the labels of each text before
/// `held`, held out.
pub(super) fn train_material(
    material: &Material<'_>,
    options: &TrainOptions,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<(Model, Vec<Vec<f32>>)> {
    let Material {
        labels,
        truth,
        held,
        ..
    } = material;
    let analyzer = Analyzer::bundled()?;
    progress("reading features", 0.0);
    let documents = documents(&analyzer, material.texts.iter().copied());
    let settings = options.settings.unwrap_or_default();
    progress("selecting features", 0.0);
    let selected = {
        let counts = Counts::of(labels.len(), documents.iter().zip(truth.iter().copied()));
        select(&counts, settings.fewest, usize::MAX)
    };
    let corpus = Corpus::new(&documents, &selected);
    let signals: Vec<Signals> = documents.iter().map(|document| document.signals).collect();
    drop(documents);
    let weights: Vec<f32> = material
        .weights
        .iter()
        .map(|weight| weight.max(1e-3))
        .collect();
    let problem = Problem {
        corpus: &corpus,
        signals: &signals,
        truth,
        labels,
        weights: &weights,
        most_features: options.most_features,
        held: *held,
        seed: options.seed,
    };

    let settings = match options.settings {
        Some(settings) => settings,
        None => tune(&problem, settings, progress)?,
    };
    let folds = if *held < 20_000 { 5 } else { 3 };
    progress("calibrating", 0.0);
    let rows = problem.all_rows();
    let held_out = problem.held_out(&problem.held_rows(), settings, folds, 0)?;
    let calibration = calibrate::calibration(&held_out, &problem.meaning());
    progress("fitting", 0.0);
    let vocabulary = problem.vocabulary(&rows, settings);
    let fitted = problem.fit(&rows, &corpus.matrix(&rows, &vocabulary), settings)?;
    progress("fitting", 1.0);

    let mut chosen = BTreeMap::new();
    for (name, value) in settings.named().into_iter().chain([
        (
            "features",
            vocabulary
                .values
                .iter()
                .filter(|&&value| value > 0.0)
                .count()
                .to_string(),
        ),
        ("folds", folds.to_string()),
        ("seed", options.seed.to_string()),
        (
            "held_out_macro_f1",
            format!("{:.4}", problem.score(&held_out, &calibration).macro_f1),
        ),
    ]) {
        chosen.insert(name.to_string(), value);
    }
    let provenance = Provenance {
        data: options.data.clone(),
        licence: options.licence.clone(),
        posts: *held as u64,
        settings: chosen,
    };
    let mut priors = vec![0.0f32; labels.len()];
    for &class in &truth[..*held] {
        priors[usize::from(class)] += 1.0 / *held as f32;
    }
    let probabilities = held_out
        .iter()
        .map(|text| {
            let mut probabilities = Vec::new();
            calibration.probabilities(&text.margins, text.familiarity, &mut probabilities);
            probabilities
        })
        .collect();
    let origin = Origin {
        task: options.task.clone(),
        languages: options.languages.clone(),
        priors,
        provenance,
    };
    Ok((
        quantise(
            origin,
            labels.clone(),
            &corpus,
            &selected,
            &vocabulary,
            fitted,
            calibration,
        ),
        probabilities,
    ))
}

/// Labelled texts, and what is asked of them.
pub(super) struct Problem<'a> {
    corpus: &'a Corpus,
    signals: &'a [Signals],
    truth: &'a [u16],
    labels: &'a [String],
    /// What an error on each row costs.
    weights: &'a [f32],
    most_features: usize,
    /// The rows from this one on are never held out.
    held: usize,
    pub(super) seed: u64,
}

struct Fitted {
    planes: Vec<Plane>,
    signals: Option<SignalModel>,
}

impl Problem<'_> {
    pub(super) fn lanes(&self) -> usize {
        if self.labels.len() == 2 {
            1
        } else {
            self.labels.len()
        }
    }

    fn label_of_lane(&self, lane: usize) -> u16 {
        if self.lanes() == 1 { 1 } else { lane as u16 }
    }

    pub(super) fn all_rows(&self) -> Vec<u32> {
        (0..self.corpus.rows() as u32).collect()
    }

    /// The texts that are like those to come; see [`Material::held`].
    pub(super) fn held_rows(&self) -> Vec<u32> {
        (0..self.held as u32).collect()
    }

    /// Features a text has on average.
    pub(super) fn features_per_row(&self) -> usize {
        self.corpus.cells() / self.corpus.rows().max(1) + 1
    }

    /// What the texts `rows` know.
    fn vocabulary(&self, rows: &[u32], settings: Settings) -> Vocabulary {
        let mut scales = Scales {
            pairs: settings.pairs,
            negated: settings.negated,
            blocks: [1.0; 3],
        };
        scales.blocks[Block::Characters as usize] = settings.characters;
        scales.blocks[Block::Terms as usize] = settings.terms;
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
    fn fit(&self, rows: &[u32], matrix: &Matrix, settings: Settings) -> Result<Fitted> {
        let lanes: Vec<usize> = (0..self.lanes()).collect();
        let weights: Vec<f32> = rows.iter().map(|&row| self.weights[row as usize]).collect();
        let truth: Vec<u16> = rows.iter().map(|&row| self.truth[row as usize]).collect();
        let planes = parallel::map(
            &lanes,
            || (),
            |(), &lane| {
                let label = self.label_of_lane(lane);
                let member: Vec<bool> = truth.iter().map(|&class| class == label).collect();
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

    /// Which fold each of `rows` is held out in: labels are dealt out evenly, and texts of the same
    /// features stay together, for a fold that knows its texts from another would make every
    /// setting look better than it is.
    fn folds(&self, rows: &[u32], folds: usize, round: u64) -> Vec<usize> {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        Random::new(self.seed.wrapping_add(round)).shuffle(&mut order);
        order.sort_by_key(|&at| self.truth[rows[at] as usize]);
        let mut fold = vec![0; rows.len()];
        let mut dealt: BTreeMap<&[u32], usize> = BTreeMap::new();
        let mut turn = 0;
        for &at in &order {
            let columns = self.corpus.columns(rows[at]);
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
                rest.extend(self.held as u32..self.corpus.rows() as u32);
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

    fn meaning(&self) -> Lanes {
        let labels = (0..self.lanes()).map(|lane| usize::from(self.label_of_lane(lane)));
        let none = self
            .labels
            .iter()
            .position(|label| NONE_LABELS.contains(&label.as_str()));
        let few = if self.held < self.corpus.rows() {
            FEW
        } else {
            0
        };
        Lanes {
            of: labels.collect(),
            labels: self.labels.len(),
            none,
            few,
        }
    }

    /// Macro F1 on held-out texts, for the comparison of settings.
    pub(super) fn compared(&self, held_out: &[HeldOut]) -> f64 {
        self.score(held_out, &calibrate::sigmoids(held_out, &self.meaning()))
            .macro_f1
    }

    fn score(&self, held_out: &[HeldOut], calibration: &Calibration) -> Evaluation {
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

/// What a head is told about itself.
struct Origin {
    task: String,
    languages: Vec<String>,
    priors: Vec<f32>,
    provenance: Provenance,
}

/// Rounds planes to whole numbers.
fn quantise(
    origin: Origin,
    labels: Vec<String>,
    corpus: &Corpus,
    selected: &[Selected],
    vocabulary: &Vocabulary,
    fitted: Fitted,
    calibration: Calibration,
) -> Model {
    // A weight counts for the feature's value, and in the end for the length of its block.
    let factor = |column: usize| {
        f64::from(vocabulary.values[column] * vocabulary.blocks[corpus.block(column)])
    };
    let known = |column: &usize| vocabulary.values[*column] > 0.0;
    let largest = (0..selected.len())
        .filter(known)
        .flat_map(|column| {
            fitted
                .planes
                .iter()
                .map(move |plane| f64::from(plane.weights[column].abs()) * factor(column))
        })
        .fold(0.0f64, f64::max);
    // The finest unit of weights in which the largest still fits.
    let shift = (0..=14u32)
        .rev()
        .find(|&shift| largest * f64::from(1u32 << shift) <= f64::from(LARGEST_WEIGHT))
        .unwrap_or(0);
    let limit = f64::from(LARGEST_WEIGHT);
    let mut keys = Vec::with_capacity(selected.len());
    let mut weights = Vec::with_capacity(selected.len() * (fitted.planes.len() + 1));
    for column in (0..selected.len()).filter(known) {
        keys.push(key(selected[column].hash));
        let value = f64::from(vocabulary.values[column]);
        weights.push((value * value * ENERGY_UNIT).round().clamp(1.0, limit) as i16);
        for plane in &fitted.planes {
            let weight =
                f64::from(plane.weights[column]) * factor(column) * f64::from(1u32 << shift);
            weights.push(weight.round().clamp(-limit, limit) as i16);
        }
    }
    let bias = fitted
        .planes
        .iter()
        .map(|plane| (f64::from(plane.bias) * SCALE as f64).round() as i64)
        .collect();
    let Origin {
        task,
        languages,
        priors,
        provenance,
    } = origin;
    let signals = fitted.signals;
    let head = Head {
        task,
        labels,
        shift,
        bias,
        calibration,
        signals,
        languages,
        priors,
        stack: None,
        provenance,
    };
    Model {
        heads: vec![head],
        keys,
        weights,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::Analysis;
    use crate::model::{Sums, Table};
    use crate::train::documents::Document;

    fn texts() -> (Vec<String>, Vec<u16>) {
        let words = ["zorplaf", "blikkrid", "quvfmun", "wexgoz", "yolvash"];
        let text = |turn: usize| {
            format!(
                "{} {} {}",
                words[turn % 3],
                words[turn % 5],
                words[(turn / 2) % 4]
            )
        };
        (
            (0..60).map(text).collect(),
            (0..60).map(|turn| (turn % 3) as u16).collect(),
        )
    }

    /// What is scored with whole numbers is what was fitted with floats.
    #[test]
    fn a_tables_margins_are_the_planes_margins() {
        let analyzer = Analyzer::bundled().expect("is bundled");
        let (texts, truth) = texts();
        let documents = documents(&analyzer, texts.iter().map(String::as_str));
        let selected = select(
            &Counts::of(3, documents.iter().zip(truth.iter().copied())),
            1,
            400,
        );
        let corpus = Corpus::new(&documents, &selected);
        let signals: Vec<Signals> = documents.iter().map(|document| document.signals).collect();
        let labels: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        let problem = Problem {
            corpus: &corpus,
            signals: &signals,
            truth: &truth,
            labels: &labels,
            weights: &vec![1.0; texts.len()],
            most_features: 400,
            held: texts.len(),
            seed: 1,
        };
        let settings = Settings {
            signals: 0.1,
            fewest: 1,
            pairs: 0.5,
            characters: 0.7,
            ..Settings::default()
        };
        let rows = problem.all_rows();
        let vocabulary = problem.vocabulary(&rows, settings);
        let matrix = corpus.matrix(&rows, &vocabulary);
        for row in 0..matrix.rows() {
            // Each block has its length: 1, 0.7 and 0.35.
            let length: f32 = matrix.row(row).1.iter().map(|value| value * value).sum();
            assert!(
                (length - (1.0 + 0.49 + 0.1225)).abs() < 1e-4,
                "row {row}: {length}"
            );
        }
        let fitted = problem.fit(&rows, &matrix, settings).expect("fits");
        let wanted: Vec<Vec<f64>> = (0..texts.len())
            .map(|row| {
                let added = |lane| {
                    fitted
                        .signals
                        .as_ref()
                        .map_or(0, |model| model.sum(lane, &signals[row]))
                        as f64
                };
                (0..3)
                    .map(|lane| {
                        f64::from(fitted.planes[lane].margin(&matrix, row))
                            + added(lane) / SCALE as f64
                    })
                    .collect()
            })
            .collect();
        let origin = Origin {
            task: "t".into(),
            languages: Vec::new(),
            priors: Vec::new(),
            provenance: Provenance::default(),
        };
        let calibration = Calibration {
            a: vec![-1.0; 3],
            b: vec![0.0; 3],
            sharpness: 1.0,
            ..Calibration::default()
        };
        let model = quantise(
            origin,
            labels.clone(),
            &corpus,
            &selected,
            &vocabulary,
            fitted,
            calibration,
        );
        let table = Table::new(&model);
        let (mut analysis, mut sums) = (Analysis::default(), Sums::default());
        for (row, (text, wanted)) in (0..).zip(texts.iter().zip(&wanted)) {
            analyzer.prepare(text, &mut analysis);
            let mut summing = table.start(&mut sums);
            analyzer.feed(&mut analysis, &mut summing);
            summing.finish();
            for (lane, wanted) in wanted.iter().enumerate() {
                let found = table.margin(0, lane, &sums, &analysis.signals) as f64 / SCALE as f64;
                assert!(
                    (found - wanted).abs() < 0.01,
                    "{text}, lane {lane}: {found} is not {wanted}"
                );
            }
            assert_eq!(
                table.familiarity(0, &sums),
                corpus.familiarity(row, &vocabulary),
                "{text}"
            );
        }
    }

    #[test]
    fn folds_deal_every_label_out_evenly() {
        let truth: Vec<u16> = (0..100).map(|at| u16::from(at % 10 == 0)).collect();
        let documents = vec![Document::default(); 100];
        let (corpus, labels) = (Corpus::new(&documents, &[]), ["a", "b"].map(String::from));
        let problem = Problem {
            corpus: &corpus,
            signals: &[],
            truth: &truth,
            labels: &labels,
            weights: &[],
            most_features: 1,
            held: 100,
            seed: 8,
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
