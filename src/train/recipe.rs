//! The recipe: from labelled texts to a head, one for every task.
//!
//! Count, select (χ²), stretch by naive Bayes' log-count ratios, fit one plane a label, choose the settings by
//! seeded cross-validation, calibrate on held-out folds, fit all again on everything, round to 16 bits.

use std::collections::BTreeMap;

use super::count::Counts;
use super::documents::{Document, documents};
use super::estimate::{Fit, Matrix, Plane, Random, fit};
use super::select::{Selected, select};
use super::{Evaluation, Example, TrainOptions, calibrate, checked_labels};
use crate::feature::{Analyzer, BLOCKS, signal::Signals};
use crate::model::{Calibration, ENERGY_UNIT, Head, LARGEST_WEIGHT, Model, Provenance, SCALE, SignalModel, key};
use crate::{Result, parallel};

/// What training may choose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How much an error costs: large fits the data closely.
    pub cost: f32,
    /// How much naive Bayes' log-count ratios stretch the features: 0 a plain linear support vector machine, 1 NB-SVM.
    pub stretch: f32,
    /// How far rare labels are weighed up: 0 not at all, 1 to the same weight.
    pub balance: f32,
    /// How much the dense signals' Gaussian naive Bayes counts.
    pub signals: f32,
    /// Texts that must have a feature.
    pub fewest: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings { cost: 0.3, stretch: 0.5, balance: 0.0, signals: 0.0, fewest: 2 }
    }
}

/// Most passes over the data of one fit.
const PASSES: usize = 30;
/// Held-out texts of a label below which its sigmoid is not fitted for itself.
const FEW: usize = 30;
/// Rows times lanes that tuning looks at; more are sampled.
const TUNING_WORK: usize = 90_000;

