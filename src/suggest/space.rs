//! Questions as weighed features: what they share with a text.

use std::collections::BTreeMap;

use crate::feature::hash::{self, FeatureKind, Hasher};
use crate::text::{Language, Token, TokenKind};
use crate::{Engine, Scratch};

/// How much each kind of feature counts in a similarity: words, pairs of neighbours, n-grams of
/// characters, listed terms, and stems that stand near each other. Chosen on the train half of
/// banking77 (`docs/measured/suggest.md`).
const SHARES: [f32; 5] = [1.0, 0.5, 2.0, 0.1, 2.0];

/// The characters of a word that are its stem, and how many words on another one is still near.
/// Chosen as above.
const STEM: usize = 4;
const NEAR: usize = 6;
/// What a hash of two stems begins with: a number that no [`FeatureKind`] has.
const STEMS: u64 = 64;

/// Texts of customers about this and that, in four languages, invented: by them a word is common
/// that stands in one question of a small FAQ by chance.
const BACKGROUND: &str = include_str!("../../data/suggest/background.txt");
/// What a text of the background counts beside an entry. Chosen as above.
const COMMON: f64 = 0.2;

/// A feature of a text: its place among [`SHARES`], and where it stands in the folded text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Seen {
    pub(super) hash: u64,
    share: usize,
    pub(super) start: u32,
    pub(super) end: u32,
}

/// A weighed feature of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cell {
    /// Its column; none if no question has it.
    pub(super) column: Option<u32>,
    pub(super) value: f32,
}

/// The features of the questions, and which question has which.
#[derive(Clone, Debug, Default)]
pub(super) struct Space {
    /// The hash of each column, sorted.
    hashes: Vec<u64>,
    /// What each column weighs: the logarithm of one over the share of entries that have it.
    weights: Vec<f32>,
    /// What a feature weighs that no question has.
    unknown: f32,
    /// For each column the questions that have it, with its value there.
    postings: Vec<Vec<(u32, f32)>>,
    questions: usize,
}

/// A text as it is compared: its features, each once, sorted by hash, and its language.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub(super) features: Vec<Seen>,
    pub(super) language: Language,
}

/// The texts of the background.
pub(super) fn background() -> Vec<&'static str> {
    crate::config::entries(BACKGROUND).collect()
}

/// Reads a text.
pub(super) fn read(engine: &Engine, text: &str, scratch: &mut Scratch) -> Text {
    let mut seen = Vec::new();
    engine.each_feature(text, scratch, |feature| {
        let share = match feature.kind {
            FeatureKind::Word | FeatureKind::Entity | FeatureKind::Negated => 0,
            FeatureKind::Pair => 1,
            FeatureKind::Characters | FeatureKind::Han => 2,
            FeatureKind::Lexicon => 3,
            // How long a text is and how it is written says nothing of what it asks for.
            FeatureKind::Signal => return,
        };
        seen.push(Seen {
            hash: feature.hash,
            share,
            start: feature.start,
            end: feature.end,
        });
    });
    let analysis = engine.analysed(scratch).0;
    stems(analysis.folded.as_str(), &analysis.tokens, &mut seen);
    // Stable, so that of a hash the first place stays.
    seen.sort_by_key(|feature| feature.hash);
    seen.dedup_by_key(|feature| feature.hash);
    Text {
        language: analysis.language.language,
        features: seen,
    }
}

/// Adds the stems that stand near each other, in either order: *card was declined* and *declined my
/// card* ask for one thing.
fn stems(folded: &str, tokens: &[Token], seen: &mut Vec<Seen>) {
    let is_word = |token: &&Token| {
        let kinds = [TokenKind::Word, TokenKind::Han, TokenKind::Number];
        kinds.contains(&token.kind)
    };
    let stem = |token: &Token| {
        let word = folded
            .get(token.start as usize..token.end as usize)
            .unwrap_or_default();
        let end = word
            .char_indices()
            .nth(STEM)
            .map_or(word.len(), |(at, _)| at);
        hash::hash(FeatureKind::Word, &word[..end])
    };
    let words = tokens.iter().filter(is_word);
    let stems: Vec<(u64, &Token)> = words.map(|token| (stem(token), token)).collect();
    for (at, &(first, from)) in stems.iter().enumerate() {
        for &(second, to) in stems.iter().skip(at + 1).take(NEAR) {
            let mut hasher = Hasher::new(STEMS);
            hasher.push(first.min(second));
            hasher.push(first.max(second));
            seen.push(Seen {
                hash: hasher.finish(),
                share: 4,
                start: from.start,
                end: to.end,
            });
        }
    }
}

