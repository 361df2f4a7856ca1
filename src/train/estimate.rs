//! Estimates: from counts and documents to weights.

use crate::stats::random::Random;
use crate::{Error, Result};

/// Rows of sparse features.
#[derive(Clone, Debug, Default)]
pub(crate) struct Matrix {
    pub(crate) starts: Vec<usize>,
    pub(crate) columns: Vec<u32>,
    pub(crate) values: Vec<f32>,
    pub(crate) width: usize,
    /// Columns from this one on are opinions: every row has them, so they have no ratio.
    pub(crate) features: usize,
}

impl Matrix {
    pub(crate) fn row(&self, row: usize) -> (&[u32], &[f32]) {
        let span = self.starts[row]..self.starts[row + 1];
        (&self.columns[span.clone()], &self.values[span])
    }

    pub(crate) fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }
}

/// A plane between one class and the others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plane {
    pub(crate) weights: Vec<f32>,
    pub(crate) bias: f32,
}

impl Plane {
    pub(crate) fn margin(&self, matrix: &Matrix, row: usize) -> f32 {
        let (columns, values) = matrix.row(row);
        let sum: f64 = columns
            .iter()
            .zip(values)
            .map(|(&c, &v)| f64::from(self.weights[c as usize] * v))
            .sum();
        (sum + f64::from(self.bias)) as f32
    }
}

/// Logarithms of smoothed shares: multinomial naive Bayes (Manning, Raghavan and Schütze
/// 2008, section 13.2).
///
/// `counts[class][feature]`; gives `ln((count + smoothing) / (total + smoothing · features))` in
/// the same shape.
///
/// # Errors
/// If the smoothing is not above zero or the rows differ in length.
pub(crate) fn log_shares(counts: &[Vec<f64>], smoothing: f64) -> Result<Vec<Vec<f64>>> {
    let width = counts.first().map_or(0, Vec::len);
    if smoothing <= 0.0 || counts.iter().any(|row| row.len() != width) {
        return Err(Error::training(
            "naive Bayes needs a smoothing above 0 and the same number of counts for each class",
        ));
    }
    Ok(counts
        .iter()
        .map(|row| {
            let total = row.iter().sum::<f64>() + smoothing * width as f64;
            row.iter()
                .map(|count| ((count + smoothing) / total).ln())
                .collect()
        })
        .collect())
}

/// The log-count ratio of each feature, of a class against all others (Wang and Manning, ACL 2012,
/// section 2.1), from presence counts.
pub(crate) fn log_count_ratios(
    matrix: &Matrix,
    member: &[bool],
    smoothing: f64,
) -> Result<Vec<f32>> {
    let mut counts = vec![vec![0.0; matrix.features]; 2];
    for (row, &member) in member.iter().enumerate() {
        let class = usize::from(!member);
        for &column in matrix.row(row).0 {
            if let Some(count) = counts[class].get_mut(column as usize) {
                *count += 1.0;
            }
        }
    }
    let shares = log_shares(&counts, smoothing)?;
    Ok(shares[0]
        .iter()
        .zip(&shares[1])
        .map(|(with, without)| (with - without) as f32)
        .collect())
}

/// How a plane is fitted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    /// How much an error costs.
    pub(crate) cost: f32,
    /// How much the log-count ratio stretches a feature: 0 not at all (a plain support vector
    /// machine), 1 NB-SVM.
    pub(crate) stretch: f32,
    /// What is added to each count before the ratio.
    pub(crate) smoothing: f64,
    /// How far naive Bayes' own weights are mixed in; see [`super::Settings`].
    pub(crate) naive_bayes: f32,
    /// How far the costs of the two sides are evened out: 0 not at all, 1 wholly.
    pub(crate) balance: f32,
    /// Most passes over the data.
    pub(crate) passes: usize,
    /// The seed of the order of visits.
    pub(crate) seed: u64,
}

/// A projected gradient below this leaves a dual variable where it is (as in LIBLINEAR).
const MIN_STEP: f32 = 1e-12;
/// The passes end when the largest and the smallest projected gradient of one are nearer than this.
/// LIBLINEAR's default for this problem, by convention.
const STOPPING: f32 = 0.1;

