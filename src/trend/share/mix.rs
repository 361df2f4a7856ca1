//! The shares of all labels from what was decided: the most likely ones.

/// Steps after which the shares are taken as they are. Many more would fit the noise of labels that are hardly told apart.
const STEPS: usize = 100;
/// Posts that a row of the confusion is given beside its own, mixed as all that was decided.
const SMOOTHING: f64 = 1.0;

/// The share of each label among posts that were `given` labels so many times, by a classifier with this confusion `counts[truth][given]`.
///
/// Expectation maximisation from the shares of validation on (Saerens, Latinne and Decaestecker, Neural Computation 2002, on decisions
/// instead of probabilities): the shares stay in the simplex, and no matrix is inverted. Without posts they are
/// those of validation.
pub(super) fn mixture(counts: &[Vec<u64>], given: &[u64]) -> Vec<f64> {
    let labels = counts.len();
    let sums: Vec<u64> = counts.iter().map(|row| row.iter().sum()).collect();
    let all = sums.iter().sum::<u64>().max(1) as f64;
    let columns: Vec<f64> =
        (0..labels).map(|label| counts.iter().filter_map(|row| row.get(label)).sum::<u64>() as f64 / all).collect();
    let rates: Vec<Vec<f64>> = counts
        .iter()
        .zip(&sums)
        .map(|(row, &sum)| {
            let rate = |(&count, column): (&u64, &f64)| (count as f64 + SMOOTHING * column) / (sum as f64 + SMOOTHING);
            row.iter().zip(&columns).map(rate).collect()
        })
        .collect();
    let mut shares: Vec<f64> = sums.iter().map(|&sum| (sum as f64 + 0.5) / (all + 0.5 * labels as f64)).collect();
    let posts = given.iter().sum::<u64>() as f64;
    if posts == 0.0 {
        return shares;
    }
    for _ in 0..STEPS {
        let mut next = vec![0.0; labels];
        for (label, &count) in given.iter().enumerate().filter(|(_, count)| **count > 0) {
            let joint = |(share, row): (&f64, &Vec<f64>)| share * row.get(label).copied().unwrap_or_default();
            let whole: f64 = shares.iter().zip(&rates).map(joint).sum();
            if whole > 0.0 {
                for (next, pair) in next.iter_mut().zip(shares.iter().zip(&rates)) {
                    *next += count as f64 / posts * joint(pair) / whole;
                }
            }
        }
        // What no label explains leaves the shares as they were.
        if next.iter().sum::<f64>() <= 0.0 {
            break;
        }
        shares = next;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_found_that_give_what_was_decided() {
        let counts = vec![vec![80, 15, 5], vec![10, 85, 5], vec![20, 20, 160]];
        // 0.1, 0.6 and 0.3 of 10,000, as the rows divide them.
        let found = mixture(&counts, &[1700, 5550, 2750]);
        for (found, wanted) in found.iter().zip([0.1, 0.6, 0.3]) {
            assert!((found - wanted).abs() < 0.02, "{found} {wanted}");
        }
        assert!((found.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let prior = mixture(&counts, &[0, 0, 0]);
        assert!((prior[2] - 0.5).abs() < 0.01, "{prior:?}");
        let beyond = mixture(&counts, &[9, 0, 0]);
        assert!(beyond[0] > 0.8 && beyond.iter().all(|share| (0.0..=1.0).contains(share)), "{beyond:?}");
    }
}