impl Space {
    /// The space of these questions; `entry_of` has the entry of each, in rising order.
    pub(super) fn new(questions: &[Text], entry_of: &[u32], background: &[Text]) -> Space {
        // By entries and not by questions: what all questions of one entry share is no common word.
        let mut counts: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
        for (text, &entry) in questions.iter().zip(entry_of) {
            for feature in &text.features {
                let (count, last) = counts.entry(feature.hash).or_insert((0, u32::MAX));
                *count += u32::from(*last != entry);
                *last = entry;
            }
        }
        let mut common: BTreeMap<u64, u32> = BTreeMap::new();
        let mut texts = entry_of.last().map_or(0.0, |&last| f64::from(last) + 1.0);
        for text in background {
            texts += COMMON;
            for feature in &text.features {
                if counts.contains_key(&feature.hash) {
                    *common.entry(feature.hash).or_default() += 1;
                }
            }
        }
        // Half a text more, so that what was never seen has a weight, too.
        let weight = |count: f64| libm::log((1.0 + texts) / (0.5 + count)) as f32;
        let of = |(hash, &(count, _)): (&u64, &(u32, u32))| {
            let common = common.get(hash).copied().unwrap_or(0);
            weight(f64::from(count) + COMMON * f64::from(common))
        };
        let mut space = Space {
            weights: counts.iter().map(of).collect(),
            hashes: counts.into_keys().collect(),
            unknown: weight(0.0),
            postings: Vec::new(),
            questions: questions.len(),
        };
        space.postings.resize_with(space.hashes.len(), Vec::new);
        for (question, text) in questions.iter().enumerate() {
            for cell in space.cells(&text.features) {
                let postings = cell
                    .column
                    .and_then(|at| space.postings.get_mut(at as usize));
                if let Some(postings) = postings {
                    postings.push((question as u32, cell.value));
                }
            }
        }
        space
    }

    /// The weighed features of a text, in the order of `features`: each kind has a length of its
    /// own, and all together at most 1.
    pub(super) fn cells(&self, features: &[Seen]) -> Vec<Cell> {
        let mut squares = [0.0f32; SHARES.len()];
        let mut cells = Vec::with_capacity(features.len());
        for feature in features {
            let column = self.hashes.binary_search(&feature.hash).ok();
            let value = column.and_then(|at| self.weights.get(at));
            let value = value.copied().unwrap_or(self.unknown);
            squares[feature.share] += value * value;
            cells.push(Cell {
                column: column.map(|at| at as u32),
                value,
            });
        }
        let all: f32 = SHARES.iter().sum();
        let mut scales = [0.0f32; SHARES.len()];
        for (scale, (square, share)) in scales.iter_mut().zip(squares.iter().zip(SHARES)) {
            if *square > 0.0 {
                *scale = (share / all / square).sqrt();
            }
        }
        for (cell, feature) in cells.iter_mut().zip(features) {
            cell.value *= scales[feature.share];
        }
        cells
    }

    /// How alike a text and each question are: the cosine of their features, 0 to 1.
    pub(super) fn similarities(&self, cells: &[Cell]) -> Vec<f32> {
        let mut sums = vec![0.0f32; self.questions];
        for cell in cells {
            for &(question, value) in self.postings(cell) {
                if let Some(sum) = sums.get_mut(question as usize) {
                    *sum += cell.value * value;
                }
            }
        }
        sums
    }

    /// The questions that have a feature, with its value there.
    pub(super) fn postings(&self, cell: &Cell) -> &[(u32, f32)] {
        let postings = cell.column.and_then(|at| self.postings.get(at as usize));
        postings.map_or(&[], Vec::as_slice)
    }
}
