//! Documents: labelled texts as rows of feature hashes.

use super::Example;
use crate::feature::hash::FeatureKind;
use crate::feature::signal::Signals;
use crate::feature::{Analysis, Analyzer};
use crate::parallel;

/// The features of one text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// The features with their kinds and how often they occur, sorted by hash, each hash once.
    pub features: Vec<(u64, FeatureKind, u16)>,
    /// The dense signals.
    pub signals: Signals,
}

/// The documents of `texts`, in their order.
pub fn documents<'a>(
    analyzer: &Analyzer,
    texts: impl IntoIterator<Item = &'a str>,
) -> Vec<Document> {
    let texts: Vec<&str> = texts.into_iter().collect();
    parallel::map(&texts, Analysis::default, |analysis, text| {
        document(analyzer, text, analysis)
    })
}

fn document(analyzer: &Analyzer, text: &str, analysis: &mut Analysis) -> Document {
    // Cut and cleaned as when posts are scored: a head must not learn what it never sees again.
    analyzer.prepare(text, analysis);
    let mut features = Vec::with_capacity(text.len() * 2);
    analyzer.features(analysis, |feature| {
        features.push((feature.hash, feature.kind, 1))
    });
    features.sort_unstable_by_key(|&(hash, ..)| hash);
    features.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.2 = u16::saturating_add(kept.2, next.2);
        }
        same
    });
    // All documents of a training are held at once, and most texts repeat their features.
    features.shrink_to_fit();
    Document {
        features,
        signals: analysis.signals,
    }
}

/// The labels of `examples`, sorted, and the index of each example's label.
pub fn labels(examples: &[Example]) -> (Vec<String>, Vec<u16>) {
    let mut labels: Vec<String> = examples
        .iter()
        .map(|example| example.label.clone())
        .collect();
    labels.sort_unstable();
    labels.dedup();
    let truth = examples
        .iter()
        .map(|example| {
            labels
                .binary_search(&example.label)
                .map_or(u16::MAX, |index| index as u16)
        })
        .collect();
    (labels, truth)
}