/// Trains one head on `examples`; `progress` is told what is being done and how much of it, 0 to 1.
///
/// # Errors
/// If there are no examples, fewer than 2 labels or more than 200.
pub fn train(examples: &[Example], options: &TrainOptions, progress: &mut dyn FnMut(&str, f32)) -> Result<Model> {
    let (labels, truth) = checked_labels(examples)?;
    let weight = |example: &Example| options.domain_weights.get(&example.domain).copied().unwrap_or(1.0);
    let material = Material {
        texts: examples.iter().map(|example| example.text.as_str()).collect(),
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
    /// The texts before this index are like those to come: folds hold them out, and settings and calibration are
    /// chosen on them. Those from it on (a taxonomy's terms) only ever train.
    pub(super) held: usize,
}

impl<'a> Material<'a> {
    pub(super) fn push(&mut self, text: &'a str, class: u16, weight: f32) {
        self.texts.push(text);
        self.truth.push(class);
        self.weights.push(weight);
    }
}

/// Trains one head; gives it with the probabilities of the labels of each text before `held`, held out.
pub(super) fn train_material(
    material: &Material<'_>,
    options: &TrainOptions,
    progress: &mut dyn FnMut(&str, f32),
) -> Result<(Model, Vec<Vec<f32>>)> {
    let Material { labels, truth, held, .. } = material;
    let analyzer = Analyzer::bundled()?;
    progress("reading features", 0.0);
    let documents = documents(&analyzer, material.texts.iter().copied());
    let counts = Counts::of(labels.len(), documents.iter().zip(truth.iter().copied()));
    let settings = options.settings.unwrap_or_default();
    progress("selecting features", 0.0);
    let selected = select(&counts, settings.fewest, options.most_features);
    drop(counts);
    let matrix = matrix(&documents, &selected);
    let signals: Vec<&Signals> = documents.iter().map(|document| &document.signals).collect();
    let weights: Vec<f32> = material.weights.iter().map(|weight| weight.max(1e-3)).collect();
    let problem = Problem {
        matrix: &matrix,
        signals: &signals,
        truth,
        labels,
        weights: &weights,
        held: *held,
        seed: options.seed,
    };

    let settings = match options.settings {
        Some(settings) => settings,
        None => problem.tune(settings, progress)?,
    };
    let folds = if *held < 20_000 { 5 } else { 3 };
    progress("calibrating", 0.0);
    let held_out = problem.held_out(&problem.held_rows(), settings, folds)?;
    let calibration = problem.calibrate(&problem.held_rows(), &held_out);
    progress("fitting", 0.0);
    let fitted = problem.fit(&problem.all_rows(), settings)?;
    progress("fitting", 1.0);

    let mut chosen = BTreeMap::new();
    for (name, value) in [
        ("cost", settings.cost.to_string()),
        ("stretch", settings.stretch.to_string()),
        ("balance", settings.balance.to_string()),
        ("signals", settings.signals.to_string()),
        ("features", selected.len().to_string()),
        ("folds", folds.to_string()),
        ("seed", options.seed.to_string()),
        ("held_out_macro_f1", format!("{:.4}", problem.score(&problem.held_rows(), &held_out, &calibration).macro_f1)),
    ] {
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
        .map(|margins| {
            let mut probabilities = Vec::new();
            calibration.probabilities(margins, &mut probabilities);
            probabilities
        })
        .collect();
    let origin = Origin { task: options.task.clone(), languages: options.languages.clone(), priors, provenance };
    Ok((quantise(origin, labels.clone(), &selected, documents.len(), fitted, calibration), probabilities))
}

/// The inverse document frequency of a feature, smoothed: `ln((1 + texts) / (1 + texts with it)) + 1`.
fn inverse_frequency(with: u32, texts: usize) -> f64 {
    ((1.0 + texts as f64) / (1.0 + f64::from(with))).ln() + 1.0
}

/// Rows of tf-idf values, each block of a row brought to length 1.
fn matrix(documents: &[Document], selected: &[Selected]) -> Matrix {
    let frequencies: Vec<f64> =
        selected.iter().map(|feature| inverse_frequency(feature.texts, documents.len())).collect();
    let rows = parallel::map(
        documents,
        || (),
        |(), document| {
            let mut row: Vec<(u32, f32, usize)> = Vec::new();
            let mut energy = [0.0f64; BLOCKS];
            let mut at = 0;
            for &(hash, block, times) in &document.features {
                at += selected[at..].partition_point(|feature| feature.hash < hash);
                if selected.get(at).is_some_and(|feature| feature.hash == hash) {
                    let frequency = frequencies[at];
                    energy[block as usize] += f64::from(times) * frequency * frequency;
                    row.push((at as u32, (f64::from(times) * frequency) as f32, block as usize));
                }
            }
            let factor = energy.map(|energy| if energy > 0.0 { 1.0 / energy.sqrt() } else { 0.0 });
            row.into_iter().map(|(column, value, block)| (column, (f64::from(value) * factor[block]) as f32)).collect()
        },
    );
    let rows: Vec<Vec<(u32, f32)>> = rows;
    let mut matrix = Matrix { starts: vec![0], width: selected.len(), ..Matrix::default() };
    for row in rows {
        matrix.columns.extend(row.iter().map(|&(column, _)| column));
        matrix.values.extend(row.iter().map(|&(_, value)| value));
        matrix.starts.push(matrix.columns.len());
    }
    matrix
}

struct Problem<'a> {
    matrix: &'a Matrix,
    signals: &'a [&'a Signals],
    truth: &'a [u16],
    labels: &'a [String],
    /// What an error on each row costs.
    weights: &'a [f32],
    /// The rows from this one on are never held out.
    held: usize,
    seed: u64,
}

struct Fitted {
    planes: Vec<Plane>,
    signals: Option<SignalModel>,
}

