//! Rounding: from planes of floats to a model of 16-bit rows.

use super::corpus::{Corpus, Vocabulary};
use super::estimate::Plane;
use super::problem::Fitted;
use super::select::Selected;
use crate::model::{Calibration, ENERGY_UNIT, Head, MAX_WEIGHT, Model, Provenance, SCALE, key};

/// The finest unit is 2⁻¹⁴: with a largest weight of 1 that uses all of 16 bits.
const MAX_SHIFT: u32 = 14;

/// What a head states about itself.
pub(super) struct Origin {
    pub(super) task: String,
    pub(super) languages: Vec<String>,
    pub(super) priors: Vec<f32>,
    pub(super) provenance: Provenance,
}

/// Rounds planes to whole numbers, in a unit that is no finer than 2 to the power of
/// −`most_shift`. A column that `vocabulary` does not know gets no row.
pub(super) fn quantise(
    origin: Origin,
    labels: Vec<String>,
    corpus: &Corpus,
    selected: &[Selected],
    vocabulary: &Vocabulary,
    fitted: Fitted,
    (calibration, most_shift): (Calibration, u32),
) -> Model {
    // A weight counts for the feature's value, and in the end for the length of its block.
    let factor = |column: usize| {
        f64::from(vocabulary.values[column] * vocabulary.blocks[corpus.block(column)])
    };
    let known = |column: &usize| vocabulary.values[*column] > 0.0;
    let weights_of = |column: usize| {
        let planes = fitted.planes.iter();
        planes.map(move |plane| f64::from(plane.weights[column]) * factor(column))
    };
    let columns = || (0..selected.len()).filter(known);
    let shift = finest(columns().flat_map(weights_of)).min(most_shift);
    let limit = f64::from(MAX_WEIGHT);
    let mut keys = Vec::with_capacity(selected.len());
    let mut weights = Vec::with_capacity(selected.len() * (fitted.planes.len() + 1));
    for column in columns() {
        keys.push(key(selected[column].hash));
        let value = f64::from(vocabulary.values[column]);
        // At least 1: an energy of 0 means a feature that the head does not know.
        weights.push((value * value * ENERGY_UNIT).round().clamp(1.0, limit) as i16);
        for weight in weights_of(column) {
            let weight = weight * f64::from(1u32 << shift);
            weights.push(weight.round().clamp(-limit, limit) as i16);
        }
    }
    let bias = |plane: &Plane| (f64::from(plane.bias) * SCALE as f64).round() as i64;
    let head = Head {
        task: origin.task,
        labels,
        shift,
        bias: fitted.planes.iter().map(bias).collect(),
        calibration,
        signals: fitted.signals,
        languages: origin.languages,
        priors: origin.priors,
        stack: None,
        opinions: Vec::new(),
        context: Default::default(),
        provenance: origin.provenance,
    };
    Model {
        heads: vec![head],
        keys,
        weights,
    }
}

/// The finest unit 2⁻ⁿ of weights in which the largest of `weights` still fits 16 bits.
pub(crate) fn finest(weights: impl Iterator<Item = f64>) -> u32 {
    let largest = weights.map(f64::abs).fold(0.0f64, f64::max);
    (0..=MAX_SHIFT)
        .rev()
        .find(|&shift| largest * f64::from(1u32 << shift) <= f64::from(MAX_WEIGHT))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feature::signal::Signals;
    use crate::feature::{Analysis, Analyzer};
    use crate::model::{Sums, Table};
    use crate::train::Settings;
    use crate::train::count::FeatureCounts;
    use crate::train::documents::documents;
    use crate::train::problem::Problem;
    use crate::train::select::select;

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
            &FeatureCounts::from_documents(3, documents.iter().zip(truth.iter().copied())),
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
            others: &[],
            labels: &labels,
            weights: &vec![1.0; texts.len()],
            most_features: 400,
            held: texts.len(),
            few: 0,
            seed: 1,
            goal: crate::train::Goal::MacroF1,
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
            (calibration, MAX_SHIFT),
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
}