/// Fits a plane between the `member`s among the rows of `matrix` and the others: a linear support
/// vector machine with squared hinge loss by dual coordinate descent with shrinking (Hsieh and
/// others, ICML 2008, algorithm 3; its L2-loss form), over features stretched by their log-count
/// ratios. `weights` say what an error on each row of `matrix` costs.
///
/// # Errors
/// If the smoothing of the ratios is not above 0.
pub(crate) fn fit(matrix: &Matrix, member: &[bool], weights: &[f32], how: Fit) -> Result<Plane> {
    // A plain machine needs no ratios, and they are costly where features are many.
    let ratios = match how.stretch == 0.0 && how.naive_bayes == 0.0 {
        true => Vec::new(),
        false => log_count_ratios(matrix, member, how.smoothing)?,
    };
    // A feature's value is multiplied by |ratio|^stretch. Instead of the values, which all lanes
    // share, the weights are kept stretched twice.
    let mut stretch: Vec<f32> = match how.stretch == 0.0 {
        true => vec![1.0; matrix.features],
        false => ratios
            .iter()
            .map(|ratio| ratio.abs().powf(2.0 * how.stretch))
            .collect(),
    };
    stretch.resize(matrix.width, 1.0);
    let mut descent = Descent::new(matrix, member, weights, &stretch, &how);
    descent.run(how.passes, &mut Random::new(how.seed));
    let mut plane = Plane {
        weights: descent.state.into_iter().map(|cell| cell[0]).collect(),
        bias: descent.bias as f32,
    };
    if how.naive_bayes > 0.0 {
        mix(&mut plane.weights, &ratios, how.naive_bayes);
    }
    Ok(plane)
}

/// Adds naive Bayes' own weights, scaled so that `share` is their size relative to the fitted ones.
fn mix(weights: &mut [f32], ratios: &[f32], share: f32) {
    let size = |values: &[f32]| {
        let sizes = values.iter().map(|value| f64::from(value.abs()));
        sizes.sum::<f64>()
    };
    let scale = (f64::from(share) * size(weights) / size(ratios).max(1e-9)) as f32;
    for (weight, ratio) in weights.iter_mut().zip(ratios) {
        *weight += scale * ratio;
    }
}

/// Dual coordinate descent: one dual variable a row, and the plane that they make.
struct Descent<'a> {
    matrix: &'a Matrix,
    member: &'a [bool],
    weights: &'a [f32],
    /// What a member and another row add to the diagonal of the dual, for a weight of 1.
    diagonal: [f32; 2],
    /// The squared length of each row, its bias included.
    norms: Vec<f32>,
    alphas: Vec<f32>,
    /// The weight of each column and its stretch, side by side: both are read together.
    state: Vec<[f32; 2]>,
    bias: f64,
}