impl Problem<'_> {
    fn lanes(&self) -> usize {
        if self.labels.len() == 2 { 1 } else { self.labels.len() }
    }

    fn label_of_lane(&self, lane: usize) -> u16 {
        if self.lanes() == 1 { 1 } else { lane as u16 }
    }

    fn all_rows(&self) -> Vec<u32> {
        (0..self.matrix.rows() as u32).collect()
    }

    fn held_rows(&self) -> Vec<u32> {
        (0..self.held as u32).collect()
    }

    fn fit(&self, rows: &[u32], settings: Settings) -> Result<Fitted> {
        let lanes: Vec<usize> = (0..self.lanes()).collect();
        let planes = parallel::map(
            &lanes,
            || (),
            |(), &lane| {
                let label = self.label_of_lane(lane);
                let member: Vec<bool> = self.truth.iter().map(|&class| class == label).collect();
                let how = Fit {
                    cost: settings.cost,
                    stretch: settings.stretch,
                    balance: settings.balance,
                    passes: PASSES,
                    seed: self.seed ^ (lane as u64 + 1).wrapping_mul(0x5851_f42d_4c95_7f2d),
                };
                fit(self.matrix, rows, &member, self.weights, how)
            },
        )
        .into_iter()
        .collect::<Result<Vec<Plane>>>()?;
        let signals = if settings.signals > 0.0 {
            let signals: Vec<&Signals> = rows.iter().map(|&row| self.signals[row as usize]).collect();
            let truth: Vec<u16> = rows.iter().map(|&row| self.truth[row as usize]).collect();
            Some(calibrate::gaussians(&signals, &truth, self.lanes(), f64::from(settings.signals))?)
        } else {
            None
        };
        Ok(Fitted { planes, signals })
    }

    /// Which fold each of `rows` is held out in: labels are dealt out evenly, and texts of the same features stay
    /// together, for a fold that knows its texts from another would make every setting look better than it is.
    fn folds(&self, rows: &[u32], folds: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        Random(self.seed).shuffle(&mut order);
        order.sort_by_key(|&at| self.truth[rows[at] as usize]);
        let mut fold = vec![0; rows.len()];
        let mut dealt: BTreeMap<&[u32], usize> = BTreeMap::new();
        let mut turn = 0;
        for &at in &order {
            let columns = self.matrix.row(rows[at] as usize).0;
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
    fn held_out(&self, rows: &[u32], settings: Settings, folds: usize) -> Result<Vec<Vec<f64>>> {
        let fold = self.folds(rows, folds);
        let mut margins = vec![Vec::new(); rows.len()];
        for held in 0..folds {
            let mut rest: Vec<u32> =
                rows.iter().zip(&fold).filter(|pair| *pair.1 != held).map(|pair| *pair.0).collect();
            rest.extend(self.held as u32..self.matrix.rows() as u32);
            let fitted = self.fit(&rest, settings)?;
            for (at, &row) in rows.iter().enumerate().filter(|&(at, _)| fold[at] == held) {
                margins[at] = fitted
                    .planes
                    .iter()
                    .enumerate()
                    .map(|(lane, plane)| {
                        let signals =
                            fitted.signals.as_ref().map_or(0, |model| model.sum(lane, self.signals[row as usize]));
                        f64::from(plane.margin(self.matrix, row as usize)) + signals as f64 / SCALE as f64
                    })
                    .collect();
            }
        }
        Ok(margins)
    }

    fn calibrate(&self, rows: &[u32], margins: &[Vec<f64>]) -> Calibration {
        let mut calibration = Calibration { sharpness: 1.0, ..Calibration::default() };
        // A handful of texts of a label say little of its own sigmoid: with a taxonomy, such labels share one.
        let few = |lane: usize| {
            let label = self.label_of_lane(lane);
            rows.iter().filter(|&&row| self.truth[row as usize] == label).count() < FEW
        };
        let shared = (self.held < self.matrix.rows() && (0..self.lanes()).any(few)).then(|| {
            let lanes = || (0..self.lanes()).map(|lane| (lane, self.label_of_lane(lane)));
            let all: Vec<f64> = margins.iter().flat_map(|row| row.iter().copied()).collect();
            let member: Vec<bool> =
                rows.iter().flat_map(|&row| lanes().map(move |(_, label)| self.truth[row as usize] == label)).collect();
            calibrate::platt(&all, &member)
        });
        for lane in 0..self.lanes() {
            let of_lane: Vec<f64> = margins.iter().map(|row| row[lane]).collect();
            let label = self.label_of_lane(lane);
            let member: Vec<bool> = rows.iter().map(|&row| self.truth[row as usize] == label).collect();
            let (a, b) = match shared.filter(|_| few(lane)) {
                Some(shared) => shared,
                None => calibrate::platt(&of_lane, &member),
            };
            calibration.a.push(a);
            calibration.b.push(b);
        }
        if self.lanes() > 1 {
            let truth: Vec<usize> = rows.iter().map(|&row| usize::from(self.truth[row as usize])).collect();
            calibration.sharpness = calibrate::sharpness(&calibration, margins, &truth);
        }
        calibration
    }

    fn score(&self, rows: &[u32], margins: &[Vec<f64>], calibration: &Calibration) -> Evaluation {
        let mut probabilities = Vec::new();
        let answers: Vec<(usize, usize, f32)> = rows
            .iter()
            .zip(margins)
            .map(|(&row, margins)| {
                calibration.probabilities(margins, &mut probabilities);
                let (label, probability) = crate::model::calibration::largest(&probabilities).unwrap_or((0, 0.0));
                (usize::from(self.truth[row as usize]), label, probability)
            })
            .collect();
        Evaluation::new("", self.labels, &answers)
    }

    /// The settings of the largest held-out macro F1, one after the other.
    fn tune(&self, mut best: Settings, progress: &mut dyn FnMut(&str, f32)) -> Result<Settings> {
        let mut rows = self.held_rows();
        let most = (TUNING_WORK / self.lanes()).max(6_000);
        if rows.len() > most {
            Random(self.seed).shuffle(&mut rows);
            rows.truncate(most);
            rows.sort_unstable();
        }
        let score = |settings: Settings| -> Result<f64> {
            let margins = self.held_out(&rows, settings, 3)?;
            Ok(self.score(&rows, &margins, &self.calibrate(&rows, &margins)).macro_f1)
        };
        let mut most = score(best)?;
        let mut done = 1.0;
        let mut attempt = |candidate: Settings, best: &mut Settings| -> Result<bool> {
            let found = score(candidate)?;
            done += 1.0;
            progress("choosing settings", f32::min(done / 9.0, 1.0));
            let better = found > most + 1e-4;
            if better {
                (*best, most) = (candidate, found);
            }
            Ok(better)
        };
        for stretch in [0.0, 1.0] {
            attempt(Settings { stretch, ..best }, &mut best)?;
        }
        // Up the hill of costs, in one direction or the other.
        for factor in [3.0, 1.0 / 3.0] {
            let start = best.cost;
            while (0.01..10.0).contains(&best.cost)
                && attempt(Settings { cost: best.cost * factor, ..best }, &mut best)?
            {}
            if best.cost != start {
                break;
            }
        }
        attempt(Settings { balance: 0.5, ..best }, &mut best)?;
        attempt(Settings { signals: 0.1, ..best }, &mut best)?;
        Ok(best)
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
    selected: &[Selected],
    texts: usize,
    fitted: Fitted,
    calibration: Calibration,
) -> Model {
    let frequency = |feature: &Selected| inverse_frequency(feature.texts, texts);
    let largest = selected
        .iter()
        .enumerate()
        .flat_map(|(column, feature)| {
            fitted.planes.iter().map(move |plane| f64::from(plane.weights[column].abs()) * frequency(feature))
        })
        .fold(0.0f64, f64::max);
    // The finest unit of weights in which the largest still fits.
    let shift =
        (0..=14u32).rev().find(|&shift| largest * f64::from(1u32 << shift) <= f64::from(LARGEST_WEIGHT)).unwrap_or(0);
    let limit = f64::from(LARGEST_WEIGHT);
    let mut keys = Vec::with_capacity(selected.len());
    let mut weights = Vec::with_capacity(selected.len() * (fitted.planes.len() + 1));
    for (column, feature) in selected.iter().enumerate() {
        let frequency = frequency(feature);
        keys.push(key(feature.hash));
        weights.push((frequency * frequency * ENERGY_UNIT).round().min(limit) as i16);
        for plane in &fitted.planes {
            let weight = f64::from(plane.weights[column]) * frequency * f64::from(1u32 << shift);
            weights.push(weight.round().clamp(-limit, limit) as i16);
        }
    }
    let bias = fitted.planes.iter().map(|plane| (f64::from(plane.bias) * SCALE as f64).round() as i64).collect();
    let Origin { task, languages, priors, provenance } = origin;
    let signals = fitted.signals;
    let head = Head { task, labels, shift, bias, calibration, signals, languages, priors, stack: None, provenance };
    Model { heads: vec![head], keys, weights }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::Analysis;
    use crate::model::{Sums, Table};

    fn texts() -> (Vec<String>, Vec<u16>) {
        let words = ["zorplaf", "blikkrid", "quvfmun", "wexgoz", "yolvash"];
        let text = |turn: usize| format!("{} {} {}", words[turn % 3], words[turn % 5], words[(turn / 2) % 4]);
        ((0..60).map(text).collect(), (0..60).map(|turn| (turn % 3) as u16).collect())
    }

    /// What is scored with whole numbers is what was fitted with floats.
    #[test]
    fn a_tables_margins_are_the_planes_margins() {
        let analyzer = Analyzer::bundled().expect("is bundled");
        let (texts, truth) = texts();
        let documents = documents(&analyzer, texts.iter().map(String::as_str));
        let selected = select(&Counts::of(3, documents.iter().zip(truth.iter().copied())), 1, 400);
        let matrix = matrix(&documents, &selected);
        for row in 0..matrix.rows() {
            // Two blocks, each of length 1.
            let length: f32 = matrix.row(row).1.iter().map(|value| value * value).sum();
            assert!((length - 2.0).abs() < 1e-4, "row {row}: {length}");
        }
        let signals: Vec<&Signals> = documents.iter().map(|document| &document.signals).collect();
        let labels: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
        let problem = Problem {
            matrix: &matrix,
            signals: &signals,
            truth: &truth,
            labels: &labels,
            weights: &vec![1.0; texts.len()],
            held: texts.len(),
            seed: 1,
        };
        let settings = Settings { signals: 0.1, fewest: 1, ..Settings::default() };
        let fitted = problem.fit(&problem.all_rows(), settings).expect("fits");
        let wanted: Vec<Vec<f64>> = (0..texts.len())
            .map(|row| {
                let added = |lane| fitted.signals.as_ref().map_or(0, |model| model.sum(lane, signals[row])) as f64;
                (0..3)
                    .map(|lane| f64::from(fitted.planes[lane].margin(&matrix, row)) + added(lane) / SCALE as f64)
                    .collect()
            })
            .collect();
        let origin =
            Origin { task: "t".into(), languages: Vec::new(), priors: Vec::new(), provenance: Provenance::default() };
        let calibration = Calibration { a: vec![-1.0; 3], b: vec![0.0; 3], sharpness: 1.0 };
        let model = quantise(origin, labels.clone(), &selected, documents.len(), fitted, calibration);
        let table = Table::new(&model);
        let (mut analysis, mut sums) = (Analysis::default(), Sums::default());
        for (text, wanted) in texts.iter().zip(&wanted) {
            analyzer.prepare(text, &mut analysis);
            let mut summing = table.start(&mut sums);
            analyzer.feed(&mut analysis, &mut summing);
            summing.finish();
            for (lane, wanted) in wanted.iter().enumerate() {
                let found = table.margin(0, lane, &sums, &analysis.signals) as f64 / SCALE as f64;
                assert!((found - wanted).abs() < 0.01, "{text}, lane {lane}: {found} is not {wanted}");
            }
        }
    }

    #[test]
    fn folds_deal_every_label_out_evenly() {
        let truth: Vec<u16> = (0..100).map(|at| u16::from(at % 10 == 0)).collect();
        let (matrix, labels) = (Matrix { starts: vec![0; 101], ..Matrix::default() }, ["a", "b"].map(String::from));
        let problem =
            Problem { matrix: &matrix, signals: &[], truth: &truth, labels: &labels, weights: &[], held: 100, seed: 8 };
        let folds = problem.folds(&problem.all_rows(), 5);
        for fold in 0..5 {
            let of = |label: u16| folds.iter().zip(&truth).filter(|pair| *pair.0 == fold && *pair.1 == label).count();
            assert_eq!((of(0), of(1)), (18, 2));
        }
        let other = Problem { seed: 9, ..problem };
        assert_ne!(other.folds(&other.all_rows(), 5), folds);
    }
}
