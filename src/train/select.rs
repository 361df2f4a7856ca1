//! Selection: which features are worth a row.

use super::count::{Entry, FeatureCounts};

/// A feature that was kept.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Selected {
    /// The feature.
    pub hash: u64,
    /// Texts that have it.
    pub texts: u32,
}

/// The largest χ² statistic of a feature over the classes, each against all others (Yang and
/// Pedersen, ICML 1997, 2.4).
pub fn chi_squared(feature: &[Entry], texts: &[u64]) -> f64 {
    let total: u64 = texts.iter().sum();
    let with: u64 = feature.iter().map(|entry| u64::from(entry.count)).sum();
    let mut largest = 0.0f64;
    for entry in feature {
        let class = texts.get(usize::from(entry.class)).copied().unwrap_or(0);
        largest = largest.max(chi_squared_of(
            f64::from(entry.count),
            with as f64,
            class as f64,
            total as f64,
        ));
    }
    largest
}

/// χ² of the four cells: of `total` texts `class` are of the class, `with` have the feature, and
/// `both` are both.
pub(crate) fn chi_squared_of(both: f64, with: f64, class: f64, total: f64) -> f64 {
    let (a, b, c) = (both, with - both, class - both);
    let d = total - class - b;
    let product = (a + c) * (b + d) * (a + b) * (c + d);
    // A feature that all texts have, or none, distinguishes nothing.
    if product <= 0.0 {
        return 0.0;
    }
    let difference = a * d - c * b;
    total * difference * difference / product
}

/// The features that at least `fewest` texts have, at most `most` of them: those of the largest χ²,
/// ties by their hash.
///
/// The result is sorted by hash.
pub fn select(counts: &FeatureCounts, fewest: u32, most: usize) -> Vec<Selected> {
    let mut kept: Vec<(f64, Selected)> = counts
        .features()
        .filter_map(|feature| {
            let texts = feature.iter().map(|entry| entry.count).sum();
            (texts >= fewest).then(|| {
                (
                    chi_squared(feature, counts.texts()),
                    Selected {
                        hash: feature[0].hash,
                        texts,
                    },
                )
            })
        })
        .collect();
    // Ties have an order, so that the same texts give the same bytes.
    if kept.len() > most {
        kept.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.hash.cmp(&b.1.hash)));
        kept.truncate(most);
    }
    let mut selected: Vec<Selected> = kept.into_iter().map(|(_, selected)| selected).collect();
    selected.sort_unstable_by_key(|selected| selected.hash);
    // Hashes that share a model's key would share a row: the first keeps it.
    selected.dedup_by_key(|selected| crate::model::key(selected.hash));
    selected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chi_squared_equals_the_textbook() {
        // 2×2 table 20 10 / 5 25: χ² = 60·(20·25 − 10·5)² / (25·35·30·30).
        let feature = [
            Entry {
                hash: 1,
                class: 0,
                count: 20,
            },
            Entry {
                hash: 1,
                class: 1,
                count: 10,
            },
        ];
        let found = chi_squared(&feature, &[25, 35]);
        assert!(
            (found - 60.0 * 450.0f64.powi(2) / (25.0 * 35.0 * 30.0 * 30.0)).abs() < 1e-9,
            "{found}"
        );
    }
}