impl<'a> Descent<'a> {
    fn new(
        matrix: &'a Matrix,
        member: &'a [bool],
        weights: &'a [f32],
        stretch: &[f32],
        how: &Fit,
    ) -> Descent<'a> {
        let rows = matrix.rows();
        let members = member.iter().filter(|&&member| member).count().max(1);
        let others = (rows - members.min(rows)).max(1);
        let even = |count: usize| (rows as f32 / (2.0 * count as f32)).powf(how.balance);
        let norm = |row: usize| {
            let (columns, values) = matrix.row(row);
            let cells = columns.iter().zip(values);
            // 1 for the bias, which is a feature of every row.
            1.0 + cells
                .map(|(&c, &v)| v * v * stretch[c as usize])
                .sum::<f32>()
        };
        Descent {
            matrix,
            member,
            weights,
            diagonal: [members, others].map(|count| 0.5 / (how.cost * even(count))),
            norms: (0..rows).map(norm).collect(),
            alphas: vec![0.0f32; rows],
            state: stretch.iter().map(|&stretch| [0.0, stretch]).collect(),
            bias: 0.0,
        }
    }

    fn run(&mut self, passes: usize, random: &mut Random) {
        let rows = self.alphas.len();
        let mut active: Vec<u32> = (0..rows as u32).collect();
        let mut last_largest = f32::INFINITY;
        for pass in 0..passes {
            random.shuffle(&mut active);
            let (mut largest, mut smallest) = (f32::NEG_INFINITY, f32::INFINITY);
            let mut index = 0;
            while index < active.len() {
                let at = active[index] as usize;
                let gradient = self.gradient(at);
                // Shrinking: a row that is at its bound and would go further will
                // hardly move again.
                if self.alphas[at] == 0.0 && gradient > last_largest {
                    active.swap_remove(index);
                    continue;
                }
                let projected = if self.alphas[at] == 0.0 {
                    gradient.min(0.0)
                } else {
                    gradient
                };
                largest = largest.max(projected);
                smallest = smallest.min(projected);
                if projected.abs() > MIN_STEP {
                    self.step(at, gradient);
                }
                index += 1;
            }
            if largest - smallest < STOPPING {
                if active.len() == rows || pass + 1 == passes {
                    break;
                }
                // The remaining rows are settled; all that was set aside comes back for
                // a last check.
                active = (0..rows as u32).collect();
                last_largest = f32::INFINITY;
                continue;
            }
            last_largest = if largest <= 0.0 {
                f32::INFINITY
            } else {
                largest
            };
        }
    }

    fn sign(&self, row: usize) -> f32 {
        if self.member[row] { 1.0 } else { -1.0 }
    }

    fn diagonal(&self, row: usize) -> f32 {
        self.diagonal[usize::from(!self.member[row])] / self.weights[row]
    }

    fn gradient(&self, row: usize) -> f32 {
        let (columns, values) = self.matrix.row(row);
        let cells = columns.iter().zip(values);
        let sum: f32 = cells.map(|(&c, &v)| self.state[c as usize][0] * v).sum();
        self.sign(row) * (sum + self.bias as f32) - 1.0 + self.diagonal(row) * self.alphas[row]
    }

    /// Moves the dual variable of a row to where its gradient is 0, and the plane with it.
    fn step(&mut self, row: usize, gradient: f32) {
        let before = self.alphas[row];
        self.alphas[row] = (before - gradient / (self.norms[row] + self.diagonal(row))).max(0.0);
        let step = (self.alphas[row] - before) * self.sign(row);
        let (columns, values) = self.matrix.row(row);
        for (&c, &v) in columns.iter().zip(values) {
            let cell = &mut self.state[c as usize];
            cell[0] += step * v * cell[1];
        }
        self.bias += f64::from(step);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separates_what_can_be_separated() {
        // Feature 0 tells the classes apart, feature 1 says nothing.
        let matrix = Matrix {
            starts: (0..=40).map(|row| row * 2).collect(),
            columns: (0..40)
                .flat_map(|row| if row % 2 == 0 { [0, 2] } else { [1, 2] })
                .collect(),
            values: vec![1.0; 80],
            width: 3,
            features: 3,
        };
        let member: Vec<bool> = (0..40).map(|row| row % 2 == 0).collect();
        for stretch in [0.0, 1.0] {
            let how = Fit {
                cost: 1.0,
                stretch,
                smoothing: 1.0,
                naive_bayes: 0.0,
                balance: 0.0,
                passes: 50,
                seed: 1,
            };
            let plane = fit(&matrix, &member, &[1.0; 40], how).expect("fits");
            for (row, &side) in member.iter().enumerate() {
                assert_eq!(
                    plane.margin(&matrix, row) > 0.0,
                    side,
                    "stretch {stretch}: {:?}",
                    plane.weights
                );
            }
        }
    }

    /// The estimate from counts is linfa's, fitted on the sums of the classes. (Its `fit` prints
    /// what it fitted.)
    #[test]
    fn log_shares_equal_linfas() {
        use linfa::DatasetBase;
        use linfa::traits::Fit;
        use linfa_bayes::MultinomialNb;
        use ndarray::{Array1, Array2};

        let mut random = Random::new(11);
        let (classes, width) = (4, 23);
        let counts: Vec<Vec<f64>> = (0..classes)
            .map(|class| {
                (0..width)
                    .map(|_| {
                        if random.below(3) == 0 {
                            0.0
                        } else {
                            random.below(90 << class) as f64
                        }
                    })
                    .collect()
            })
            .collect();
        for smoothing in [1.0, 0.1, 1e-3] {
            let sums =
                Array2::from_shape_vec((classes, width), counts.concat()).expect("a row a class");
            let dataset = DatasetBase::new(sums, Array1::from_iter(0..classes));
            let fitted = MultinomialNb::<f64, usize>::params()
                .alpha(smoothing)
                .fit(&dataset)
                .expect("fits");
            let fitted = serde_json::to_value(&fitted).expect("is plain data");
            let ours = log_shares(&counts, smoothing).expect("fits");
            for (class, row) in ours.iter().enumerate() {
                let theirs = &fitted["class_info"][class.to_string()]["feature_log_prob"]["data"];
                assert_eq!(theirs.as_array().map(Vec::len), Some(width));
                for (feature, ours) in row.iter().enumerate() {
                    let theirs = theirs[feature].as_f64().expect("a number");
                    assert!(
                        (ours - theirs).abs() < 1e-12,
                        "class {class}, feature {feature}: {ours}, {theirs}"
                    );
                }
                // They are logarithms of shares.
                assert!((row.iter().map(|log| log.exp()).sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
        assert!(log_shares(&counts, 0.0).is_err_and(|error| error.is_training()));
        assert!(
            log_shares(&[vec![1.0], vec![1.0, 2.0]], 1.0).is_err_and(|error| error.is_training())
        );
    }

    #[test]
    fn ratios_are_the_difference_of_log_shares() {
        // Three texts of the class, two of the others; features 0 and 1.
        let matrix = Matrix {
            starts: vec![0, 1, 3, 4, 5, 6],
            columns: vec![0, 0, 1, 0, 1, 1],
            values: vec![0.3; 6],
            width: 2,
            features: 2,
        };
        let ratios =
            log_count_ratios(&matrix, &[true, true, true, false, false], 1.0).expect("fits");
        let wanted = [
            (4.0f64 / 6.0 / (1.0 / 4.0)).ln(),
            (2.0f64 / 6.0 / (3.0 / 4.0)).ln(),
        ];
        for (found, wanted) in ratios.iter().zip(wanted) {
            assert!(
                (f64::from(*found) - wanted).abs() < 1e-6,
                "{ratios:?}, {wanted:?}"
            );
        }
    }
}
