//! The words of a post that speak for a suggestion.

use super::space::Seen;
use crate::feature::{Analysis, Analyzer};

/// The share of the evidence from which on a word is named; by hand: less is chance.
const LEAST: f32 = 0.05;
/// Most words that are named: the eye takes in no more. By hand.
const MOST: usize = 6;

/// A word of the post that speaks for an entry.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Word {
    /// Its first byte in the post.
    pub start: u32,
    /// One past its last byte.
    pub end: u32,
    /// Its share of what all words say for the entry, 0 to 1.
    pub share: f32,
}

/// The words that count most, in order of place; `counts` says what each of `features` adds.
///
/// A feature of several words is one of the first and the last, and counts for both alike.
pub(super) fn gather(features: &[Seen], counts: &[f32], analysis: &Analysis) -> Vec<Word> {
    let tokens = &analysis.tokens;
    let mut sums = vec![0.0f32; tokens.len()];
    for (feature, &count) in features.iter().zip(counts) {
        let first = tokens.partition_point(|token| token.end <= feature.start);
        let last = tokens.partition_point(|token| token.start < feature.end);
        for at in [first, last.saturating_sub(1)] {
            if let Some(sum) = sums.get_mut(at) {
                *sum += count / 2.0;
            }
        }
    }
    let all: f32 = sums.iter().sum();
    let mut order: Vec<usize> = (0..tokens.len())
        .filter(|&at| sums[at] > 0.0 && sums[at] >= LEAST * all)
        .collect();
    order.sort_by(|&a, &b| sums[b].total_cmp(&sums[a]));
    order.truncate(MOST);
    order.sort_unstable();
    let word = |at: usize| {
        let token = tokens.get(at)?;
        let (start, end) = Analyzer::original(analysis, token.start, token.end);
        Some(Word {
            start,
            end,
            share: sums[at] / all,
        })
    };
    order.into_iter().filter_map(word).collect()
}
