//! The fit: what has to be added to log-odds that the base gives already.

use crate::stats::random::Random;
use crate::train::estimate::Matrix;

/// Most passes over the rows: a bound on time, chosen by hand.
const PASSES: usize = 200;
/// A pass in which no dual variable moved by more than this share of its bound is the last; by
/// hand, finer than the rounding of weights to 16 bits.
const TOLERANCE: f64 = 1e-4;
/// Halvings in which a dual variable is found; each leaves half of its range, so 40 leave
/// 10⁻¹² of it.
const HALVINGS: usize = 40;

/// Weights `w` that minimise `‖w‖² / 2 + strength · Σ ln(1 + exp(−y(offset + w·x)))`, y being +1
/// for members and −1 for the others: logistic regression on what the offsets leave unexplained, by
/// coordinate ascent in its dual (Yu, Huang and Lin, Machine Learning 85, 2011, section 3).
///
/// There is no bias: a text without a feature of these rows should stay where it is. `strength` is
/// the variance of a Gaussian prior on the weights, so it need not change with the number of rows;
/// it also bounds what one row can do, for each dual variable stays within 0 and `strength` however
/// wrong its row is.
pub(super) fn fit(
    matrix: &Matrix,
    offsets: &[f64],
    member: &[bool],
    strength: f64,
    seed: u64,
) -> Vec<f64> {
    let mut weights = vec![0.0f64; matrix.width];
    let mut alphas = vec![0.0f64; matrix.rows()];
    let mut order: Vec<usize> = (0..matrix.rows()).collect();
    let mut random = Random::new(seed);
    for _ in 0..PASSES {
        random.shuffle(&mut order);
        let mut largest = 0.0f64;
        for &row in &order {
            let (columns, values) = matrix.row(row);
            let sign = if member[row] { 1.0 } else { -1.0 };
            let mut sum = offsets[row];
            let mut norm = 0.0;
            for (&column, &value) in columns.iter().zip(values) {
                sum += weights[column as usize] * f64::from(value);
                norm += f64::from(value) * f64::from(value);
            }
            // By halving, which can't leave the bounds as a step of Newton's method can. With this
            // row's own part taken out, α is where α = strength · σ(−(rest + norm · α)).
            let rest = sign * sum - norm * alphas[row];
            let found = balance(rest, norm, strength);
            let step = found - alphas[row];
            alphas[row] = found;
            largest = largest.max(step.abs());
            for (&column, &value) in columns.iter().zip(values) {
                weights[column as usize] += sign * step * f64::from(value);
            }
        }
        if largest <= TOLERANCE * strength {
            break;
        }
    }
    weights
}

/// The α of `α = strength / (1 + exp(rest + norm · α))`: the left side rises and the right side
/// falls, so it is halved out.
fn balance(rest: f64, norm: f64, strength: f64) -> f64 {
    let (mut low, mut high) = (0.0, strength);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (low + high);
        if middle < strength / (1.0 + (rest + norm * middle).exp()) {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[&[(u32, f32)]], width: usize) -> Matrix {
        let mut matrix = Matrix {
            starts: vec![0],
            width,
            ..Matrix::default()
        };
        for row in rows {
            matrix.columns.extend(row.iter().map(|cell| cell.0));
            matrix.values.extend(row.iter().map(|cell| cell.1));
            matrix.starts.push(matrix.columns.len());
        }
        matrix
    }

    /// At the minimum each weight equals strength · Σ y·x·σ(−y·z): the gradient is zero.
    #[test]
    fn the_gradient_is_zero_where_it_stops() {
        let rows: [&[(u32, f32)]; 5] = [
            &[(0, 1.0), (2, 0.5)],
            &[(0, 0.3), (1, 0.9)],
            &[(1, 1.0)],
            &[],
            &[(0, 0.7), (1, 0.2), (2, 0.7)],
        ];
        let matrix = matrix(&rows, 3);
        let (offsets, member) = (
            [0.5, -2.0, 1.5, 0.0, -0.3],
            [true, false, true, true, false],
        );
        for strength in [0.1, 1.0, 10.0] {
            let weights = fit(&matrix, &offsets, &member, strength, 3);
            let mut gradient = weights.clone();
            for (row, cells) in rows.iter().enumerate() {
                let sign = if member[row] { 1.0 } else { -1.0 };
                let sum: f64 = cells
                    .iter()
                    .map(|&(column, value)| weights[column as usize] * f64::from(value))
                    .sum();
                let slope = strength * sign / (1.0 + (sign * (offsets[row] + sum)).exp());
                cells.iter().for_each(|&(column, value)| {
                    gradient[column as usize] -= slope * f64::from(value)
                });
            }
            assert!(
                gradient.iter().all(|slope| slope.abs() < 1e-3 * strength),
                "{strength}: {gradient:?}"
            );
        }
    }

    #[test]
    fn what_the_offsets_explain_is_left_alone_and_one_row_can_do_no_more_than_its_bound() {
        let row: &[(u32, f32)] = &[(0, 1.0)];
        let one = matrix(&[row], 1);
        assert!(fit(&one, &[12.0], &[true], 1.0, 1)[0] < 1e-4);
        let pulled = fit(&one, &[-1000.0], &[true], 0.5, 1)[0];
        assert!((pulled - 0.5).abs() < 1e-3, "{pulled}");
    }
}
